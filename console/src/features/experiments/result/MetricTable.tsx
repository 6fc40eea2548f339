import { Link } from "@tanstack/react-router";
import type { Comparison, Effect, MetricRead, Results } from "../../../api/results";
import { Door } from "../../../design/Door";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { LeftOut, useFigure } from "../../../questions/figures";
import styles from "../Experiments.module.css";
import { useEffectWords } from "../words";

const ROLES = ["primary", "guardrail", "secondary", "stage"] as const;

/** Every metric of every variation against the control: the effect with what chance leaves open, what decides first. */
export function MetricTable({ results, map, people }: { results: Results; map?: string | null | undefined; people: (variation: string, metric: string) => void }) {
  const say = useText();
  const reach = Math.max(0.02, ...results.metrics.flatMap((one) => one.comparisons.flatMap(({ relative }) => [Math.abs(relative.low ?? 0), Math.abs(relative.high ?? 0)])).filter((size) => size < 1.5));
  return (
    <>
      {ROLES.map((role) => {
        const metrics = results.metrics.filter((one) => one.role === role);
        if (metrics.length === 0) return null;
        return (
          <div key={role} className="stack-s">
            <div>
              <h2>{say(`result.${role}`)}</h2>
              <span className="dim small">{say(`result.${role}.words`)}</span>
            </div>
            <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say(`result.${role}`)}>
              <table className="plain">
                <caption className="visually-hidden">{say(`result.${role}`)}</caption>
                <thead>
                  <tr>
                    <th scope="col">{say("metric.metric")}</th>
                    <th scope="col">{say("result.variation")}</th>
                    <th scope="col" className="num">
                      {say("result.value")}
                    </th>
                    <th scope="col">{say("result.effect")}</th>
                    <th scope="col">{say("result.reading")}</th>
                  </tr>
                </thead>
                <tbody>
                  {metrics.map((one) => (
                    <Rows key={one.key} metric={one} map={map} results={results} reach={reach} people={people} />
                  ))}
                </tbody>
              </table>
            </div>
          </div>
        );
      })}
    </>
  );
}

function Rows({ metric, map, results, reach, people }: { metric: MetricRead; map: string | null | undefined; results: Results; reach: number; people: (variation: string, metric: string) => void }) {
  const say = useText();
  const figure = useFigure();
  const name = (
    <th scope="row" rowSpan={Math.max(1, metric.arms.length)} style={{ verticalAlign: "top", whiteSpace: "normal" }}>
      {metric.role !== "stage" ? (
        <Link to="/metrics/$key" params={{ key: metric.key }}>
          {metric.name}
        </Link>
      ) : map ? (
        <Link to="/journeys/$key" params={{ key: map }} search={{ cell: metric.key }}>
          {metric.name}
        </Link>
      ) : (
        metric.name
      )}{" "}
      <LeftOut of={metric} />
    </th>
  );
  if (metric.problem || metric.arms.length === 0)
    return (
      <tr>
        {name}
        <td colSpan={4} className={metric.problem ? styles.bad : "dim"} style={{ whiteSpace: "normal" }}>
          {metric.problem ? `${metric.problem.rule} ${metric.problem.remedy}` : say("result.noValue")}
        </td>
      </tr>
    );
  return metric.arms.map((arm, index) => {
    const shown = results.exposures.arms.find((one) => one.variation === arm.variation)?.name || arm.variation;
    const comparison = metric.comparisons.find((one) => one.variation === arm.variation);
    return (
      <tr key={arm.variation}>
        {index === 0 ? name : null}
        <td>{shown}</td>
        <td className="num">
          <Door label={say("result.people", { name: `${shown}, ${metric.name}` })} open={() => people(arm.variation, metric.key)}>
            {figure(arm.value, metric)}
          </Door>
        </td>
        <td>{comparison ? <Whisker effect={comparison.relative} reach={reach} comparison={comparison} metric={metric} /> : <span className="dim small">{say("result.control")}</span>}</td>
        <td style={{ whiteSpace: "normal", minWidth: 160 }}>{comparison ? <Reading comparison={comparison} metric={metric} same={alike(metric, results.control, arm)} /> : null}</td>
      </tr>
    );
  });
}

/** The effect as a mark on its interval, against the line of no difference; the words stand beside it. */
function Whisker({ effect, reach, comparison, metric }: { effect: Effect; reach: number; comparison: Comparison; metric: MetricRead }) {
  const say = useText();
  const figure = useFigure();
  const words = useEffectWords();
  const { difference } = comparison;
  const { value, low, high } = effect;
  const x = (share: number) => 90 + Math.max(-1, Math.min(1, share / reach)) * 84;
  const color = comparison.good === true ? "var(--accent)" : comparison.good === false ? "var(--ember)" : "var(--ink-faint)";
  return (
    <>
      {value !== null && low !== null && high !== null ? (
        <svg className={styles.whisker} viewBox="0 0 180 24" aria-hidden="true">
          <line x1="90" x2="90" y1="2" y2="22" stroke="var(--line-strong)" />
          <line x1={x(low)} x2={x(high)} y1="12" y2="12" stroke={color} strokeWidth="4" strokeLinecap="round" opacity="0.45" />
          <circle cx={x(value)} cy="12" r="5" fill={color} />
        </svg>
      ) : null}
      <span className="small figures">{words(effect)}</span>
      {low === null && difference.low !== null ? (
        <span className="dim small figures" style={{ display: "block" }}>
          {say("result.difference", { value: figure(difference.value, metric), low: figure(difference.low, metric), high: figure(difference.high, metric) })}
        </span>
      ) : null}
    </>
  );
}

const MANY = 100;

/** Whether everybody, or nobody, did it on both sides: with no spread there is no interval, but with many people something to say. */
function alike(metric: MetricRead, control: string | null, arm: MetricRead["arms"][number]): "all" | "none" | null {
  const other = metric.arms.find((one) => one.variation === control);
  if (metric.shows !== "share" || !other || other.n < MANY || arm.n < MANY || other.value !== arm.value) return null;
  return arm.value === 1 ? "all" : arm.value === 0 ? "none" : null;
}

/** What may be concluded, in words; not told by colour alone. */
function Reading({ comparison, metric, same }: { comparison: Comparison; metric: MetricRead; same: "all" | "none" | null }) {
  const say = useText();
  const format = useFormat();
  const p = comparison.adjusted_p ?? comparison.p;
  const state = comparison.waiting ? "waiting" : !comparison.enough ? (same ?? "few") : comparison.significant ? (comparison.good === true ? "better" : comparison.good === false ? "worse" : "differs") : metric.role === "guardrail" ? "unhurt" : "undecided";
  return (
    <>
      <span className={state === "better" ? styles.good : state === "worse" ? styles.bad : undefined}>{say(`result.state.${state}`)}</span>
      {comparison.chance !== null ? <span className="dim small" style={{ display: "block" }}>{say("result.chance", { chance: format.percent(comparison.chance) })}</span> : null}
      {p !== null ? <span className="dim small" style={{ display: "block" }}>{say(comparison.adjusted_p === null ? "result.p" : "result.p.adjusted", { p: Math.max(p, 0.001).toFixed(3) })}</span> : null}
      {comparison.explained !== null && comparison.explained > 0.01 ? <span className="dim small" style={{ display: "block" }}>{say("result.explained", { share: format.percent(comparison.explained) })}</span> : null}
    </>
  );
}
