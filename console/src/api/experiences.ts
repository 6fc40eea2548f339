import { useMutation, useQueryClient } from "@tanstack/react-query";
import { post } from "./client";
import type { Schedule } from "./content";
import type { Brief } from "./experiments";
import { useRows, useSaved, useShelfChange } from "./shelf";

export interface PagePattern {
  pattern: string;
  type?: "simple" | "regex";
  include?: boolean;
}

export interface Campaign {
  source: string[];
  medium: string[];
  name: string[];
  term: string[];
  content: string[];
}

/** What the visit must be like. */
export interface VisitContext {
  pages: PagePattern[];
  referrers: string[];
  campaign: Campaign;
  devices: string[];
  locales: string[];
  visitor: "new" | "returning" | null;
  condition: Record<string, unknown> | null;
}

export interface ShownVariation {
  key: string;
  name: string;
  content: string | null;
  weight: number;
}

export type ExperienceStatus = "draft" | "live" | "paused" | "archived";

export interface ExperienceBody {
  name: string;
  description: string;
  owner: string;
  placement: string;
  status: ExperienceStatus;
  audience: string | null;
  persona: string | null;
  context: VisitContext;
  schedule: Schedule | null;
  priority: number;
  frequency: { most: number; per: string } | null;
  interrupts: boolean | null;
  variations: ShownVariation[];
  experiment: string | null;
  unit: "device" | "customer";
  holdout: number;
  purpose: "analytics" | "personalisation" | "marketing" | "sharing" | null;
  because: string;
  promise: string;
  goal: string | null;
  map: string | null;
  stage: string | null;
  touchpoint: string | null;
  friction: string | null;
  seed: string;
}

export interface ExperienceRow {
  key: string;
  name: string;
  placement: string;
  status: ExperienceStatus;
  audience: string | null;
  persona: string | null;
  experiment: string | null;
  priority: number;
  holdout: number;
  variations: string[];
  owner: string;
  version: number;
  result: Brief | null;
}

export const EXPERIENCES = "/api/experiences";

export const blankExperience = (): ExperienceBody => ({
  name: "",
  description: "",
  owner: "",
  placement: "",
  status: "draft",
  audience: null,
  persona: null,
  context: { pages: [], referrers: [], campaign: { source: [], medium: [], name: [], term: [], content: [] }, devices: [], locales: [], visitor: null, condition: null },
  schedule: null,
  priority: 50,
  frequency: null,
  interrupts: null,
  variations: [{ key: "a", name: "", content: null, weight: 1 }],
  experiment: null,
  unit: "device",
  holdout: 0.05,
  purpose: null,
  because: "",
  promise: "",
  goal: null,
  map: null,
  stage: null,
  touchpoint: null,
  friction: null,
  seed: "",
});

export const useExperiences = () => useRows<ExperienceRow>(EXPERIENCES);
export const useExperience = (key: string | null) => useSaved<ExperienceBody>(EXPERIENCES, key);
export interface MeasureWish {
  primary: string[];
  guardrails: string[];
  expected_version: number;
}

/** Makes an experiment of an experience's own split, and starts it. */
export function useExperienceMeasure(key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: MeasureWish) => post<{ experiment: string; version: number }>(`${EXPERIENCES}/${key}/measure`, wish),
    onSuccess: () => Promise.all([EXPERIENCES, "experiments", "experiment-names"].map((name) => client.invalidateQueries({ queryKey: [name] }))),
  });
}

export const useExperienceChange = () => useShelfChange<ExperienceBody>(EXPERIENCES, ["/api/placements", "/api/content", "coverage", "decisions"]);
