import { useCallback } from "react";
import type { Interval } from "../api/asked";
import type { FunnelStep } from "../api/questions";
import { useFormat } from "../design/format";
import { useClauseWords } from "../matching/clauses";

/** The name of a step that was given none: its events. */
export function useStepName(): (step: FunnelStep) => string {
  const format = useFormat();
  const wordsOf = useClauseWords();
  return (step) => format.list(step.any.filter((match) => match.type !== "track" || match.name).map(wordsOf));
}

/** A point in time as its interval is called. */
export function useAtWords(): (at: string, interval: Interval) => string {
  const format = useFormat();
  return useCallback((at: string, interval: Interval) => (interval === "month" ? format.month(at) : format.dayShort(format.dayOf(at))), [format]);
}
