import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";

export interface LiveEvent {
  row: number;
  message_id: string;
  time: string;
  received_at: string;
  type: string;
  name: string;
  identity: string;
  profile: string | null;
  channel: string;
  source: string;
  simulated: boolean;
  bot: boolean;
  page_path: string | null;
  properties: Record<string, unknown> | string;
  context: Record<string, unknown> | string;
}

export interface LiveFilter {
  source?: string;
  name?: string;
  customer?: string;
}

export const useLiveStart = (filter: LiveFilter) =>
  useQuery({
    queryKey: ["live", filter],
    queryFn: ({ signal }) => get<Page<LiveEvent>>("/api/live", { limit: 100, ...filter }, signal),
    staleTime: 0,
    gcTime: 0,
  });
