import type { Interval } from "../api/questions";

export const INTERVALS = ["day", "week", "month"] as const satisfies readonly Interval[];

/** Days up to six weeks, weeks up to nine months, else months: about as many points as one can follow. */
export const usualInterval = (days: number): Interval => (days <= 45 ? "day" : days <= 270 ? "week" : "month");
