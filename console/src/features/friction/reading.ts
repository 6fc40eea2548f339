import type { FrictionItem, Verdict } from "../../api/friction";

/** What the calibration of a signal says of it, as the name of a text. */
export type Reading = "hurts" | "unclear" | "early";

export const READINGS: Record<Verdict, Reading> = { hurts: "hurts", "not shown": "unclear", "not enough data": "early" };

/** The most one row may be worth, for drawing the others to its scale; a gain is no risk. */
export const mostAtRisk = (items: FrictionItem[]): number => Math.max(0, ...items.map((item) => Number(item.value_at_risk?.high ?? 0)));

/** The row an address names: a signal, at a place or everywhere. */
export const chosenOf = (items: FrictionItem[], signal: string | undefined, place: string | undefined): FrictionItem | undefined =>
  items.find((item) => item.signal === signal && (item.where?.key ?? undefined) === place);
