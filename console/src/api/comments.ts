import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, post, put, withQuery, remove } from "./client";
import type { Match } from "./asked";
import type { LensQuery } from "./journeys";

export interface Quote {
  comment: number;
  profile: string;
  text: string;
  time: string;
  score: number | null;
  metric: string | null;
  sentiment: string;
  language: string | null;
}

export interface Feelings {
  positive: number;
  neutral: number;
  negative: number;
  not_yet: number;
}

export interface ThemeRow {
  key: string;
  name: string;
  version: number;
  found: boolean;
  pinned: boolean;
  hidden: boolean;
  phrases: string[];
  merged: string[];
  comments: number;
  customers: number;
  share: { value: number; low: number; high: number };
  badge: "new" | "rising" | null;
  change: { customers: number; before: number; ratio: number | null; p: number } | null;
  impact: { metric: string; difference: number; low: number; high: number; n: number; clear: boolean } | null;
  sentiment: Feelings;
  revenue: { amount: string; currency: string; customers: number } | null;
  languages: { language: string; comments: number }[];
  trend: number[];
  quotes: Quote[];
}

export interface ThemeFigures {
  items: ThemeRow[];
  comments: number;
  customers: number;
  scored: number;
  metric: string | null;
  mean: number | null;
  unthemed: number;
  sentiment: Feelings;
  languages: { language: string; comments: number }[];
  trend: number[];
  compared: boolean;
  cut: boolean;
  as_of: string;
}

export interface CommentRow extends Omit<Quote, "comment"> {
  id: number;
  channel: string;
  source: string;
  event: string;
  themes: { key: string; name: string; weight: number }[];
}

export interface ThemeBody {
  name: string;
  into: string | null;
  pinned: boolean;
  hidden: boolean;
  [other: string]: unknown;
}

/** How good readings are in one language (null: all together), on a set of comments (null: the business's own). */
export interface Measured {
  language: string | null;
  source: string | null;
  by: "source" | "part" | "cross-validation";
  n: number;
  accuracy: number;
  macro_f1: number;
  calibration_error: number;
  not_yet: number;
}

export interface ModelCard {
  version: string;
  learned: boolean;
  made_at: string | null;
  scored: number;
  learned_from: number;
  needed: number;
  comments: number;
  not_yet: number;
  quality: Record<string, unknown>;
  measured: Measured[];
  shipped: Measured[];
  languages: { language: string | null; comments: number; not_yet: number }[];
}

export interface CommentSource {
  key: string;
  version: number;
  body: { name: string; match: Match; text: string; off?: boolean; score?: string | null; metric?: string | null; metric_property?: string | null; [other: string]: unknown };
  comments: number;
}

export interface CommentRun {
  id: number;
  kind: string;
  state: string;
  step: string;
  progress: number;
}

/** What of the comments is looked at, beside the lens. */
export interface CommentFilter {
  theme?: string | undefined;
  sentiment?: string | undefined;
  language?: string | undefined;
  text?: string | undefined;
  /** Hidden themes too. */
  hidden?: boolean | undefined;
  survey?: string | undefined;
  /** Of comments with a score: from this one to that one. */
  low?: number | undefined;
  high?: number | undefined;
}

export const useThemes = (lens: LensQuery, filter: CommentFilter) =>
  useQuery({
    queryKey: ["themes", lens, filter],
    queryFn: ({ signal }) => get<ThemeFigures>("/api/comments/themes", { ...lens, ...filter, theme: undefined }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const useComments = (lens: LensQuery, filter: CommentFilter) =>
  useInfiniteQuery({
    queryKey: ["comments", lens, filter],
    queryFn: ({ pageParam, signal }) => get<{ items: CommentRow[]; next: string | null }>("/api/comments", { ...lens, compare: undefined, ...filter, hidden: undefined, limit: 20, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const exportAddress = (lens: LensQuery, filter: CommentFilter): string => withQuery("/api/comments/export", { ...lens, compare: undefined, ...filter, hidden: undefined });

export const useModelCard = () => useQuery({ queryKey: ["comment-model"], queryFn: ({ signal }) => get<ModelCard>("/api/comments/model", {}, signal) });

export const useCommentSources = () => useQuery({ queryKey: ["comment-sources"], queryFn: ({ signal }) => get<{ items: CommentSource[] }>("/api/comment-sources", {}, signal) });

export const useCommentRuns = () =>
  useQuery({
    queryKey: ["comment-runs"],
    queryFn: () => get<{ items: CommentRun[] }>("/api/comments/jobs"),
    refetchInterval: (query) => (query.state.data?.items.some((run) => run.state === "running" || run.state === "waiting") ? 1_500 : 5_000),
  });

/** What shows comments is asked again when work on them ends. */
export function useFreshAfter(run: CommentRun | undefined): void {
  const client = useQueryClient();
  const ended = run && run.state !== "running" && run.state !== "waiting" ? run.id : null;
  useEffect(() => {
    if (ended !== null) for (const name of ["themes", "comments", "comment-sources", "comment-model"]) void client.invalidateQueries({ queryKey: [name] });
  }, [client, ended]);
}

export function useCommentChanges() {
  const client = useQueryClient();
  const forget = (...names: string[]) => Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    theme: useMutation({
      /** Changes some fields of a theme; answers with how it was, for an undo. */
      mutationFn: async ({ key, change }: { key: string; change: Partial<ThemeBody> }) => {
        const before = await get<{ version: number; body: ThemeBody }>(`/api/themes/${encodeURIComponent(key)}`);
        await put(`/api/themes/${encodeURIComponent(key)}`, { expected_version: before.version, body: { ...before.body, ...change } });
        return Object.fromEntries(Object.keys(change).map((name) => [name, before.body[name]])) as Partial<ThemeBody>;
      },
      onSuccess: () => forget("themes", "comments"),
    }),
    source: useMutation({
      mutationFn: ({ key, version, body }: Pick<CommentSource, "key" | "version" | "body">) => put(`/api/comment-sources/${encodeURIComponent(key)}`, { expected_version: version, body }),
      onSuccess: () => forget("comment-sources", "comment-runs"),
    }),
    begin: useMutation({ mutationFn: (kind: "find" | "learn" | "read" | "ask") => post<CommentRun>("/api/comments/jobs", { kind }), onSuccess: () => forget("comment-runs") }),
  };
}

/** Makes a part of a theme one of its own, and takes that back. */
export function useThemeSplit() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["themes", "comments", "/api/themes"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    split: useMutation({ mutationFn: (made: { key: string; body: { name: string; phrases: string[]; out_of: string } }) => post<{ key: string; body: ThemeBody }>("/api/themes", made), onSuccess }),
    undo: useMutation({ mutationFn: (key: string) => remove(`/api/themes/${encodeURIComponent(key)}`), onSuccess }),
  };
}
