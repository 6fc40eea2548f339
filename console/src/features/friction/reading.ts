import type { FrictionItem } from "../../api/friction";

/** What the calibration of a signal says of it. */
export type Reading = "harms" | "unclear" | "helps" | "early";

/** Whether those who hit it really miss the outcome more often than comparable customers, as far as chance allows to tell. */
export function readingOf(item: Pick<FrictionItem, "precision" | "lift">): Reading {
  if (!item.precision || !item.lift) return "early";
  if (item.lift.low > 1) return "harms";
  if (item.lift.high < 1) return "helps";
  return "unclear";
}

/** The most one row is worth, for drawing the others to its scale. */
export const mostAtRisk = (items: FrictionItem[]): number => Math.max(0, ...items.map((item) => Math.max(item.value_at_risk?.high ?? 0, 0)));
