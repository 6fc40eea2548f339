import { Button } from "@mantine/core";
import { useState } from "react";
import { useLooks, type Effect, type MetricRead, type Results } from "../../../api/results";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { useFigure } from "../../../questions/figures";
import styles from "../Experiments.module.css";
import { useVerdictWords } from "../words";

const nameOf = (results: Results, variation: string): string => results.exposures.arms.find((one) => one.variation === variation)?.name || variation;

/** Whether an effect fades after people's first week, or grows. Said only where there is something to say. */
export function Novelty({ results }: { results: Results }) {
  const say = useText();
  const figure = useFigure();
  const range = (metric: MetricRead, week: Effect) => say("result.range", { value: figure(week.value, metric), low: figure(week.low, metric), high: figure(week.high, metric) });
  const told = results.metrics.filter((one) => one.role === "primary").flatMap((metric) => metric.changes.filter((one) => one.code === "fading" || one.code === "growing" || one.code === "steady").map((change) => ({ metric, change })));
  if (told.length === 0) return null;
  return (
    <section className="card stack-s" aria-label={say("result.novelty")}>
      <h2>{say("result.novelty")}</h2>
      {told.map(({ metric, change }) => (
        <p key={`${metric.key} ${change.variation}`} style={{ margin: 0 }}>
          {say(`result.novelty.${change.code as "fading" | "growing" | "steady"}`, { variation: nameOf(results, change.variation), metric: metric.name })}{" "}
          <span className="dim small">{change.first_week && change.second_week ? say("result.novelty.weeks", { first: range(metric, change.first_week), second: range(metric, change.second_week) }) : ""}</span>
        </p>
      ))}
    </section>
  );
}

/** Of a multivariate experiment: what each factor's level does, and what two do together. */
export function Factors({ results }: { results: Results }) {
  const say = useText();
  const figure = useFigure();
  if (results.factors.length === 0) return null;
  return (
    <div className="stack-s">
      <h2>{say("result.factors")}</h2>
      <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("result.factors")}>
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{say("result.factor")}</th>
              <th scope="col">{say("metric.metric")}</th>
              <th scope="col" className="num">{say("result.effect")}</th>
              <th scope="col" className="num">{say("result.p.column")}</th>
              <th scope="col">{say("result.mixed")}</th>
            </tr>
          </thead>
          <tbody>
            {results.factors.map((one, index) => {
              const metric = results.metrics.find((other) => other.key === one.metric);
              const shown = (value: number | null) => (metric ? figure(value, metric) : String(value ?? "–"));
              return (
                <tr key={index}>
                  <th scope="row">{one.with_factor ? say("result.factor.with", { factor: one.factor, level: one.level, other: one.with_factor, otherLevel: one.with_level ?? "" }) : say("result.factor.alone", { factor: one.factor, level: one.level })}</th>
                  <td>{metric?.name ?? one.metric}</td>
                  <td className="num">{`${shown(one.difference.value)} (${shown(one.difference.low)} – ${shown(one.difference.high)})`}</td>
                  <td className="num">{(one.adjusted_p ?? one.p)?.toFixed(3) ?? "–"}</td>
                  <td className="dim small">{one.mixed_with.join(", ")}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Who looked when, what was said, and where one test of a fixed sample would have misled. */
export function Looks({ id, results }: { id: string; results: Results }) {
  const say = useText();
  const format = useFormat();
  const words = useVerdictWords();
  const looks = useLooks(id);
  const [all, setAll] = useState(false);
  return (
    <section className="card stack-s" aria-label={say("result.looks")}>
      <h2>{say("result.looks")}</h2>
      <Answer of={looks}>
        {({ items }) => {
          const misled = items.filter((one) => one.would_have_misled).length;
          const shown = items.toReversed().slice(0, all ? undefined : 5);
          return (
            <>
              <p className="dim small" style={{ margin: 0 }}>
                {say("result.looks.words", { count: items.length, misled })}
              </p>
              {shown.length > 0 ? (
                <div className="scroll-x" tabIndex={0} role="region" aria-label={say("result.look.said")}>
                  <table className="plain">
                    <thead>
                      <tr>
                        <th scope="col">{say("result.look.when")}</th>
                        <th scope="col">{say("result.look.who")}</th>
                        <th scope="col" className="num">{say("result.units.all")}</th>
                        <th scope="col">{say("result.look.said")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {shown.map((one) => (
                        <tr key={one.number}>
                          <td style={{ whiteSpace: "nowrap" }}>{format.dateTime(one.at)}</td>
                          <td>{one.reader}</td>
                          <td className="num">{format.number(one.seen.units)}</td>
                          <td style={{ whiteSpace: "normal", minWidth: 240 }}>
                            {words(one.seen.verdict, results)}
                            {one.would_have_misled ? <span className={`${styles.bad} small`}> {say("result.look.misled")}</span> : null}
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              ) : null}
              {items.length > 5 && !all ? (
                <div>
                  <Button size="compact-sm" variant="subtle" onClick={() => setAll(true)}>
                    {say("unmapped.all", { count: items.length })}
                  </Button>
                </div>
              ) : null}
            </>
          );
        }}
      </Answer>
    </section>
  );
}
