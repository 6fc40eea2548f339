import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";

export interface TimelineEvent {
  row: number;
  message_id: string;
  time: string;
  type: string;
  name: string;
  channel: string;
  source: string;
  identity: string;
  page_path: string | null;
  page_title: string | null;
  revenue: string | number | null;
  currency: string | null;
  order_id: string | null;
  properties: Record<string, unknown> | string;
  context: Record<string, unknown> | string;
  simulated: boolean;
  stage: string | null;
  touchpoint: string | null;
}

export const useTimeline = (profile: string, filter: { channel?: string; name?: string }) =>
  useInfiniteQuery({
    queryKey: ["timeline", profile, filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<TimelineEvent>>(`/api/customers/${encodeURIComponent(profile)}/timeline`, { limit: 50, before: pageParam, ...filter }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
