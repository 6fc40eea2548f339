import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery, Touchpoint } from "./journeys";

/** A step of real paths that the map does not show, with a touchpoint ready to be added. */
export interface DiscoveredStep {
  type: "track" | "page" | "screen";
  name: string;
  customers: number;
  share: number;
  events: number;
  between: { after: string | null; before: string | null; customers: number }[];
  proposal: { stage: string; touchpoint: Touchpoint };
}

export interface Discovered {
  customers: number;
  items: DiscoveredStep[];
}

export const useDiscovered = (journey: string, version: number, lens: LensQuery) =>
  useQuery({
    queryKey: ["discovered", journey, version, lens],
    queryFn: ({ signal }) => get<Discovered>(`/api/journeys/${journey}/discovered`, { ...lens, compare: undefined }, signal),
    placeholderData: keepPreviousData,
  });
