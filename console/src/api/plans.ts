import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { post } from "./client";
import type { Method } from "./experiments";

export interface PlanRequest {
  metric: string;
  effect?: number | null;
  days?: number | null;
  audience?: string | null;
  method: Method;
  alpha?: number;
  power?: number;
  looks?: number;
  weights: number[];
  primaries: number;
  coverage: number;
  cuped: boolean;
}

/** What the last weeks say of an experiment to come. */
export interface Foresight {
  metric: string;
  history: { days: number; units: number; value: number; spread: number; explained: number };
  effect: number | null;
  size: { units: number; by_variation: number[]; inflation: number } | null;
  days: number | null;
  whole_weeks: number | null;
  minimal_effect: number | null;
  outlooks: { days: number; units: number; effect: number }[];
  text: string;
}

export const usePlan = (asked: PlanRequest | null) =>
  useQuery({
    queryKey: ["experiment-plan", asked],
    queryFn: ({ signal }) => post<Foresight>("/api/experiments/plan", asked, signal),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
