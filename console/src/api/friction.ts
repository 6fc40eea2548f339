import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";
import type { PeoplePage } from "./people";

/** A figure with the interval it lies in. */
export interface Bounded {
  value: number;
  low: number;
  high: number;
}

export interface AtRisk {
  amount: number;
  low: number;
  high: number;
  currency: string | null;
}

/** One place where customers struggle. */
export interface FrictionItem {
  signal: string;
  name: string;
  where: string;
  people: number;
  events: number;
  /** Of those who hit it, how many then missed the outcome; null while too few did. */
  precision: (Bounded & { n: number }) | null;
  /** How much more often than comparable customers who did not hit it. */
  lift: Bounded | null;
  value_at_risk: AtRisk | null;
}

export interface FrictionAnswer {
  items: FrictionItem[];
  as_of: string;
  took_ms: number;
}

export const useFriction = (lens: LensQuery) =>
  useQuery({
    queryKey: ["friction", lens],
    queryFn: ({ signal }) => get<FrictionAnswer>("/api/friction", { ...lens, compare: undefined }, signal),
    placeholderData: keepPreviousData,
  });

export const useFrictionPeople = (signal: string, where: string, lens: LensQuery) =>
  useInfiniteQuery({
    queryKey: ["friction-people", signal, where, lens],
    queryFn: ({ pageParam, signal: abort }) => get<PeoplePage>(`/api/friction/${encodeURIComponent(signal)}/people`, { ...lens, compare: undefined, where, limit: 50, cursor: pageParam }, abort),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
