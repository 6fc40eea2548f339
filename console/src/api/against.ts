import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";

export interface TouchpointAgainst {
  key: string;
  name: string;
  where: "both" | "current" | "intended";
  current_stage: string | null;
  intended_stage: string | null;
  moved: boolean;
  changes: { field: string; current: unknown; intended: unknown }[];
  by_hand: boolean;
  real_customers: number | null;
  real_events: number | null;
}

/** A journey as it is beside the one intended. */
export interface Opposed {
  current: string;
  intended: string;
  touchpoints: TouchpointAgainst[];
  added: number;
  removed: number;
  moved: number;
  changed: number;
  realised: number;
}

export const useAgainst = (journey: string, intended: string, lens: LensQuery) =>
  useQuery({
    queryKey: ["against", journey, intended, lens],
    queryFn: ({ signal }) => get<Opposed>(`/api/journeys/${journey}/against`, { ...lens, compare: undefined, intended }, signal),
    placeholderData: keepPreviousData,
  });
