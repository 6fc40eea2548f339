import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Clause, LensQuery } from "./journeys";

/** A step of real paths that the map does not show, and where it would stand. */
export interface DiscoveredStep {
  type: string;
  name: string;
  customers: number;
  share: number;
  stage: string | null;
  match: Clause;
}

export interface Discovered {
  items: DiscoveredStep[];
  customers: number;
}

export const useDiscovered = (journey: string, lens: LensQuery) =>
  useQuery({
    queryKey: ["discovered", journey, lens],
    queryFn: ({ signal }) => get<Discovered>(`/api/journeys/${journey}/discovered`, { ...lens, compare: undefined }, signal),
    placeholderData: keepPreviousData,
  });
