import { useCallback } from "react";
import { useQueries } from "@tanstack/react-query";
import { useAudiences, type Rule } from "../../../api/audiences";
import { journeyQuery } from "../../../api/journeys";
import { partsOf } from "./rules";

function journeysIn(rule: Rule): string[] {
  if (rule.stage?.journey) return [rule.stage.journey];
  return [...partsOf(rule), ...(rule.not ? [rule.not] : [])].flatMap(journeysIn);
}

/** The names behind the keys that a rule refers to: other segments, stages of journeys. */
export function useNames(rule: Rule): { segment: (key: string) => string; stage: (journey: string, stage: string) => string } {
  const segments = useAudiences().data?.items;
  const journeys = useQueries({ queries: [...new Set(journeysIn(rule))].map(journeyQuery) }).map((one) => one.data);
  const segment = useCallback((key: string) => segments?.find((one) => one.key === key)?.name ?? key, [segments]);
  return {
    segment,
    stage: (journey, stage) =>
      journeys.find((one) => one?.key === journey)?.body.stages.find((one) => one.key === stage)?.name ?? stage,
  };
}
