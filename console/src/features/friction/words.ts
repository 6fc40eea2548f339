import type { FrictionItem } from "../../api/friction";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";

/** The calibration of a signal as a sentence; null where nothing is claimed. */
export function usePrecisionWords(): (item: FrictionItem, days: number) => string | null {
  const say = useText();
  const format = useFormat();
  return (item, days) => {
    if (!item.precision || !item.lift || item.bad === null || item.expected === null) return null;
    return say("friction.precision.words", {
      share: format.percent(item.bad),
      n: item.precision.n,
      outcome: item.outcome,
      days,
      expected: format.percent(item.expected),
      times: format.times(item.lift.value),
      least: format.times(Math.max(0, item.lift.low)),
      most: format.times(item.lift.high),
    });
  };
}
