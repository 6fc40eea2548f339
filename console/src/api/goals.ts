import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";
import type { LeftOut, Refusal, Shows } from "./metrics";

export interface GoalBody {
  name: string;
  metric: string;
  target: number;
  owner?: string;
  /** Days, both included. */
  due: string;
  start?: string | null;
  population?: string | null;
  days?: number;
  description?: string;
}

export interface GoalProgress {
  value: number | null;
  low: number | null;
  high: number | null;
  start_value: number | null;
  /** How far from the start to the target, and how much of the time is over. */
  share: number | null;
  elapsed: number;
  reached: boolean;
  on_track: boolean | null;
  as_of: string;
  shows: Shows;
  currency: string | null;
  left_out: LeftOut[];
  refused: Refusal | null;
}

export interface GoalRow {
  key: string;
  name: string;
  metric: string;
  metric_name: string | null;
  target: number;
  owner: string;
  due: string;
  start: string;
  population: string | null;
  version: number;
  progress: GoalProgress;
}

export interface Goal {
  key: string;
  version: number;
  body: GoalBody;
  progress: GoalProgress;
}

export const useGoals = () => useQuery({ queryKey: ["goals"], queryFn: ({ signal }) => get<Page<GoalRow>>("/api/goals", {}, signal) });

export const fetchGoal = (key: string) => get<Goal>(`/api/goals/${key}`);

export function useGoalChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["goals"] });
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: GoalBody }) => post<Goal>("/api/goals", request), onSuccess }),
    save: useMutation({ mutationFn: ({ key, expected, body }: { key: string; expected: number; body: GoalBody }) => put<Goal>(`/api/goals/${key}`, { expected_version: expected, body }), onSuccess }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/goals/${key}`), onSuccess }),
  };
}
