import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";

export type Metric = "nps" | "csat" | "ces";

/** A value with its 95 % interval. */
export interface Figure {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Step {
  answer: number;
  kind: "bad" | "neutral" | "good";
  n: number;
  share: number;
}

export interface SurveyResult {
  key: string;
  name: string;
  anonymous: boolean;
  metric: Metric | null;
  n: number;
  people: number;
  score: Figure | null;
  previous: Figure | null;
  previous_n: number | null;
  change: Figure | null;
  distribution: Step[];
  interval: "day" | "week" | "month";
  series: { at: string; n: number; score: Figure }[];
  response: { asked: number; waiting: number; shown: number; dismissed: number; answered: number; complete: number; unasked: number; rate: Figure | null };
  partial: boolean;
  as_of: string;
  /** An anonymous survey, and too few answers for a figure. */
  withheld: boolean;
}

export interface SurveyGroup {
  key: string;
  text: string;
  n: number;
  people: number;
  score: Figure | null;
  bad: number | null;
  good: number | null;
  difference: Figure | null;
  differs: boolean;
  withheld: boolean;
}

export interface Correction {
  asked: number;
  answered: number;
  raw: Figure | null;
  corrected: Figure | null;
  shift: Figure | null;
  verdict: string;
  size: number | null;
}

export interface Deed {
  key: string;
  kind: "event" | "signal";
  name: string;
  touchpoint: string | null;
  window: "30m" | "7d";
  bad: number;
  good: number;
  bad_share: number;
  good_share: number;
  odds: number;
  low: number;
  high: number;
  found: boolean;
}

export interface Driver {
  key: string;
  kind: string;
  name: string;
  touchpoint: string | null;
  share: number | null;
  importance: Figure;
  slope: Figure;
  found: boolean;
}

export interface Worth {
  outcome: "returned" | "spent";
  step: Figure;
  point: Figure;
  shown: boolean;
  level: number;
}

export interface Choice {
  key: string;
  text: string;
  n: number;
  share: number;
  low: number;
  high: number;
  mean_rank: number | null;
}

export interface QuestionResult {
  key: string;
  kind: string;
  text: string;
  answered: number;
  stopped: number;
  score: Figure | null;
  mean: Figure | null;
  choices: Choice[];
  rows: { key: string; text: string; n: number; mean: Figure | null; choices: Choice[]; withheld: boolean }[];
  examples: string[];
  withheld: boolean;
}

export interface Answerer {
  profile: string;
  name: string | null;
  email: string | null;
  score: number | null;
  comment: string | null;
  time: string;
  simulated: boolean;
}

/** Which customers: by their latest answer, by group, by what they did before it. */
export interface Whose {
  of?: "bad" | "neutral" | "good" | undefined;
  score?: number | undefined;
  by?: string | undefined;
  group?: string | undefined;
  did?: string | undefined;
  window?: "30m" | "7d" | undefined;
}

function useResult<T>(part: string, survey: string, lens: LensQuery, more: Record<string, string | number> = {}) {
  return useQuery({
    queryKey: ["survey-results", part, survey, lens, more],
    queryFn: ({ signal }) => get<T>(`/api/survey-results/${encodeURIComponent(survey)}${part}`, { ...lens, compare: part === "" ? lens.compare : undefined, ...more }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export const useSurveyResult = (survey: string, lens: LensQuery) => useResult<SurveyResult>("", survey, lens);
export const useSurveyGroups = (survey: string, lens: LensQuery, by: string) => useResult<{ groups: SurveyGroup[]; unknown: number }>("/groups", survey, lens, { by });
export const useCorrection = (survey: string, lens: LensQuery) => useResult<Correction>("/corrected", survey, lens);
export const useBefore = (survey: string, lens: LensQuery) => useResult<{ bad: number; good: number; items: Deed[] }>("/before", survey, lens);
export const useDrivers = (survey: string, lens: LensQuery) => useResult<{ people: number; explained: number | null; items: Driver[]; reason: string | null }>("/drivers", survey, lens);
export const useWorth = (survey: string, lens: LensQuery, days: number) =>
  useResult<{ people: number; currency: string | null; items: Worth[]; reason: string | null }>("/worth", survey, lens, { days });
export const useQuestionResults = (survey: string, lens: LensQuery) =>
  useResult<{ completion: { responses: number; complete: number; share: Figure | null; median_seconds: number | null }; items: QuestionResult[] }>("/questions", survey, lens);

export const useAnswerers = (survey: string, lens: LensQuery, whose: Whose) =>
  useInfiniteQuery({
    queryKey: ["survey-people", survey, lens, whose],
    queryFn: ({ pageParam, signal }) =>
      get<{ total: number; items: Answerer[]; next: string | null }>(`/api/survey-results/${encodeURIComponent(survey)}/people`, { ...lens, compare: undefined, ...whose, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
