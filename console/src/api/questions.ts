import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Interval, Match, Span } from "./asked";
import { get, post, postForFile, put, remove, type Page } from "./client";
import type { LensQuery } from "./journeys";
import type { LeftOut, Shows } from "./metrics";
import type { PeoplePage } from "./people";

// ---- trends

/** A line: events, or the values of a metric. */
export interface TrendSeries {
  label: string;
  match?: Match;
  metric?: string;
}

export interface TrendsBody {
  series: TrendSeries[];
  interval: Interval;
  by?: string;
}

export interface TrendPoint {
  at: string;
  events: number;
  customers: number;
  previous_events: number | null;
  previous_customers: number | null;
}

export interface TrendsAnswer {
  period: Span;
  compare: Span | null;
  interval: Interval;
  /** `total` is of the whole period, where each customer counts once. */
  series: { label: string; group: string | null; points: TrendPoint[]; total: Omit<TrendPoint, "at">; one: number }[];
  metrics: MetricLine[];
  as_of: string;
  took_ms: number;
}

/** A metric over time; `one` is its number among the question's series. */
export interface MetricLine {
  one: number;
  key: string;
  label: string;
  group: string | null;
  shows: Shows;
  direction: "up" | "down" | "none";
  currency: string | null;
  points: { at: string; value: number | null; low: number | null; high: number | null; n: number; previous_value: number | null }[];
  total: { value: number | null; low: number | null; high: number | null; n: number; previous: { value: number | null } | null };
  left_out: LeftOut[];
  refused: { rule: string; remedy: string } | null;
}

// ---- funnel

export interface FunnelStep {
  label: string;
  any: Match[];
}

export interface Exclusion {
  any: Match[];
  after: number;
  before: number;
}

export interface FunnelBody {
  steps: FunnelStep[];
  window_seconds: number;
  order: "ordered" | "strict" | "any";
  exclude: Exclusion[];
  by?: string;
}

export interface StepCount {
  label: string;
  customers: number;
  share_of_first: number | null;
  share_of_previous: number | null;
  low: number | null;
  high: number | null;
  median_seconds: number | null;
}

export interface FunnelStepAnswer extends StepCount {
  previous: StepCount | null;
  difference: { ratio: number; low: number; high: number } | null;
}

export interface FunnelAnswer {
  steps: FunnelStepAnswer[];
  groups: { group: string; steps: StepCount[] }[];
  as_of: string;
  took_ms: number;
}

// ---- paths

export interface PathsBody {
  anchor: { match: Match } | null;
  direction: "from" | "to" | "between";
  to?: { match: Match };
  steps: number;
  fold: boolean;
  gap_seconds: number;
  by_page?: boolean;
  most: number;
}

export interface PathNode {
  step: number;
  name: string;
  type: string;
  customers: number;
}

export interface PathLink {
  step: number;
  from: string;
  to: string;
  customers: number;
}

export interface PathsAnswer {
  nodes: PathNode[];
  links: PathLink[];
  top: { names: string[]; customers: number; times: number }[];
  customers: number;
  took_ms: number;
}

// ---- retention

export interface RetentionBody {
  start: { any: Match[] };
  back: { any: Match[] };
  interval: Interval;
  kind: "retention" | "stickiness";
  by?: string;
}

export interface Cohort {
  at: string;
  group?: string | null;
  size: number;
  returned: (number | null)[];
  share: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

export interface RetentionAnswer {
  cohorts: Cohort[];
  as_of: string;
  total: { size: number; share: (number | null)[]; low: (number | null)[]; high: (number | null)[] };
  took_ms: number;
}

// ---- search

export interface SearchTerm {
  term: string;
  searches: number;
  customers: number;
  without_result: number;
  left: number;
}

export interface SearchAnswer {
  terms: SearchTerm[];
  total: { terms: number; searches: number; without_result: number; left: number };
  as_of: string;
  took_ms: number;
}

export type Asked = "trends" | "funnel" | "paths" | "retention";

/** A question asked of the log under a lens. `null`: not complete enough to be asked. */
function useAsked<Body, Answer>(kind: Asked, body: Body | null, lens: LensQuery, split?: string, read: (answer: Answer) => Answer = (answer) => answer) {
  const request = body === null ? null : { lens, ...body, ...(split ? { by: split } : {}) };
  return useQuery({
    queryKey: ["question", kind, request],
    queryFn: async ({ signal }) => read(await post<Answer>(`/api/questions/${kind}`, request, signal)),
    enabled: request !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export const useTrends = (body: TrendsBody | null, lens: LensQuery, by?: string) => useAsked<TrendsBody, TrendsAnswer>("trends", body, lens, by);
/** A comparison with a time from before the first event would call everything new: leave it out. */
function comparable(answer: FunnelAnswer): FunnelAnswer {
  if ((answer.steps[0]?.previous?.customers ?? 0) > 0) return answer;
  return { ...answer, steps: answer.steps.map((step) => ({ ...step, previous: null, difference: null })) };
}

export const useFunnel = (body: FunnelBody | null, lens: LensQuery, by?: string) => useAsked<FunnelBody, FunnelAnswer>("funnel", body, lens, by, comparable);
export const usePaths = (body: PathsBody | null, lens: LensQuery) => useAsked<PathsBody, PathsAnswer>("paths", body, lens);
export const useRetention = (body: RetentionBody | null, lens: LensQuery, by?: string) => useAsked<RetentionBody, RetentionAnswer>("retention", body, lens, by);

export const useSearches = (lens: LensQuery) =>
  useQuery({
    queryKey: ["question", "search", lens],
    queryFn: ({ signal }) => get<SearchAnswer>("/api/questions/search", { ...lens, compare: undefined }, signal),
    placeholderData: keepPreviousData,
  });

/** Which figure of an answer: of a funnel, a trend, a retention or of paths. */
export type Figure =
  | { kind: "reached" | "dropped"; step: number; group?: string }
  | { one: number; at?: string; group?: string }
  | { cohort: number; offset?: number }
  | { least: number }
  | { step: number; name: string; next?: string };

/** The people behind one figure; their number is the figure. */
export const useBehind = (kind: Asked, body: object, lens: LensQuery, of: Figure, by?: string) =>
  useInfiniteQuery({
    queryKey: ["question-people", kind, body, lens, of, by],
    queryFn: ({ pageParam, signal }) => post<PeoplePage>(`/api/questions/${kind}/people`, { lens, ...body, ...(by ? { by } : {}), ...of, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The answer as a file. */
export const exportQuestion = (kind: Asked | "search", request: object, format: "csv" | "parquet"): Promise<Blob> => postForFile(`/api/questions/${kind}/export?format=${format}`, request);

/** Questions to begin with, of what the workspace has; the first of each kind is what its page opens on. */
export interface Starts {
  trends: TrendsBody[];
  funnel: { name: string; question: FunnelBody }[];
  retention: RetentionBody[];
  paths: PathsBody[];
}

export const useStarts = (days: number) => useQuery({ queryKey: ["question-starts", days], queryFn: ({ signal }) => get<Starts>("/api/question-starts", { days }, signal), staleTime: 600_000 });

// ---- saved

export type SavedKind = Asked | "sql";

export interface SavedQuestion {
  name: string;
  kind: SavedKind;
  body: Record<string, unknown>;
}

export interface SavedRow {
  key: string;
  name: string;
  kind: SavedKind;
  version: number;
  author?: string | null;
  at?: string | null;
}

export interface Saved {
  key: string;
  version: number;
  body: SavedQuestion;
}

export const useSavedQuestions = () => useQuery({ queryKey: ["questions"], queryFn: ({ signal }) => get<Page<SavedRow>>("/api/questions", {}, signal) });

export const fetchQuestion = (key: string) => get<Saved>(`/api/questions/${key}`);

export function useQuestionChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["questions"] });
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: SavedQuestion }) => post<Saved>("/api/questions", request), onSuccess }),
    save: useMutation({
      mutationFn: ({ key, expected, body }: { key: string; expected: number; body: SavedQuestion }) => put<Saved>(`/api/questions/${key}`, { expected_version: expected, body }),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/questions/${key}`), onSuccess }),
  };
}
