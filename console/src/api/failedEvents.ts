import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, remove, type Page } from "./client";

export interface FailedEvent {
  id: string;
  at: string;
  source: string;
  reason: { index?: number; field: string; value: unknown; rule: string; remedy: string };
  payload: string;
  state: "open" | "redriven" | "discarded";
}

export const useFailedEvents = () =>
  useInfiniteQuery({
    queryKey: ["failed-events"],
    queryFn: ({ pageParam }) => get<Page<FailedEvent>>("/api/failed-events", { before: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export function useFailedEventChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["failed-events"] });
  return {
    redrive: useMutation({
      mutationFn: ({ id, payload }: { id: string; payload?: unknown }) =>
        post<unknown>(`/api/failed-events/${id}/redrive`, payload === undefined ? {} : { payload }),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (id: string) => remove<unknown>(`/api/failed-events/${id}`), onSuccess }),
    restore: useMutation({ mutationFn: (id: string) => post<unknown>(`/api/failed-events/${id}/restore`), onSuccess }),
  };
}

/** How many failed events wait for someone, among the newest. */
export function useFailedCount(): number {
  const { data } = useQuery({
    queryKey: ["failed-events", "count"],
    queryFn: () => get<Page<FailedEvent>>("/api/failed-events"),
    refetchInterval: 60_000,
    retry: false,
  });
  return data?.items.filter((item) => item.state === "open").length ?? 0;
}
