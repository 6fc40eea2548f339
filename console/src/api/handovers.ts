import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";

interface Share {
  value: number;
  low: number;
  high: number;
}

/** Customers who left a stage on one channel and came to the next on another, or on the same. */
export interface Pair {
  from: string;
  to: string;
  customers: number;
  went_on: number | null;
  share: Share | null;
  /** Who was on the receiving channel before as well. */
  against: { customers: number; went_on: number; share: number } | null;
  difference: Share | null;
  broken: boolean;
}

export interface Handovers {
  transitions: { from: string; to: string; customers: number; crossed: number; pairs: Pair[] }[];
  compared: number;
  broken: number;
}

export const useHandovers = (journey: string, version: number, lens: LensQuery) =>
  useQuery({
    queryKey: ["handovers", journey, version, lens],
    queryFn: ({ signal }) => get<Handovers>(`/api/journeys/${journey}/channels`, { ...lens, channel: undefined, compare: undefined }, signal),
    placeholderData: keepPreviousData,
  });
