import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";

export interface Ratio {
  value: number;
  low: number;
  high: number;
}

/** Money with its 95 % interval; decimal text. */
export interface AtRisk {
  amount: string;
  low: string;
  high: string;
  currency: string;
}

export interface Where {
  key: string;
  text: string;
  page: string | null;
  item: string | null;
  event: string | null;
  channels: string[];
  touchpoint: { journey: string; stage: string; touchpoint: string; name: string } | null;
}

export type Verdict = "hurts" | "not shown" | "not enough data";

/** A signal at one place, or everywhere. */
export interface FrictionItem {
  signal: string;
  name: string;
  where: Where | null;
  outcome: "conversion" | "return";
  people: number;
  events: number;
  /** Bad outcomes among those struck beyond those expected of comparable customers. */
  precision: (Ratio & { n: number }) | null;
  /** The same as a quotient. */
  lift: Ratio | null;
  value_at_risk: AtRisk | null;
  /** Shares of bad outcomes: among those struck, and expected of comparable customers. */
  bad: number | null;
  expected: number | null;
  verdict: Verdict;
}

export interface FrictionLedger {
  /** By place; what hurts most first. */
  items: FrictionItem[];
  /** By signal, everywhere. */
  signals: FrictionItem[];
  outcome: { kind: string; days: number; known_until: string | null };
  false_discovery_rate: number;
  as_of: string;
}

export interface Struck {
  profile: string;
  name: string | null;
  email: string | null;
  hits: number;
  time: string;
  event: string;
  simulated: boolean;
}

export const useFriction = (lens: LensQuery) =>
  useQuery({
    queryKey: ["friction", lens],
    queryFn: ({ signal }) => get<FrictionLedger>("/api/friction", { ...lens, compare: undefined }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const useStruck = (signal: string, where: string | undefined, lens: LensQuery) =>
  useInfiniteQuery({
    queryKey: ["friction-people", signal, where, lens],
    queryFn: ({ pageParam, signal: abort }) =>
      get<{ total: number; items: Struck[]; next: string | null }>(`/api/friction/${encodeURIComponent(signal)}/people`, { ...lens, compare: undefined, where, limit: 50, cursor: pageParam }, abort),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
