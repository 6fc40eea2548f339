import type { AnswerRow } from "../../../api/inbox";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import styles from "./Inbox.module.css";

const HIGHEST = { nps: 10, csat: 5, ces: 7, rating: 5 } as const;

/** A score in its own words for a screen reader, as a number for the eye. */
export function Score({ one }: { one: AnswerRow }) {
  const say = useText();
  const format = useFormat();
  if (one.score === null) return <span className={styles.score} aria-hidden="true" />;
  const low = one.metric === "nps" ? one.score <= 6 : one.metric === "csat" || one.metric === "rating" ? one.score <= 2 : one.metric === "ces" ? one.score <= 3 : false;
  const top = one.metric === null ? null : HIGHEST[one.metric];
  const known = top !== null && one.score <= top; // a review may have been given on a scale of its own
  const score = format.number(one.score);
  return (
    <span className={styles.score} data-low={low}>
      <span aria-hidden="true">
        {score}
        {known ? <small>{say("inbox.of", { highest: format.number(top) })}</small> : null}
      </span>
      <span className="visually-hidden">{known ? say("inbox.scored.of", { score, highest: format.number(top), metric: say(`inbox.metric.${one.metric ?? "rating"}`) }) : say("inbox.scored", { score })}</span>
    </span>
  );
}
