import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";
import type { Unit } from "./experiments";

export type FlagType = "boolean" | "string" | "number" | "json";

export interface RampStep {
  hours: number;
  coverage: number;
}

export type Then =
  | { type: "force"; value: unknown; coverage?: number; seed?: string }
  | { type: "experiment"; experiment: string; values: Record<string, unknown> }
  | { type: "ramp"; value: unknown; steps: RampStep[]; guardrails?: string[]; seed?: string };

/** Another flag, and the value it must have. */
export interface Prerequisite {
  flag: string;
  value: unknown;
}

export interface Schedule {
  start?: string | null;
  end?: string | null;
}

export interface FlagRule {
  id: string;
  name?: string;
  enabled?: boolean;
  condition?: Record<string, unknown> | null;
  audience?: string | null;
  prerequisites?: Prerequisite[];
  schedule?: Schedule | null;
  then: Then;
}

export interface FlagBody {
  name: string;
  description?: string;
  type?: FlagType;
  default?: unknown;
  public?: boolean;
  unit?: Unit;
  owner?: string;
  tags?: string[];
  rules?: FlagRule[];
}

export interface FlagRow {
  key: string;
  name: string;
  type: FlagType;
  default: unknown;
  public: boolean;
  owner: string;
  tags: string[];
  rules: number;
  experiments: string[];
  version: number;
}

export interface Climb {
  rule: string;
  status: string;
  coverage: number;
  started: string;
  next: string | null;
  reason: string;
  /** The guardrail that took it back by itself. */
  harmed: string | null;
}

export interface Flag {
  key: string;
  version: number;
  body: FlagBody;
  author: string;
  at: string;
  handed_out: boolean;
  ramps: Climb[];
  history: { version: number; author: string; at: string; deleted: boolean }[];
}

/** Which value somebody gets, and why. */
export interface FlagValue {
  key: string;
  value: unknown;
  on: boolean;
  source: string;
  rule: string;
  experiment: string | null;
  variation: string | null;
  bucket: number | null;
}

export const useFlags = () => useQuery({ queryKey: ["flags"], queryFn: ({ signal }) => get<Page<FlagRow>>("/api/flags", {}, signal) });

export const useFlag = (key: string) => useQuery({ queryKey: ["flag", key], queryFn: ({ signal }) => get<Flag>(`/api/flags/${key}`, {}, signal) });

export const fetchFlag = (key: string) => get<Flag>(`/api/flags/${key}`);

export function useFlagChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["flags", "flag", "experiment-checklist"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: FlagBody }) => post<Flag>("/api/flags", request), onSuccess }),
    save: useMutation({ mutationFn: ({ key, expected, body }: { key: string; expected: number; body: FlagBody }) => put<Flag>(`/api/flags/${key}`, { expected_version: expected, body }), onSuccess }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/flags/${key}`), onSuccess: () => client.invalidateQueries({ queryKey: ["flags"] }) }),
    ramp: useMutation({ mutationFn: ({ key, rule, action }: { key: string; rule: string; action: "start" | "hold" | "finish" | "roll_back" }) => post<Climb>(`/api/flags/${key}/ramps/${rule}`, { action }), onSuccess }),
    tryOut: useMutation({ mutationFn: ({ key, attributes }: { key: string; attributes: Record<string, unknown> }) => post<FlagValue>(`/api/flags/${key}/evaluate`, { attributes }) }),
  };
}
