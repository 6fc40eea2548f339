import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";

export interface EventName {
  type: string;
  name: string;
  first_seen: string;
}

export const useEventNames = (q = "") => useQuery({ queryKey: ["event-names", q], queryFn: () => get<Page<EventName>>("/api/event-names", { q, limit: 1000 }), staleTime: 60_000 });
