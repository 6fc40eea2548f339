import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";

export interface EventName {
  type: string;
  name: string;
  events: number;
  last_seen: string | null;
}

export const useEventNames = (q = "") => useQuery({ queryKey: ["event-names", q], queryFn: () => get<Page<EventName>>("/api/event-names", { q }), staleTime: 60_000 });
