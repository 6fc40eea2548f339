import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LiveEvent } from "./live";

export interface TraceStep {
  step: "accepted" | "committed" | "profiled" | "landed" | "indexed" | "failed";
  at: string | null;
  detail: string | null;
}

export interface Trace {
  message_id: string;
  steps: TraceStep[];
  event: LiveEvent | null;
}

export const useTrace = (messageId: string) =>
  useQuery({
    queryKey: ["trace", messageId],
    queryFn: () => get<Trace>(`/api/trace/${encodeURIComponent(messageId)}`),
    enabled: messageId !== "",
    retry: false,
    staleTime: 0,
    // Landing takes about a second: keep asking until the event is at the end of its way.
    refetchInterval: (query) => (query.state.data && query.state.data.steps.length > 0 && !query.state.data.steps.some((step) => step.step === "indexed" || step.step === "failed") ? 1000 : false),
  });
