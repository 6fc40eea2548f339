import { Link } from "@tanstack/react-router";
import type { LensQuery } from "../../../api/journeys";
import { useQuestionResults, type Choice, type QuestionResult } from "../../../api/surveyResults";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { lensOf } from "../../../lens/lens";
import styles from "./Results.module.css";

/** Every question's answers, in order, and where people stopped. */
export function Questions({ survey, lens }: { survey: string; lens: LensQuery }) {
  const say = useText();
  const format = useFormat();
  const results = useQuestionResults(survey, lens);
  return (
    <section className={styles.card} aria-label={say("listen.questions")}>
      <h2>{say("listen.questions")}</h2>
      <Answer of={results}>
        {({ completion, items }) => (
          <>
            {completion.share?.value == null ? (
              <p className="dim">{say("listen.noScore")}</p>
            ) : (
              <p className="dim small">{say("listen.completion", { responses: completion.responses, share: format.percent(completion.share.value), seconds: completion.median_seconds === null ? "–" : format.span(completion.median_seconds) })}</p>
            )}
            <div className={styles.questions}>
              {items.map((one) => (
                <Question key={one.key} of={one} survey={survey} />
              ))}
            </div>
          </>
        )}
      </Answer>
    </section>
  );
}

function Question({ of, survey }: { of: QuestionResult; survey: string }) {
  const say = useText();
  const format = useFormat();
  const mean = of.mean?.value == null ? null : say("listen.mean", { mean: format.times(of.mean.value), low: format.times(of.mean.low ?? of.mean.value), high: format.times(of.mean.high ?? of.mean.value) });
  return (
    <article className={styles.question}>
      <h3>{of.text}</h3>
      <p className="dim small">{[say("listen.answered", { count: of.answered }), mean, of.stopped > 0 ? say("listen.stopped", { count: of.stopped }) : null].filter(Boolean).join(" · ")}</p>
      {of.withheld ? <p className="dim small">{say("listen.withheld")}</p> : null}
      {of.choices.length > 0 ? <Choices label={of.text} items={of.choices} ranked={of.kind === "ranking"} /> : null}
      {of.rows.map((row) => (
        <div key={row.key}>
          <strong className="small">{row.text}</strong>
          {row.withheld ? <p className="dim small">{say("listen.withheld")}</p> : null}
          <Choices label={row.text} items={row.choices} ranked={false} />
        </div>
      ))}
      {of.examples.length > 0 ? (
        <ul className={styles.quotes}>
          {of.examples.map((text, at) => (
            <li key={at} dir="auto">{text}</li>
          ))}
        </ul>
      ) : null}
      {of.kind === "text" && of.answered > 0 && !of.withheld ? (
        <Link className="small" to="/feedback/comments" search={(old) => ({ ...lensOf({ ...old }), survey })}>
          {say("listen.comments")}
        </Link>
      ) : null}
    </article>
  );
}

function Choices({ label, items, ranked }: { label: string; items: Choice[]; ranked: boolean }) {
  const say = useText();
  const format = useFormat();
  return (
    <table className={styles.steps} aria-label={label}>
      <tbody>
        {items.map((one) => (
          <tr key={one.key}>
            <th scope="row">{one.text}</th>
            <td>
              <span className={styles.bar} style={{ inlineSize: `${one.share * 100}%` }} aria-hidden="true" />
            </td>
            <td className="num small">{ranked && one.mean_rank !== null ? say("listen.rank", { rank: format.times(one.mean_rank) }) : `${format.percent(one.share)} (${format.percent(one.low)}–${format.percent(one.high)})`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
