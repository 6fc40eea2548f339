import type { FrictionItem, Verdict } from "../../api/friction";

/** What the calibration of a signal says of it, as the name of a text. */
export type Reading = "hurts" | "unclear" | "early";

export const READINGS: Record<Verdict, Reading> = { hurts: "hurts", "not shown": "unclear", "not enough data": "early" };

/** The most one row may be worth, for drawing the others to its scale; a gain is no risk. */
export const mostAtRisk = (items: FrictionItem[]): number => Math.max(0, ...items.map((item) => Number(item.value_at_risk?.high ?? 0)));

/** The row an address names: a signal, at a place or everywhere. */
export const chosenOf = (items: FrictionItem[], signal: string | undefined, place: string | undefined): FrictionItem | undefined =>
  items.find((item) => item.signal === signal && (item.where?.key ?? undefined) === place);

const [LEAST, MOST] = [5, 15];

/** How many rows are shown at first: those that say something, and no page of places where nothing can be told yet. */
export const tellingRows = (items: FrictionItem[]): number => Math.max(LEAST, Math.min(MOST, items.filter((item) => item.verdict !== "not enough data").length));
