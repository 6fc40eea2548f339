import type { LensQuery } from "../api/journeys";

/** One lens over everything: period, comparison, channel, whose events, with or without simulated people. It lives in the URL. */
export interface Lens {
  period: string;
  from?: string;
  to?: string;
  compare?: string;
  channel?: string;
  simulated?: boolean;
  /** `audience:<key>` or `persona:<key>`: only these people are looked at. */
  population?: string;
  /** What an answer is split by: `channel`, `device`, `persona`, `audience:<a>,audience:<b>` or `property:<name>`. */
  by?: string;
}

const POPULATION = /^(audience|persona):[\w.-]{1,100}$/;
const SPLIT = /^(channel|device|persona|property:.{1,200}|audience:[\w.-]{1,100}(,audience:[\w.-]{1,100})*)$/;

export const PERIODS = ["7d", "30d", "90d", "365d", "all"] as const;
export const COMPARISONS = ["previous", "year", "none"] as const;
export const DEFAULT_PERIOD = "30d";

/** The period shown where the address names none. The demonstration tells of one whole year. */
export const usualPeriod = (demo: boolean): string => (demo ? "365d" : DEFAULT_PERIOD);

/** What a period is compared with where the address does not say: a year and more often has next to nothing before it. */
export const usualComparison = (period: string): string => (period === "365d" || period === "all" ? "none" : "previous");

const DAY = 86_400_000;
const isDay = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

/** Reads a lens from URL parameters; what makes no sense is left out, so an edited address still opens. */
export function lensOf(search: Record<string, unknown>): Partial<Lens> {
  const lens: Partial<Lens> = {};
  if (typeof search.period === "string" && ([...PERIODS, "custom"] as string[]).includes(search.period)) lens.period = search.period;
  if (isDay(search.from)) lens.from = search.from;
  if (isDay(search.to)) lens.to = search.to;
  if (lens.period === "custom" && !(lens.from && lens.to && lens.from <= lens.to)) delete lens.period;
  if (lens.period !== "custom") {
    delete lens.from;
    delete lens.to;
  }
  if (typeof search.compare === "string" && (COMPARISONS as readonly string[]).includes(search.compare)) lens.compare = search.compare;
  if (typeof search.channel === "string" && search.channel !== "") lens.channel = search.channel;
  if (search.simulated === false || search.simulated === "false") lens.simulated = false;
  if (typeof search.population === "string" && POPULATION.test(search.population)) lens.population = search.population;
  if (typeof search.by === "string" && SPLIT.test(search.by)) lens.by = search.by;
  return lens;
}

/** Midnight that begins a day in the workspace's time zone, as UTC milliseconds. */
export function midnight(day: string, timeZone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const shift = (at: number): number => {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(at);
    const part = (type: string) => Number(parts.find((item) => item.type === type)?.value ?? 0);
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - at;
  };
  // Twice, since the shift at the first guess may be the one of the other side of a summer-time change.
  const guess = utc - shift(utc);
  return utc - shift(guess);
}

export function dayIn(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

const plusDays = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** First day and the day after the last one, both in the workspace's time zone. */
export function daysOf(lens: Partial<Lens>, now: number, timeZone: string, usual: string = DEFAULT_PERIOD): { from: string; to: string } {
  const tomorrow = plusDays(dayIn(now, timeZone), 1);
  const period = lens.period ?? usual;
  if (period === "custom" && lens.from && lens.to) return { from: lens.from, to: plusDays(lens.to, 1) };
  if (period === "all") return { from: "2000-01-01", to: tomorrow };
  const days = Number.parseInt(period, 10);
  return { from: plusDays(tomorrow, -days), to: tomorrow };
}

/** What the server is asked: times at midnight of the workspace, `to` not included. */
export function queryOf(lens: Partial<Lens>, now: number, timeZone: string, usual: string = DEFAULT_PERIOD): LensQuery {
  const { from, to } = daysOf(lens, now, timeZone, usual);
  const query: LensQuery = { from: new Date(midnight(from, timeZone)).toISOString(), to: new Date(midnight(to, timeZone)).toISOString() };
  const period = lens.period ?? usual;
  query.compare = period === "all" ? "none" : (lens.compare ?? usualComparison(period));
  if (lens.channel) query.channel = lens.channel;
  query.simulated = lens.simulated ?? true;
  if (lens.population) query.population = lens.population;
  return query;
}
