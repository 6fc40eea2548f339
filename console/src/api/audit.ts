import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "./client";

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  object: string;
  detail: Record<string, unknown>;
}

export const useAudit = () =>
  useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => get<{ items: AuditEntry[]; next: number | null }>("/api/audit", { before: pageParam }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });
