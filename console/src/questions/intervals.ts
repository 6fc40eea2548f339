import type { Interval } from "../api/asked";

export const INTERVALS = ["day", "week", "month"] as const satisfies readonly Interval[];

/** Days up to six weeks, weeks up to nine months, else months: about as many points as one can follow. */
export const usualInterval = (days: number): Interval => (days <= 45 ? "day" : days <= 270 ? "week" : "month");

const DAY = 86_400_000;

/** Whether the interval that begins `at` was not over when the answer was given: its figures will still grow. */
export function stillRunning(at: string | undefined, interval: Interval, asOf: string): boolean {
  if (at === undefined) return false;
  const begin = Date.parse(at);
  const end = interval === "month" ? new Date(begin).setUTCMonth(new Date(begin).getUTCMonth() + 1) : begin + (interval === "week" ? 7 : 1) * DAY;
  return end > Date.parse(asOf);
}
