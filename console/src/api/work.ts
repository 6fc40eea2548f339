import { useQuery } from "@tanstack/react-query";
import { get, remove, type Page } from "./client";

/** What runs on the server: a question being answered, a search. */
export interface Running {
  id: string;
  what: string;
  author: string | null;
  mine: boolean;
  since: string;
  seconds: number;
  /** Events read so far, of those that are known to be read. */
  done: number;
  expected: number;
}

export const useRunning = (asked: boolean) =>
  useQuery({ queryKey: ["work"], queryFn: () => get<Page<Running>>("/api/work"), enabled: asked, refetchInterval: 1_000, staleTime: 0, gcTime: 0, retry: false });

export const cancelWork = (id: string) => remove<Running>(`/api/work/${id}`);
