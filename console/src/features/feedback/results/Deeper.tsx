import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { LensQuery } from "../../../api/journeys";
import { useBefore, useDrivers, useSurveyGroups, useWorth, type Deed, type Driver, type Metric, type Worth } from "../../../api/surveyResults";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import { Questions } from "./Questions";
import styles from "./Results.module.css";
import { Themes } from "./Themes";
import { clear, useScore, type Open } from "./words";

interface Props {
  survey: string;
  lens: LensQuery;
  metric: Metric | null;
  anonymous: boolean;
  open: Open;
}

const WAYS = ["stage", "touchpoint", "channel", "persona", "audience", "language"] as const;
const FEW = 8;

/** Where the score comes from, what goes with it, what came before, what it is worth; then every question. */
export function Deeper(props: Props) {
  return (
    <>
      {props.metric ? (
        <>
          <ByGroup {...props} />
          <div className={styles.two}>
            <DriversOf {...props} />
            <BeforeOf {...props} />
          </div>
          <WorthOf {...props} />
        </>
      ) : null}
      <Themes survey={props.survey} lens={props.lens} anonymous={props.anonymous} />
      <Questions survey={props.survey} lens={props.lens} />
    </>
  );
}

function ByGroup({ survey, lens, metric, open }: Props) {
  const say = useText();
  const format = useFormat();
  const score = useScore(metric);
  const [by, setBy] = useState<(typeof WAYS)[number]>("stage");
  const groups = useSurveyGroups(survey, lens, by);
  return (
    <section className={styles.card} aria-label={say("listen.groups")}>
      <div className="row-between">
        <h2>{say("listen.groups")}</h2>
        <div className={`scroll-x ${styles.ways}`}>
          <SegmentedControl size="xs" value={by} onChange={(value) => setBy(value as typeof by)} data={WAYS.map((way) => ({ value: way, label: say(`listen.by.${way}`) }))} aria-label={say("listen.groups.by")} />
        </div>
      </div>
      <Answer of={groups}>
        {(data) =>
          data.groups.length === 0 ? (
            <p className="dim">{say("listen.groups.none")}</p>
          ) : (
            <div className="scroll-x" tabIndex={0} role="region" aria-label={say(`listen.by.${by}`)}>
              <table className="plain">
                <thead>
                  <tr>
                    <th scope="col">{say(`listen.by.${by}`)}</th>
                    <th scope="col" className="num">{say("listen.answers")}</th>
                    <th scope="col" className="num">{say("listen.score")}</th>
                    <th scope="col" className="num">{say("listen.against")}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.groups.map((one) => (
                    <tr key={one.key}>
                      <th scope="row">{one.text}</th>
                      <td className="num">
                        {open && one.people > 0 ? (
                          <button type="button" className={styles.link} onClick={() => open(one.text, { by, group: one.key })}>
                            {format.number(one.n)}
                          </button>
                        ) : (
                          format.number(one.n)
                        )}
                      </td>
                      <td className="num">
                        {one.withheld || !one.score || one.score.value === null ? say(one.withheld ? "listen.withheld" : "listen.nothing") : <><b>{score.one(one.score.value)}</b> <span className="dim small">{score.range(one.score)}</span></>}
                      </td>
                      <td className="num" data-way={one.differs ? ((one.difference?.value ?? 0) > 0 ? "up" : "down") : "same"}>
                        {one.difference?.value == null ? "–" : say(one.differs ? "listen.differs" : "listen.alike", { points: score.points(one.difference.value) })}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {data.unknown > 0 ? <p className="dim small">{say("listen.groups.unknown", { count: data.unknown })}</p> : null}
            </div>
          )
        }
      </Answer>
    </section>
  );
}

function useNamed(): (one: Deed | Driver) => string {
  const say = useText();
  const sayOr = useTextOr();
  return (one) => {
    if (one.kind === "signal") return sayOr(`signal.${one.key.replace("signal:", "")}`, one.name);
    if (one.kind === "delivery") return say("listen.driver.delivery");
    if (one.kind === "answer") return say("listen.driver.answer", { question: one.name });
    if (one.kind === "channel") return say("listen.driver.channel", { channel: one.name });
    return one.touchpoint && one.touchpoint !== one.name ? `${one.name} (${one.touchpoint})` : one.name;
  };
}

function DriversOf({ survey, lens, metric }: Props) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const score = useScore(metric);
  const named = useNamed();
  const drivers = useDrivers(survey, lens);
  return (
    <section className={styles.card} aria-label={say("listen.drivers")}>
      <h2>{say("listen.drivers")}</h2>
      <p className="dim small">{say("listen.drivers.lead")}</p>
      <Answer of={drivers}>
        {(data) => {
          const found = data.items.filter((one) => one.found).slice(0, FEW);
          if (data.reason) return <p className="dim">{sayOr(`listen.reason.${data.reason.replaceAll(" ", "-")}`, data.reason)}</p>;
          if (found.length === 0) return <p className="dim">{say("listen.drivers.none", { count: data.items.length })}</p>;
          const most = Math.max(...found.map((one) => one.importance.high ?? 0), 0.001);
          return (
            <ul className={styles.list}>
              {found.map((one) => (
                <li key={one.key} data-way={(one.slope.value ?? 0) > 0 ? "up" : "down"}>
                  <span className={styles.line}>
                    <span>{named(one)}</span>
                    <b>{say(one.share === null ? "listen.slope.each" : "listen.slope", { points: score.points(one.slope.value ?? 0) })}</b>
                  </span>
                  <span className={styles.track} aria-hidden="true">
                    <span className={styles.fill} style={{ inlineSize: `${((one.importance.value ?? 0) / most) * 100}%` }} />
                  </span>
                  <span className="dim small">
                    {say("listen.importance", { share: format.percent(one.importance.value ?? 0), low: format.percent(one.importance.low ?? 0), high: format.percent(one.importance.high ?? 0), points: `${score.points(one.slope.low ?? 0)} … ${score.points(one.slope.high ?? 0)}` })}
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
    </section>
  );
}

function BeforeOf({ survey, lens, open }: Props) {
  const say = useText();
  const format = useFormat();
  const named = useNamed();
  const before = useBefore(survey, lens);
  return (
    <section className={styles.card} aria-label={say("listen.before")}>
      <h2>{say("listen.before")}</h2>
      <Answer of={before}>
        {(data) => {
          const found = data.items.filter((one) => one.found).slice(0, FEW);
          return (
            <>
              <p className="dim small">{say("listen.before.lead", { bad: data.bad, good: data.good })}</p>
              {found.length === 0 ? <p className="dim">{say("listen.before.none", { count: data.items.length })}</p> : null}
              <ul className={styles.list}>
                {found.map((one) => (
                  <li key={`${one.key}${one.window}`} data-way={one.odds > 1 ? "down" : "up"}>
                    <span className={styles.line}>
                      <span>
                        {named(one)} <span className="dim small">{say(`listen.window.${one.window}`)}</span>
                      </span>
                      <b>{say(one.odds > 1 ? "listen.more.bad" : "listen.more.good")}</b>
                    </span>
                    <span className="dim small">
                      {say("listen.before.shares", { bad: format.percent(one.bad_share), good: format.percent(one.good_share), odds: format.times(one.odds), low: format.times(one.low), high: format.times(one.high) })}{" "}
                      {open ? (
                        <button type="button" className={styles.link} onClick={() => open(named(one), { of: one.odds > 1 ? "bad" : "good", did: one.key, window: one.window })}>
                          {say("listen.people")}
                        </button>
                      ) : null}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function WorthOf({ survey, lens, metric }: Props) {
  const say = useText();
  const [days, setDays] = useState("30");
  const worth = useWorth(survey, lens, Number(days));
  return (
    <section className={styles.card} aria-label={say("listen.worth")}>
      <div className="row-between">
        <h2>{say("listen.worth")}</h2>
        <SegmentedControl size="xs" value={days} onChange={setDays} data={["30", "90", "180"].map((value) => ({ value, label: say("listen.days", { days: value }) }))} aria-label={say("listen.worth.days")} />
      </div>
      <Answer of={worth}>
        {(data) =>
          data.items.length === 0 ? (
            <p className="dim">{say("listen.worth.none", { days })}</p>
          ) : (
            <>
              {data.items.map((one) => (
                <WorthLine key={one.outcome} one={one} metric={metric} currency={data.currency ?? ""} days={days} />
              ))}
              <p className="dim small">{say("listen.worth.lead", { people: data.people })}</p>
            </>
          )
        }
      </Answer>
    </section>
  );
}

function WorthLine({ one, metric, currency, days }: { one: Worth; metric: Metric | null; currency: string; days: string }) {
  const say = useText();
  const format = useFormat();
  const told = (value: number | null) => (one.outcome === "spent" ? format.money(value ?? 0, currency) : say("listen.worth.share", { points: Math.round((value ?? 0) * 10_000) / 100 }));
  const { step, point } = one;
  return (
    <p className={styles.words}>
      {say(clear(step) ? `listen.worth.${one.outcome}` : `listen.worth.${one.outcome}.open`, { days, step: told(step.value), low: told(step.low), high: told(step.high), point: told(point.value), metric: (metric ?? "nps").toUpperCase() })}
    </p>
  );
}
