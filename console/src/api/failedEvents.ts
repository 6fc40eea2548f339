import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, remove } from "./client";

export interface FailedEvent {
  id: number;
  at: string;
  source: string;
  type: string | null;
  message_id: string | null;
  reason: { index?: number; field: string; value: unknown; rule: string; remedy: string };
  payload: string;
  state: "open" | "redriven" | "discarded";
}

interface FailedPage {
  items: FailedEvent[];
  next: number | null;
}

export const useFailedEvents = () =>
  useInfiniteQuery({
    queryKey: ["failed-events"],
    queryFn: ({ pageParam }) => get<FailedPage>("/api/failed-events", { before: pageParam }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });

export function useFailedEventChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["failed-events"] });
  return {
    redrive: useMutation({
      mutationFn: ({ id, payload }: { id: number; payload?: string }) =>
        post<unknown>(`/api/failed-events/${id}/redrive`, payload === undefined ? {} : { payload }),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (id: number) => remove<unknown>(`/api/failed-events/${id}`), onSuccess }),
    restore: useMutation({ mutationFn: (id: number) => post<unknown>(`/api/failed-events/${id}/restore`), onSuccess }),
  };
}

/** How many failed events wait for someone; 100 stands for that or more. */
export function useFailedCount(): number {
  const { data } = useQuery({
    queryKey: ["failed-events", "count"],
    queryFn: () => get<FailedPage>("/api/failed-events", { state: "open", limit: 100 }),
    refetchInterval: 60_000,
    retry: false,
  });
  return data?.items.length ?? 0;
}
