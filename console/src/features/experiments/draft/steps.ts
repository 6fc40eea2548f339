import type { ExperimentBody } from "../../../api/experiments";

/** What a step is given: the draft, how to change it, and what the server said of it by field. */
export interface StepProps {
  /** The key it is saved under; empty before it is. */
  own: string;
  draft: ExperimentBody;
  set: (change: Partial<ExperimentBody>) => void;
  problems: Record<string, string>;
}

export const STEPS = ["hypothesis", "variations", "people", "metrics", "plan", "launch"] as const;
export type Step = (typeof STEPS)[number];

export const stepOf = (text: string | undefined): Step => STEPS.find((one) => one === text) ?? "hypothesis";

const isSized = (method: string | undefined): boolean => method === "group_sequential" || method === "fixed";

/** Whether a step says what it must. Who takes part has an answer from the start: everybody. */
export function done(step: Step, { name, hypothesis, variations = [], factors, metrics, plan }: ExperimentBody): boolean {
  if (step === "hypothesis") return Boolean(name && hypothesis);
  if (step === "variations") return variations.length > 1 || Boolean(factors);
  if (step === "people") return true;
  if (step === "metrics") return (metrics?.primary?.length ?? 0) > 0;
  if (step === "plan") return !isSized(plan?.method) || Boolean(plan?.size);
  return false;
}

/** Factors with all their levels: how many variations a full or fractional design tries. */
export function runs(levels: number[], fraction: "full" | "half" | "quarter" | "eighth"): number {
  const all = levels.reduce((product, count) => product * count, 1);
  return all / { full: 1, half: 2, quarter: 4, eighth: 8 }[fraction];
}
