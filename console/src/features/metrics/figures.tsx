import { Tooltip } from "@mantine/core";
import type { MetricValue } from "../../api/metrics";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import { useFigure } from "../../questions/figures";
import { better } from "./metric";

export { LeftOut, Range, Refused, useFigure } from "../../questions/figures";

/** How the metric changed; good and bad are told by words as well as by colour, and only when chance is not enough. */
export function Change({ item, than }: { item: MetricValue; than: string }) {
  const say = useText();
  const format = useFormat();
  const figure = useFigure();
  const { change, previous } = item;
  if (!than || !change || change.ratio === null || !previous || previous.value === null) return null;
  const good = better(item.direction, change);
  const clear = change.low !== null && change.high !== null && change.low > 0 === change.high > 0;
  const share = format.percent(Math.abs(change.ratio));
  const same = Math.abs(change.ratio) < 0.005;
  const sentence = same
    ? say("delta.same", { before: figure(previous.value, item), than })
    : say("metric.change", {
        share,
        way: change.ratio < 0 ? "less" : "more",
        than,
        before: figure(previous.value, item),
        clear: clear ? "yes" : "no",
        low: format.percent(Math.min(Math.abs(change.low ?? 0), Math.abs(change.high ?? 0))),
        high: format.percent(Math.max(Math.abs(change.low ?? 0), Math.abs(change.high ?? 0))),
        good: good === null ? "none" : good ? "yes" : "no",
      });
  return (
    <Tooltip label={sentence}>
      <span className="small figures" style={{ whiteSpace: "nowrap", color: good === null ? "var(--ink-dim)" : good ? "var(--accent-ink)" : "var(--ember-ink)", fontWeight: good === null ? 400 : 550 }}>
        <span aria-hidden="true">
          {same ? "=" : `${change.ratio < 0 ? "↓" : "↑"} ${share}`}
          {good === null ? "" : ` ${say(good ? "metric.better" : "metric.worse")}`}
        </span>
        <span className="visually-hidden">{sentence}</span>
      </span>
    </Tooltip>
  );
}

/** The line of a metric's last stretches of time, without axes: its figures are on the metric's page. */
export function Sparkline({ values, label }: { values: (number | null)[]; label: string }) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const [width, height] = [120, 32];
  const top = Math.max(...known);
  const low = Math.min(0, ...known);
  const x = (index: number) => (index / Math.max(1, values.length - 1)) * (width - 6) + 3;
  const y = (value: number) => height - 3 - ((value - low) / (top - low || 1)) * (height - 6);
  const path = values.flatMap((value, index) => (value === null ? [] : [`${index === 0 || values[index - 1] === null ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`])).join("");
  const last = values.findLastIndex((value) => value !== null);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path d={path} fill="none" stroke="var(--flow-strong)" strokeWidth="1.75" strokeLinejoin="round" />
      <circle cx={x(last)} cy={y(values[last] ?? 0)} r="2.75" fill="var(--flow-strong)" />
    </svg>
  );
}
