import type { AtRisk } from "../../api/friction";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import styles from "./Friction.module.css";

/** An amount with its interval: the words, and a bar to the scale of the page whose whisker is what chance leaves open. */
export function Interval({ at, most, faint }: { at: AtRisk; most: number; faint: boolean }) {
  const say = useText();
  const format = useFormat();
  const money = (value: string) => format.estimate(value, at.currency);
  const place = (value: string) => (most > 0 ? Math.min(100, (Math.max(0, Number(value)) / most) * 100) : 0);
  return (
    <div className={styles.interval} data-faint={faint}>
      <span className={styles.amount}>
        {faint ? <span>{say("friction.notShown")}</span> : <strong>{money(at.amount)}</strong>} <span className="dim small">{say("friction.between", { low: money(at.low), high: money(at.high) })}</span>
      </span>
      <span className={styles.track} aria-hidden="true">
        <span className={styles.bar} style={{ inlineSize: `${place(at.amount)}%` }} />
        <span className={styles.whisker} style={{ insetInlineStart: `${place(at.low)}%`, inlineSize: `${Math.max(0, place(at.high) - place(at.low))}%` }} />
      </span>
    </div>
  );
}
