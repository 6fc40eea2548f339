import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";
import type { LensQuery } from "./journeys";
import type { Interval, Match, Span } from "./asked";

export interface Events {
  any: Match[];
}

export interface Quantity {
  of: "events" | "customers" | "sessions" | "orders" | "amount" | "metric";
  events?: Events | null;
  property?: string | null;
  metric?: string | null;
}

/** How a number is made: a form, and what that form needs (docs/metrics.md). */
export interface Measure {
  form: "count" | "unique" | "sum" | "mean" | "ratio" | "conversion" | "retention" | "quantile";
  events?: Events | null;
  start?: Events | null;
  back?: Events | null;
  among?: Events | null;
  property?: string | null;
  visit?: "events" | "seconds" | "bounce" | "exit" | null;
  bands?: { at_least: number; at_most: number; value: number }[];
  within?: number | null;
  after?: number;
  others?: boolean;
  q?: number;
  numerator?: Quantity;
  denominator?: Quantity;
}

export type Unit = "customer" | "session" | "event" | "order";
export type Direction = "up" | "down" | "none";
export type Shows = "number" | "share" | "money" | "seconds" | "score";

export interface MetricBody {
  name: string;
  description?: string;
  unit: Unit;
  measure: Measure;
  direction?: Direction;
  outliers?: { cap?: number | null; winsorize?: number | null } | null;
  currency?: string | null;
  shows?: Shows | null;
  owner?: string;
}

export interface MetricRow {
  key: string;
  name: string;
  version: number;
  description: string;
  form: Measure["form"];
  unit: Unit;
  direction: Direction;
  shows: Shows;
  currency: string | null;
  owner: string;
  author: string;
  at: string;
}

export interface Metric {
  key: string;
  version: number;
  body: MetricBody;
  author: string;
  at: string;
  history: { version: number; author: string; at: string; deleted: boolean }[];
}

export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

export interface MetricValue extends Estimate {
  key: string;
  name: string;
  version: number;
  form: Measure["form"];
  unit: Unit;
  shows: Shows;
  currency: string | null;
  direction: Direction;
  previous: Estimate | null;
  change: { ratio: number | null; low: number | null; high: number | null; difference: number | null } | null;
  groups: (Estimate & { group: string; previous: Estimate | null })[];
  series: { at: string; value: number | null; n: number }[];
  left_out: LeftOut[];
  /** Why there is no value through this lens. */
  refused: Refusal | null;
}

/** Amounts that a value leaves out, because they are in another currency (or say none). */
export interface LeftOut {
  currency: string | null;
  amounts: number;
}

export interface Refusal {
  field: string;
  value: unknown;
  rule: string;
  remedy: string;
}

export interface MetricValues {
  period: Span;
  compare: Span | null;
  as_of: string;
  items: MetricValue[];
  took_ms: number;
}

export interface MetricTemplate {
  set: string;
  key: string;
  body: MetricBody;
  stages: string[];
}

export const useMetrics = () => useQuery({ queryKey: ["metrics"], queryFn: ({ signal }) => get<Page<MetricRow>>("/api/metrics", {}, signal) });

export const useMetric = (key: string | undefined) => useQuery({ queryKey: ["metric", key], queryFn: ({ signal }) => get<Metric>(`/api/metrics/${key}`, {}, signal), enabled: Boolean(key) });

export const useMetricTemplates = () => useQuery({ queryKey: ["metric-templates"], queryFn: ({ signal }) => get<{ items: MetricTemplate[] }>("/api/metric-templates", {}, signal), staleTime: Infinity });

/** What some metrics are under a lens; many are answered by one reading of the log. */
export const useMetricValues = (keys: string[], lens: LensQuery, more: { by?: string | undefined; interval?: Interval | undefined }) =>
  useQuery({
    queryKey: ["metric-values", keys, lens, more],
    queryFn: ({ signal }) => post<MetricValues>("/api/metrics/values", { keys, lens, ...more }, signal),
    enabled: keys.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** The same of a metric that is still being written. */
export const useMetricPreview = (body: MetricBody | null, lens: LensQuery, interval: Interval) =>
  useQuery({
    queryKey: ["metric-preview", body, lens, interval],
    queryFn: ({ signal }) => post<MetricValues>("/api/metrics/preview", { body, lens, interval }, signal),
    enabled: body !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });

export function useMetricChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["metrics", "metric", "metric-values", "goals"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: MetricBody }) => post<Metric>("/api/metrics", request), onSuccess }),
    /** One after the other, since a ratio names metrics that come before it; shown once all are there. */
    takeOver: useMutation({
      mutationFn: async (templates: MetricTemplate[]) => {
        for (const { key, set } of templates) await post<Metric>("/api/metrics", { key, from_template: set });
      },
      onSettled: onSuccess,
    }),
    save: useMutation({
      mutationFn: ({ key, expected, body }: { key: string; expected: number; body: MetricBody }) => put<Metric>(`/api/metrics/${key}`, { expected_version: expected, body }),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/metrics/${key}`), onSuccess }),
  };
}
