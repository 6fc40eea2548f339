import type { Condition, Match } from "../../api/asked";
import type { Exclusion, FunnelBody, FunnelStep, PathsBody, RetentionBody, TrendsBody, TrendSeries } from "../../api/questions";
import { OPERATORS } from "../../matching/clauses";
import { INTERVALS, usualInterval } from "../../questions/intervals";

/** Questions as they stand in the address: read with patience, since people edit addresses and links grow old. */

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields => (value && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const oneOf = <T extends string>(value: unknown, choices: readonly T[], usual: T): T => choices.find((choice) => choice === value) ?? usual;
const whole = (value: unknown, low: number, high: number, usual: number): number => (typeof value === "number" && Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : usual);

export const ORDERS = ["ordered", "strict", "any"] as const;
export const DIRECTIONS = ["from", "to", "between"] as const;
const DAY = 86_400;
/** Within how long after `start` something may follow. */
const LONGEST = 366 * DAY;

function conditionOf(value: unknown): Condition {
  const { property, op, value: wanted } = fields(value);
  return { property: text(property), op: OPERATORS.find((one) => one.op === op)?.op ?? "is", value: wanted ?? null };
}

export function matchOf(value: unknown): Match | null {
  const { type, name, where, channel } = fields(value);
  if (!text(type)) return null;
  return { type: text(type), name: text(name) || null, where: list(where).map(conditionOf), channel: text(channel) || null };
}

const matchesOf = (value: unknown): Match[] => list(value).flatMap((one) => matchOf(one) ?? []);

const complete = ({ property, op, value }: Condition): boolean => {
  if (property === "") return false;
  return !(OPERATORS.find((one) => one.op === op)?.needs ?? true) || (value !== null && value !== undefined && value !== "");
};

/** A match without the conditions that are still being written; null where no event is chosen. */
export function askable(match: Match | null | undefined): Match | null {
  if (!match || (match.type === "track" && !match.name)) return null;
  const where = (match.where ?? []).filter(complete);
  return { type: match.type, ...(match.name ? { name: match.name } : {}), ...(where.length > 0 ? { where } : {}), ...(match.channel ? { channel: match.channel } : {}) };
}

const askables = (matches: Match[]): Match[] => matches.flatMap((match) => askable(match) ?? []);

// ---- funnel

const stepOf = (value: unknown): FunnelStep => ({ label: text(fields(value).label), any: matchesOf(fields(value).any) });

const exclusionOf = (value: unknown): Exclusion => {
  const { any, after, before } = fields(value);
  const first = whole(after, 0, 20, 0);
  return { any: matchesOf(any), after: first, before: whole(before, first + 1, 21, first + 1) };
};

export function funnelOf(value: unknown): FunnelBody {
  const { steps, window_seconds, order, exclude } = fields(value);
  const read = list(steps).slice(0, 20).map(stepOf);
  return {
    steps: read.length > 0 ? read : [{ label: "", any: [] }, { label: "", any: [] }],
    window_seconds: whole(window_seconds, 1, LONGEST, 7 * DAY),
    order: oneOf(order, ORDERS, "ordered"),
    exclude: list(exclude).slice(0, 5).map(exclusionOf),
  };
}

/** The funnel to ask, and which of the drawn steps each asked one is; null with fewer than two whole steps. */
export function askedFunnel(draft: FunnelBody, name: (step: FunnelStep) => string): FunnelBody | null {
  const steps = draft.steps.map((step) => ({ label: step.label || name(step), any: askables(step.any) })).filter((step) => step.any.length > 0);
  if (steps.length < 2) return null;
  const exclude = draft.exclude
    .map((one) => ({ ...one, any: askables(one.any) }))
    // In any order nothing lies between two steps.
    .filter((one) => draft.order !== "any" && one.any.length > 0 && one.before < steps.length)
    .map(({ any, after, before }) => ({ any, after, before }));
  return { steps, window_seconds: draft.window_seconds, order: draft.order, exclude };
}

/** Moves one step up or down. */
export function moved<T>(items: T[], from: number, to: number): T[] {
  if (to < 0 || to >= items.length) return items;
  const next = [...items];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

// ---- trends

const seriesOf = (value: unknown): TrendSeries => {
  const { label, match, metric } = fields(value);
  const read = matchOf(match);
  return { label: text(label), ...(typeof metric === "string" ? { metric: text(metric) } : read ? { match: read } : {}) };
};

export interface TrendsDraft extends TrendsBody {
  measure: "customers" | "events";
}

export function trendsOf(value: unknown, days: number): TrendsDraft {
  const { series, interval, measure } = fields(value);
  const read = list(series).slice(0, 8).map(seriesOf);
  return {
    series: read.length > 0 ? read : [{ label: "" }],
    interval: oneOf(interval, INTERVALS, usualInterval(days)),
    measure: oneOf(measure, ["customers", "events"], "customers"),
  };
}

export function askedTrends(draft: TrendsDraft, name: (match: Match) => string): TrendsBody | null {
  const series = draft.series.flatMap(({ label, match, metric }): TrendSeries[] => {
    if (metric) return [{ label, metric }];
    const asked = askable(match);
    return asked ? [{ label: label || name(asked), match: asked }] : [];
  });
  return series.length > 0 ? { series, interval: draft.interval } : null;
}

// ---- retention

export function retentionOf(value: unknown): RetentionBody {
  const { start, back, interval, kind } = fields(value);
  return {
    start: { any: matchesOf(fields(start).any) },
    back: { any: matchesOf(fields(back).any) },
    interval: oneOf(interval, INTERVALS, "week"),
    kind: oneOf(kind, ["retention", "stickiness"], "retention"),
  };
}

/** Where nothing else is chosen, coming back is doing the same again. */
export function askedRetention(draft: RetentionBody): RetentionBody | null {
  const start = askables(draft.start.any);
  const back = askables(draft.back.any);
  if (start.length === 0) return null;
  return { ...draft, start: { any: start }, back: { any: back.length > 0 ? back : start } };
}

// ---- paths

export function pathsOf(value: unknown): PathsBody {
  const { anchor, direction, to, steps, fold, gap_seconds, by_page, most } = fields(value);
  const start = matchOf(fields(anchor).match);
  const end = matchOf(fields(to).match);
  return {
    anchor: start ? { match: start } : null,
    direction: oneOf(direction, DIRECTIONS, "from"),
    ...(end ? { to: { match: end } } : {}),
    steps: whole(steps, 2, 10, 5),
    fold: fold !== false,
    gap_seconds: whole(gap_seconds, 60, LONGEST, 1800),
    ...(by_page === true ? { by_page: true } : {}),
    most: whole(most, 3, 30, 8),
  };
}

export function askedPaths(draft: PathsBody): PathsBody | null {
  const anchor = askable(draft.anchor?.match);
  const end = askable(draft.to?.match);
  const { to: _, ...rest } = draft;
  if (draft.direction === "between") return anchor && end ? { ...rest, anchor: { match: anchor }, to: { match: end } } : null;
  if (draft.direction === "to" && !anchor) return null;
  return { ...rest, anchor: anchor ? { match: anchor } : null };
}
