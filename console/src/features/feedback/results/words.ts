import type { Figure, Metric, Whose } from "../../../api/surveyResults";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";

/** A score in its own unit: an NPS in points, a CSAT in percent, a CES on its scale. */
export function useScore(metric: Metric | null): { one: (value: number) => string; points: (value: number) => string; range: (figure: Figure) => string } {
  const say = useText();
  const format = useFormat();
  const one = (value: number) => (metric === "csat" ? format.percent(value) : metric === "nps" ? format.number(Math.round(value)) : format.number(Math.round(value * 10) / 10));
  const points = (value: number) => {
    const size = metric === "csat" ? value * 100 : value;
    const shown = metric === "ces" ? Math.round(size * 100) / 100 : Math.round(size * 10) / 10;
    return `${shown > 0 ? "+" : ""}${format.number(shown)}`;
  };
  const range = (figure: Figure) => (figure.low === null || figure.high === null ? "" : say("listen.between", { low: one(figure.low), high: one(figure.high) }));
  return { one, points, range };
}

/** Whether an interval leaves out nothing. */
export const clear = (figure: Figure | null): boolean => figure !== null && figure.low !== null && figure.high !== null && (figure.low > 0 || figure.high < 0);

/** Shows the customers behind a figure; none of an anonymous survey. */
export type Open = ((title: string, whose: Whose) => void) | undefined;
