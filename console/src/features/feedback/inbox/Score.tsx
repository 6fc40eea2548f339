import type { AnswerRow } from "../../../api/inbox";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import styles from "./Inbox.module.css";

/** A score in its own words for a screen reader, as a number for the eye. */
export function Score({ one }: { one: AnswerRow }) {
  const say = useText();
  const format = useFormat();
  if (one.score === null) return <span className={styles.score} aria-hidden="true" />;
  const low = one.metric === "nps" ? one.score <= 6 : one.metric === "csat" || one.metric === "rating" ? one.score <= 2 : one.metric === "ces" ? one.score <= 3 : false;
  return (
    <span className={styles.score} data-low={low}>
      <span aria-hidden="true">{format.number(one.score)}</span>
      <span className="visually-hidden">{say("inbox.scored", { score: one.score, metric: one.metric ?? "" })}</span>
    </span>
  );
}
