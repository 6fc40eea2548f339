import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";
import type { LensQuery } from "./journeys";

/** A survey's answers of the last thirty days, in short. */
export interface SurveyScore {
  key: string;
  metric: "nps" | "csat" | "ces" | null;
  responses: number;
  /** An NPS is in points, a CSAT a share, a CES a mean of 1 to 7; with its 95 % interval. */
  score: { value: number | null; low: number | null; high: number | null } | null;
  asked: number;
  last: string | null;
}

export const useSurveyScores = () => useQuery({ queryKey: ["survey-scores"], queryFn: ({ signal }) => get<Page<SurveyScore>>("/api/survey-results", {}, signal) });

/** All surveys that are defined or were answered, of a lens. */
export const useSurveyList = (lens: LensQuery) =>
  useQuery({ queryKey: ["survey-list", lens], queryFn: ({ signal }) => get<Page<SurveyScore & { name: string }>>("/api/survey-results", { ...lens, compare: undefined }, signal), placeholderData: keepPreviousData });
