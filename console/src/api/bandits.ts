import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, type Page } from "./client";
import type { Match } from "./asked";
import type { Effect } from "./results";

export interface BanditBody {
  name: string;
  experiment: string;
  metric: string;
  control?: number;
  floor?: number;
  every?: number;
  active?: boolean;
}

export interface BanditRow {
  key: string;
  name: string;
  experiment: string;
  metric: string;
  active: boolean;
  updates: number;
  updated: string | null;
  weights: Record<string, number>;
  version: number;
}

export interface BanditUpdate {
  number: number;
  closed_phase: number;
  at: string;
  learned: { weights: Record<string, number>; chances: Record<string, number>; means: Record<string, number>; units: Record<string, number>; moved: boolean };
}

export interface Bandit {
  key: string;
  version: number;
  body: BanditBody;
}

export type Policy = { form: "always"; choice: string } | { form: "uniform" } | { form: "weights"; weights: Record<string, number> } | { form: "rules"; rules: { condition: Record<string, unknown>; weights: Record<string, number> }[]; otherwise: Record<string, number> };

export interface JudgeRequest {
  where: { experiment: string };
  reward: { events: { any: Match[] }; property?: string | null; within: number };
  policy: Policy;
  attributes: string[];
  days: number;
}

/** What a rule would have earned on logged decisions, by how far the log can tell. */
export interface Judged {
  judged: {
    logged: Effect;
    robust: Effect;
    gain: Effect;
    overlap: { decisions: number; units: number; effective: number; largest: number; mean_weight: number; unsupported: number; alarms: ("few_effective" | "one_dominates" | "weights_off" | "unsupported")[] };
    outcome: "no_overlap" | "better" | "worse" | "unclear";
  };
  text: string;
  choices: { key: string; made: number; would: number; earned: number }[];
  without_probability: number;
}

export const useBandits = () => useQuery({ queryKey: ["bandits"], queryFn: ({ signal }) => get<Page<BanditRow>>("/api/bandits", {}, signal) });

export const useBanditUpdates = (key: string) => useQuery({ queryKey: ["bandit-updates", key], queryFn: ({ signal }) => get<Page<BanditUpdate>>(`/api/bandits/${key}/updates`, {}, signal) });

export const fetchBandit = (key: string) => get<Bandit>(`/api/bandits/${key}`);

export const useJudge = () => useMutation({ mutationFn: (asked: JudgeRequest) => post<Judged>("/api/experiments/evaluate", asked) });

export function useBanditChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["bandits", "bandit-updates", "experiment", "experiment-results"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: BanditBody }) => post<Bandit>("/api/bandits", request), onSuccess }),
    save: useMutation({ mutationFn: ({ key, expected, body }: { key: string; expected: number; body: BanditBody }) => put<Bandit>(`/api/bandits/${key}`, { expected_version: expected, body }), onSuccess }),
    update: useMutation({ mutationFn: (key: string) => post<BanditUpdate>(`/api/bandits/${key}/update`), onSuccess }),
  };
}
