import type { SurveyScore } from "../../api/surveyScores";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import styles from "./Feedback.module.css";

/** A survey in four figures: how it stands, how many answered, which share of those asked, and when last. */
export function Figures({ of }: { of: SurveyScore }) {
  const say = useText();
  const format = useFormat();
  const figure = (value: number): string => (of.metric === "csat" ? format.percent(value) : format.number(Math.round(value * 10) / 10));
  const { score } = of;
  return (
    <span className={styles.figures}>
      {score && score.value !== null && of.metric ? (
        <span className={styles.figure}>
          <b>{figure(score.value)}</b>{" "}
          <span className="dim small">
            {score.low !== null && score.high !== null ? say("survey.score.between", { metric: of.metric.toUpperCase(), low: figure(score.low), high: figure(score.high) }) : of.metric.toUpperCase()}
          </span>
        </span>
      ) : null}
      <span className={styles.figure}>
        <b>{format.number(of.responses)}</b>{" "}
        <span className="dim small">{say("survey.responses", { count: of.responses })}</span>
      </span>
      {of.asked > 0 ? (
        <span className={styles.figure}>
          <b>{format.percent(Math.min(1, of.responses / of.asked))}</b>{" "}
          <span className="dim small">{say("survey.ofAsked", { count: of.asked })}</span>
        </span>
      ) : null}
      {of.last ? (
        <span className={styles.figure}>
          <b>{format.ago(of.last)}</b>{" "}
          <span className="dim small">{say("survey.lastAnswer")}</span>
        </span>
      ) : null}
    </span>
  );
}
