import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";
import type { Method, Status } from "./experiments";
import type { Direction, LeftOut, Refusal, Shows } from "./metrics";

export interface Effect {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Verdict {
  action: "ship" | "stop" | "keep_going" | "check";
  code: string;
  text: string;
  values: Record<string, string | number | null>;
  variation: string | null;
  until: string | null;
  by_variation: Record<string, string>;
  /** The same by code and values; looks kept before there were these have none. */
  each?: Record<string, Said>;
}

export interface Said {
  code: string;
  text: string;
  values: Record<string, string | number | null>;
  until: string | null;
}

export interface Arm {
  variation: string;
  name: string;
  weight: number;
  exposed: number;
  share: number | null;
}

export interface Exposures {
  unit: string;
  total: number;
  arms: Arm[];
  crossovers: number;
  first: string | null;
  last: string | null;
  per_day: number;
}

/** A variation against the control, by the plan's method. */
export interface Comparison {
  variation: string;
  difference: Effect;
  relative: Effect;
  over_all: Effect | null;
  p: number | null;
  adjusted_p: number | null;
  significant: boolean;
  good: boolean | null;
  enough: boolean;
  waiting: boolean;
  fixed_p: number | null;
  explained: number | null;
  chance: number | null;
}

export interface PathPoint {
  at: string;
  variation: string;
  units: number;
  value: number | null;
  low: number | null;
  high: number | null;
  significant: boolean;
}

export interface MetricRead {
  key: string;
  name: string;
  role: "primary" | "secondary" | "guardrail" | "stage";
  form: string;
  direction: Direction;
  shows: Shows;
  currency: string | null;
  left_out: LeftOut[];
  arms: { variation: string; n: number; value: number | null; error: number | null }[];
  comparisons: Comparison[];
  path: PathPoint[];
  changes: { variation: string; code: "steady" | "fading" | "growing" | "unknown"; first_week: Effect | null; second_week: Effect | null; p: number | null }[];
  as_of: string | null;
  problem: Refusal | null;
}

export interface FactorEffect {
  metric: string;
  factor: string;
  level: string;
  with_factor: string | null;
  with_level: string | null;
  difference: Effect;
  p: number | null;
  adjusted_p: number | null;
  mixed_with: string[];
}

export interface Results {
  experiment: string;
  name: string;
  status: Status;
  phase: number;
  method: Method;
  alpha: number;
  control: string | null;
  started: string | null;
  until: string;
  exposures: Exposures;
  sample_ratio: { p: number; chi_square_p: number; mismatch: boolean } | null;
  verdict: Verdict;
  metrics: MetricRead[];
  dilution: { active: number; exposed: number; share: number | null } | null;
  factors: FactorEffect[];
}

export interface Look {
  number: number;
  phase: number;
  at: string;
  reader: string;
  seen: { units: number; verdict: Verdict; claims: { metric: string; variation: string; value: number | null; low: number | null; high: number | null; called: string | null; fixed_p: number | null; fixed_called: string | null }[] };
  would_have_misled: boolean;
}

export interface SegmentRead {
  segment: string;
  variation: string;
  n: number;
  control: number | null;
  value: number | null;
  relative: Effect;
  difference: Effect;
  p: number | null;
  adjusted_p: number | null;
  significant: boolean;
}

export interface Segments {
  metric: string;
  by: string;
  overlapping: boolean;
  items: SegmentRead[];
  unequal: { variation: string; p: number | null }[];
}

export interface InExperiment {
  profile: string;
  name: string | null;
  email: string | null;
  variation: string;
  first: string;
  value: number | null;
  simulated: boolean;
}

export interface InExperimentPage {
  total: number;
  items: InExperiment[];
  next: string | null;
}

/** What an experiment has shown so far. Reading it is a look, which the server keeps. */
export const useResults = (key: string, simulated: boolean, phase?: number) =>
  useQuery({ queryKey: ["experiment-results", key, simulated, phase], queryFn: ({ signal }) => get<Results>(`/api/experiments/${key}/results`, { simulated, phase }, signal), staleTime: 60_000, placeholderData: keepPreviousData });

export const useLooks = (key: string) => useQuery({ queryKey: ["experiment-looks", key], queryFn: ({ signal }) => get<Page<Look>>(`/api/experiments/${key}/looks`, {}, signal) });

export const useExperimentSegments = (key: string, phase: number, by: string | undefined, metric: string | undefined, simulated: boolean) =>
  useQuery({
    queryKey: ["experiment-segments", key, phase, by, metric, simulated],
    queryFn: ({ signal }) => get<Segments>(`/api/experiments/${key}/segments`, { by, metric, simulated, phase }, signal),
    enabled: by !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });

/** What people were exposed to: an experiment in one of its phases, or a hold-out of everything. */
export interface Exposing {
  kind: "experiments" | "holdouts";
  key: string;
  phase?: number;
}

/** The customers behind a figure: of a variation, or `crossovers`; with `did`, those with or without a value of the metric. */
export const useInExperiment = (of: Exposing, variation: string, metric: string | undefined, simulated: boolean) =>
  useInfiniteQuery({
    queryKey: ["experiment-people", of, variation, metric, simulated],
    queryFn: ({ pageParam, signal }) => get<InExperimentPage>(`/api/${of.kind}/${of.key}/people`, { variation, metric, simulated, phase: of.phase, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
