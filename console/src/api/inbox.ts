import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, type Page } from "./client";

export type AnswerStatus = "new" | "open" | "waiting" | "closed";

export interface AnswerRow {
  id: number;
  message_id: string;
  at: string;
  event: string;
  survey: string | null;
  /** What people call the survey or the source it came by. */
  title: string | null;
  metric: "nps" | "csat" | "ces" | "rating" | null;
  score: number | null;
  comment: string;
  channel: string;
  language: string | null;
  sentiment: "positive" | "neutral" | "negative" | null;
  themes: string[];
  profile: string | null;
  name: string | null;
  anonymous: boolean;
  simulated: boolean;
  status: AnswerStatus;
  assignee: string | null;
  contacted_at: string | null;
  contacted_by: "reply" | "follow_up" | "hand" | null;
  version: number;
  rules: string[];
  held_out: boolean;
  due_at: string | null;
}

export interface InboxFilter {
  status?: AnswerStatus | "unclosed" | undefined;
  assignee?: string | undefined;
  score_to?: number | undefined;
  score_from?: number | undefined;
  sentiment?: string | undefined;
  text?: string | undefined;
}

export interface InboxCounts {
  new: number;
  open: number;
  waiting: number;
  closed: number;
  mine: number;
  tasks: number;
  overdue: number;
  alerts: number;
}

export interface AnswerNote {
  id: number;
  kind: "note" | "reply" | "change";
  text: string;
  author: string;
  at: string;
}

export interface Task {
  id: string;
  title: string;
  status: "open" | "done" | "dropped";
  owner: string | null;
  due_at: string | null;
  snoozed_until: string | null;
  overdue: boolean;
  answer: number | null;
  version: number;
}

export const useInbox = (filter: InboxFilter) =>
  useInfiniteQuery({
    queryKey: ["inbox", filter],
    queryFn: ({ pageParam, signal }) => get<Page<AnswerRow>>("/api/inbox", { limit: 50, cursor: pageParam, ...filter }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

/** One answer, wherever it is in the list; null: none is asked for. */
export const useOneAnswer = (id: number | null) =>
  useQuery({ queryKey: ["inbox", "one", id], queryFn: ({ signal }) => get<AnswerRow>(`/api/inbox/${id}`, {}, signal), enabled: id !== null, refetchInterval: 30_000 });

export const useInboxCounts = () => useQuery({ queryKey: ["inbox-counts"], queryFn: () => get<InboxCounts>("/api/inbox/counts"), refetchInterval: 60_000 });

export const useAnswerNotes = (id: number) => useQuery({ queryKey: ["inbox-notes", id], queryFn: () => get<Page<AnswerNote>>(`/api/inbox/${id}/notes`) });

export const useAnswerTasks = (id: number) => useQuery({ queryKey: ["tasks", id], queryFn: () => get<Page<Task>>("/api/tasks", { answer: id }) });

export interface AnswerChange {
  id: number;
  expected_version: number;
  status?: AnswerStatus;
  assignee?: string | null;
  contacted?: boolean;
}

export function useInboxChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["inbox", "inbox-counts", "inbox-notes", "tasks"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    change: useMutation({ mutationFn: ({ id, ...body }: AnswerChange) => patch<AnswerRow>(`/api/inbox/${id}`, body), onSuccess }),
    /** Many at once; those that somebody changed meanwhile are skipped. */
    many: useMutation({ mutationFn: (items: AnswerChange[]) => post<{ items: AnswerRow[]; skipped: number[] }>("/api/inbox/changes", { items }), onSuccess }),
    note: useMutation({ mutationFn: ({ id, text }: { id: number; text: string }) => post<AnswerNote>(`/api/inbox/${id}/notes`, { text }), onSuccess }),
    reply: useMutation({ mutationFn: ({ id, ...body }: { id: number; subject: string; text: string }) => post<AnswerNote>(`/api/inbox/${id}/reply`, body), onSuccess }),
    task: useMutation({ mutationFn: ({ id, ...body }: { id: string; expected_version: number; status?: Task["status"]; owner?: string | null }) => patch<Task>(`/api/tasks/${id}`, body), onSuccess }),
  };
}
