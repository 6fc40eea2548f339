import { NativeSelect } from "@mantine/core";
import { IconChartBar, IconMessages } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import type { LensQuery } from "../../../api/journeys";
import { useSession } from "../../../api/session";
import { useCorrection, useSurveyResult, type SurveyResult, type Whose } from "../../../api/surveyResults";
import { useSurveyList } from "../../../api/surveyScores";
import { useFormat } from "../../../design/format";
import { Answer, Empty, Lines } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../../lens/lens";
import { LensBar } from "../../../lens/LensBar";
import styles from "./Results.module.css";
import { clear, useScore, type Open } from "./words";

const LineChart = lazy(() => import("../../../questions/charts/LineChart"));
const Deeper = lazy(async () => ({ default: (await import("./Deeper")).Deeper }));
const Answerers = lazy(async () => ({ default: (await import("./Answerers")).Answerers }));

/** What the answers say, for a reader with a minute: the score, how sure it is, where it comes from. */
export function ResultsPage() {
  const say = useText();
  const navigate = useNavigate({ from: "/feedback/results" });
  const search = useSearch({ from: "/rooms/listening/feedback/results" });
  const { workspace } = useSession();
  const lens = lensOf({ ...search });
  const now = Math.floor(Date.now() / 900_000) * 900_000;
  const key = JSON.stringify(lens);
  const query = useMemo(() => queryOf(JSON.parse(key) as Partial<Lens>, now, workspace.timezone, usualPeriod(workspace.demo)), [key, now, workspace]);
  const surveys = useSurveyList(query);
  return (
    <Answer of={surveys}>
      {({ items }) => {
        const chosen = search.survey ?? items.find((one) => one.metric && one.responses > 0)?.key ?? items[0]?.key;
        if (!chosen) {
          return (
            <Empty icon={<IconChartBar />} title={say("listen.none")} action={<Link to="/feedback">{say("listen.none.do")}</Link>}>
              {say("listen.none.words")}
            </Empty>
          );
        }
        return (
          <div className="stack">
            <div className="row-between">
              <LensBar lens={lens} onChange={(next) => void navigate({ search: ({ survey, told }) => ({ ...next, survey, told }) })} whose />
              <NativeSelect size="xs" aria-label={say("listen.survey")} value={chosen} onChange={(event) => void navigate({ search: (old) => ({ ...old, survey: event.currentTarget.value }) })} data={items.map((one) => ({ value: one.key, label: one.name }))} />
            </div>
            <Result survey={chosen} lens={query} />
          </div>
        );
      }}
    </Answer>
  );
}

function Result({ survey, lens }: { survey: string; lens: LensQuery }) {
  const say = useText();
  const result = useSurveyResult(survey, lens);
  const [whose, setWhose] = useState<{ whose: Whose; title: string } | null>(null);
  const open = (title: string, chosen: Whose) => setWhose({ title, whose: chosen });
  return (
    <Answer of={result}>
      {(data) => (
        <div className={styles.page} data-fading={result.isPlaceholderData}>
          {data.response.asked === 0 && data.n === 0 && data.response.unasked === 0 ? (
            <Empty icon={<IconChartBar />} title={say("listen.unanswered")} action={<Link to="/feedback/surveys/$key" params={{ key: survey }} search={{}}>{say("listen.unanswered.do")}</Link>}>
              {say("listen.unanswered.words")}
            </Empty>
          ) : (
            <>
              {data.metric ? <Head result={data} survey={survey} lens={lens} open={data.anonymous ? undefined : open} /> : null}
              <Suspense fallback={<Lines count={8} />}>
                <Deeper survey={survey} lens={lens} metric={data.metric} anonymous={data.anonymous} open={data.anonymous ? undefined : open} />
              </Suspense>
            </>
          )}
          {whose ? (
            <Suspense>
              <Answerers survey={survey} lens={lens} title={whose.title} whose={whose.whose} close={() => setWhose(null)} />
            </Suspense>
          ) : null}
        </div>
      )}
    </Answer>
  );
}

function Head({ result, survey, lens, open }: { result: SurveyResult; survey: string; lens: LensQuery; open: Open }) {
  const say = useText();
  const score = useScore(result.metric);
  if (!result.score || result.score.value === null || !result.metric) return <p className="dim">{say(result.withheld ? "listen.withheld" : "listen.noScore")}</p>;
  return (
    <div className={styles.head}>
      <section className={styles.score} aria-label={say("listen.score")}>
        <p className={styles.name}>{say(`listen.metric.${result.metric}`)}</p>
        <p className={styles.big}>
          <b>{score.one(result.score.value)}</b> <span className="dim">{score.range(result.score)}</span>
        </p>
        <p className={styles.words}>{say("listen.n", { answers: result.n, people: result.people })}</p>
        <Changed result={result} />
        <Corrected result={result} survey={survey} lens={lens} />
        <Asked result={result} />
        {result.partial ? <p className="dim small">{say("listen.partial")}</p> : null}
      </section>
      <section className={styles.trend} aria-label={say("listen.trend")}>
        <h2>{say("listen.trend")}</h2>
        <Trend result={result} />
      </section>
      <Distribution result={result} survey={survey} open={open} />
    </div>
  );
}

function Changed({ result }: { result: SurveyResult }) {
  const say = useText();
  const score = useScore(result.metric);
  const { change, previous } = result;
  if (!change || change.value === null || !previous || previous.value === null) return null;
  const range = change.low === null || change.high === null ? "" : say("listen.between", { low: score.points(change.low), high: score.points(change.high) });
  const way = !clear(change) ? "same" : change.value > 0 ? "up" : "down";
  return (
    <p className={styles.words} data-way={way}>
      {say(`listen.change.${way}`, { before: score.one(previous.value), change: score.points(change.value), range })}
    </p>
  );
}

/** The corrected score beside the raw one, and one plain sentence on what it means. */
function Corrected({ result, survey, lens }: { result: SurveyResult; survey: string; lens: LensQuery }) {
  const sayOr = useTextOr();
  const score = useScore(result.metric);
  const correction = useCorrection(survey, lens).data;
  if (!correction || result.response.asked === 0) return null;
  const { corrected, raw, verdict } = correction;
  const said = { corrected: score.one(corrected?.value ?? 0), raw: score.one(raw?.value ?? 0), range: corrected ? score.range(corrected) : "", way: (correction.shift?.value ?? 0) < 0 ? "lower" : "higher" };
  return <p className={styles.words}>{sayOr(`listen.corrected.${verdict.replaceAll(" ", "-")}`, verdict, said)}</p>;
}

function Asked({ result }: { result: SurveyResult }) {
  const say = useText();
  const format = useFormat();
  const { asked, answered, waiting, rate, unasked } = result.response;
  if (asked === 0) return <p className={`${styles.words} dim`}>{say("listen.unasked", { count: unasked })}</p>;
  return (
    <p className={`${styles.words} dim`}>
      {say("listen.asked", { asked, answered, waiting, rate: rate?.value == null ? "–" : format.percent(rate.value), low: format.percent(rate?.low ?? 0), high: format.percent(rate?.high ?? 0) })}
    </p>
  );
}

function Trend({ result }: { result: SurveyResult }) {
  const say = useText();
  const format = useFormat();
  const score = useScore(result.metric);
  const points = result.series;
  const label = (at: string) => (result.interval === "month" ? format.month(at) : format.dayShort(format.dayOf(at)));
  return (
    <>
      <Suspense fallback={<div style={{ height: 190 }} />}>
        <LineChart label={say("listen.trend")} categories={points.map((one) => label(one.at))} number={score.one} height={190} lines={[{ name: say(`listen.metric.${result.metric ?? "nps"}`), color: "--cat-1", values: points.map((one) => one.score.value), low: points.map((one) => one.score.low), high: points.map((one) => one.score.high) }]} />
      </Suspense>
      <details>
        <summary className="dim small">{say("listen.table")}</summary>
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{say(`listen.interval.${result.interval}`)}</th>
              <th scope="col" className="num">{say("listen.answers")}</th>
              <th scope="col" className="num">{say("listen.score")}</th>
            </tr>
          </thead>
          <tbody>
            {points.map((one) => (
              <tr key={one.at}>
                <th scope="row">{label(one.at)}</th>
                <td className="num">{format.number(one.n)}</td>
                <td className="num">{one.score.value === null ? "–" : `${score.one(one.score.value)} (${score.range(one.score)})`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

/** How often each answer was given: a table whose bars are its picture. */
function Distribution({ result, survey, open }: { result: SurveyResult; survey: string; open: Open }) {
  const say = useText();
  const format = useFormat();
  const most = Math.max(...result.distribution.map((one) => one.share), 0.01);
  return (
    <section className={styles.spread} aria-label={say("listen.distribution")}>
      <h2>{say("listen.distribution")}</h2>
      <table className={styles.steps}>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{say("listen.answer")}</th>
            <th scope="col">{say("listen.share")}</th>
            <th scope="col">{say("listen.answers")}</th>
            <th scope="col">{say("listen.comments")}</th>
          </tr>
        </thead>
        <tbody>
          {[...result.distribution].reverse().map((one) => (
            <tr key={one.answer} data-kind={one.kind}>
              <th scope="row">{one.answer}</th>
              <td>
                <span className={styles.bar} style={{ inlineSize: `${(one.share / most) * 100}%` }} aria-hidden="true" />
                <span className="visually-hidden">{format.percent(one.share)}</span>
              </td>
              <td className="num">
                {open && one.n > 0 ? (
                  <button type="button" className={styles.link} onClick={() => open(say("listen.people.score", { score: one.answer }), { score: one.answer })}>
                    {format.number(one.n)}
                  </button>
                ) : (
                  format.number(one.n)
                )}
              </td>
              <td>
                {open && one.n > 0 ? (
                  <Link className="small" to="/feedback/comments" search={(old) => ({ ...lensOf({ ...old }), survey, score: one.answer })} aria-label={say("listen.comments.score", { score: one.answer })}>
                    <IconMessages size={14} aria-hidden="true" />
                  </Link>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
