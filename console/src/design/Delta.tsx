import { Tooltip } from "@mantine/core";
import { changeOf } from "./change";
import styles from "./Delta.module.css";
import { useFormat } from "./format";
import { useText } from "./text";

interface Props {
  now: number;
  before: number | null | undefined;
  than: string;
  /** Money, or events of which one person makes many: how far chance reaches can't be told from the sum alone. */
  sum?: boolean;
  /** How the number before is written, where it is no count: money, say. */
  write?: (before: number) => string;
}

/** A comparison in plain words: an arrow and a share in the page, the whole sentence with its uncertainty on hover and for screen readers. */
export function Delta({ now, before, than, sum = false, write }: Props) {
  const say = useText();
  const format = useFormat();
  if (before === null || before === undefined) return null;
  const change = changeOf(now, before);
  if (change.share === null) {
    return now > 0 ? <span className={styles.delta}>{say("delta.new")}</span> : null;
  }
  const written = (write ?? (sum ? format.compact : format.number))(before);
  const share = format.percent(Math.abs(change.share));
  const kind = Math.abs(change.share) < 0.005 ? "same" : change.share > 0 ? "more" : "fewer";
  const sentence =
    kind === "same"
      ? say("delta.same", { before: written, than })
      : sum
        ? say("delta.sum", { share, way: kind, before: written, than })
        : change.share >= 1
        ? say("delta.times", { times: format.times(change.share + 1), before: written, than })
        : say(`delta.${kind}`, {
          share,
          before: written,
          than,
          low: format.percent(Math.abs(kind === "more" ? change.low : change.high)),
          high: format.percent(Math.abs(kind === "more" ? change.high : change.low)),
          clear: change.clear ? "yes" : "no",
        });
  const sign = kind === "same" ? "=" : kind === "more" ? "↑" : "↓";
  return (
    <Tooltip label={sentence}>
      <span className={styles.delta} data-kind={kind} data-clear={change.clear && !sum}>
        <span aria-hidden="true">
          {sign}
          {kind === "same" ? "" : change.share >= 1 ? ` ${format.times(change.share + 1)}×` : ` ${share}`}
        </span>
        <span className="visually-hidden">{sentence}</span>
      </span>
    </Tooltip>
  );
}
