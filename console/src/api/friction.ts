import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, put, remove } from "./client";
import type { LensQuery } from "./journeys";
import type { Match } from "./asked";

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

/** The settings a person changes here; the rest of the definition goes along as it came. */
export interface FrictionBody {
  outcome: { kind: "conversion" | "return"; any: Match[]; days: number; value: { amount: number; currency: string } | null };
  least: number;
  off: string[];
  [other: string]: unknown;
}

export interface FrictionSettings {
  version: number;
  body: FrictionBody;
  signals: { key: string; name: string; meaning: string; on: boolean }[];
}

export const useFrictionSettings = () => useQuery({ queryKey: ["friction-settings"], queryFn: ({ signal }) => get<FrictionSettings>("/api/friction/settings", {}, signal) });

export function useFrictionChange() {
  const client = useQueryClient();
  const onSuccess = (settings: FrictionSettings) => {
    client.setQueryData(["friction-settings"], settings);
    return Promise.all(["friction", "friction-people", "cells"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  };
  return {
    save: useMutation({ mutationFn: ({ expected, body }: { expected: number; body: FrictionBody }) => put<FrictionSettings>("/api/friction/settings", { expected_version: expected, body }), onSuccess }),
    reset: useMutation({ mutationFn: () => remove<FrictionSettings>("/api/friction/settings"), onSuccess }),
  };
}
