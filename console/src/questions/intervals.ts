import type { Interval } from "../api/questions";

export const INTERVALS = ["day", "week", "month"] as const satisfies readonly Interval[];
