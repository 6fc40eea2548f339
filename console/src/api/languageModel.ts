import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, type Page } from "./client";

export const USES = ["names", "summaries", "translations", "sentiment"] as const;
export type Use = (typeof USES)[number];

/** An endpoint that the user brings: off until somebody switches it on, and for no use not named. */
export interface LanguageModel {
  on: boolean;
  base_url: string;
  model: string;
  key_variable: string | null;
  uses: Use[];
  calls_a_day: number;
  characters_a_day: number;
  seconds: number;
  private: boolean;
  redact: boolean;
}

export interface ModelSettings {
  version: number;
  body: LanguageModel | null;
  key_set: boolean | null;
  calls_today: number;
  characters_today: number;
}

export interface ModelCall {
  id: number;
  at: string;
  use: string;
  model: string;
  sent: string;
  got: string;
  seconds: number;
  error: string | null;
}

const PATH = "/api/language-model";

export const useLanguageModel = () => useQuery({ queryKey: [PATH], queryFn: ({ signal }) => get<ModelSettings>(PATH, {}, signal) });

export const useModelCalls = () => useQuery({ queryKey: [PATH, "calls"], queryFn: ({ signal }) => get<Page<ModelCall>>(`${PATH}/calls`, {}, signal) });

export function useModelChange() {
  const client = useQueryClient();
  return {
    save: useMutation({ mutationFn: ({ version, body }: { version: number; body: LanguageModel }) => put<ModelSettings>(PATH, { expected_version: version, body }), onSuccess: (saved) => client.setQueryData([PATH], saved) }),
    // It is kept among the calls, also where it failed.
    attempt: useMutation({ mutationFn: () => post<{ name: string; seconds: number }>(`${PATH}/try`), onSettled: () => client.invalidateQueries({ queryKey: [PATH] }) }),
  };
}

/** What the model proposes to call a theme; saved by nobody. */
export const useDescribedTheme = () => useMutation({ mutationFn: ({ key, language }: { key: string; language: string }) => post<{ name: string | null; summary: string | null }>(`/api/themes/${encodeURIComponent(key)}/describe`, { language }) });
