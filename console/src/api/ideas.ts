import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";

export type IdeaState = "idea" | "planned" | "tested" | "confirmed" | "refuted" | "shelved";
/** Where an idea stands: as somebody said, or as far as the experiment that tests it has come. */
export type IdeaStands = IdeaState | "running";
export type Effort = "small" | "medium" | "large";
export type EvidenceKind = "friction" | "stage" | "touchpoint" | "persona" | "audience" | "survey" | "metric" | "experiment" | "note" | "link";

export interface Evidence {
  kind: EvidenceKind;
  ref?: string;
  text?: string;
}

export interface IdeaBody {
  name: string;
  description?: string;
  evidence?: Evidence[];
  hypothesis?: { change?: string; whom?: string; because?: string; metric?: string | null; direction?: "up" | "down"; effect?: number | null };
  effort?: Effort;
  state?: IdeaState;
  goal?: string | null;
  experiment?: string | null;
  use_case?: string | null;
  learning?: string;
  owner?: string;
  tags?: string[];
}

export interface Votes {
  up: number;
  down: number;
  mine: boolean | null;
}

export interface IdeaRow {
  key: string;
  version: number;
  name: string;
  state: IdeaStands;
  effort: Effort;
  metric: string | null;
  effect: number | null;
  experiment: string | null;
  owner: string;
  author: string;
  learning: string;
  tags: string[];
  evidence: number;
  votes: Votes;
  at: string;
  changed_at: string;
}

export interface SimilarIdea {
  key: string;
  name: string;
  likeness: number;
  state: IdeaStands;
  learning: string;
  experiment: string | null;
  warning: boolean;
}

export interface Comment {
  id: string;
  text: string;
  author: string;
  at: string;
  mine: boolean;
}

export interface Idea {
  key: string;
  version: number;
  body: IdeaBody;
  state: IdeaStands;
  experiment: string | null;
  author: string;
  at: string;
  votes: Votes;
  comments: Comment[];
  similar: SimilarIdea[];
}

export interface UseCase {
  use_case: { key: string; level: number; title: string; why: string; change: string; audience: string; metric: string; stages: string[]; effort: Effort };
  standing: "next" | "open" | "waits" | "no_data" | "taken" | "done";
  idea: string | null;
  reason: string;
}

export const useIdeas = () => useQuery({ queryKey: ["ideas"], queryFn: ({ signal }) => get<Page<IdeaRow>>("/api/ideas", {}, signal) });

export const useIdea = (key: string | undefined) => useQuery({ queryKey: ["idea", key], queryFn: ({ signal }) => get<Idea>(`/api/ideas/${key}`, {}, signal), enabled: Boolean(key) });

export const useUseCases = () => useQuery({ queryKey: ["use-cases"], queryFn: ({ signal }) => get<Page<UseCase>>("/api/ideas/use-cases", {}, signal) });

export const fetchIdea = (key: string) => get<Idea>(`/api/ideas/${key}`);

/** What is known of the like of an idea being written. */
export const useSimilarIdeas = (body: IdeaBody | null) =>
  useQuery({ queryKey: ["similar-ideas", body], queryFn: () => post<Page<SimilarIdea>>("/api/ideas/similar", { body }), enabled: body !== null, placeholderData: keepPreviousData, retry: false });

export function useIdeaChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["ideas", "idea", "use-cases"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    propose: useMutation({ mutationFn: (request: { key: string; body?: IdeaBody; from_template?: string }) => post<Idea>("/api/ideas/proposals", request), onSuccess }),
    save: useMutation({ mutationFn: ({ key, expected, body }: { key: string; expected: number; body: IdeaBody }) => put<Idea>(`/api/ideas/${key}`, { expected_version: expected, body }), onSuccess }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/ideas/${key}`), onSuccess }),
    vote: useMutation({ mutationFn: ({ key, up }: { key: string; up: boolean | null }) => put<Votes>(`/api/ideas/${key}/vote`, { up }), onSuccess }),
    comment: useMutation({ mutationFn: ({ key, text }: { key: string; text: string }) => post<Comment>(`/api/ideas/${key}/comments`, { text }), onSuccess }),
  };
}
