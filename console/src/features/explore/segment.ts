import type { FunnelBody } from "../../api/questions";
import type { Rule } from "../../api/audiences";

/** A span as rules of segments say it: the largest whole unit. */
export function periodOf(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? ["minute", 60];
  const count = Math.max(1, Math.round(seconds / size));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** The rule of a segment of people like those behind a figure, whoever they are from now on. */
export function ruleOf(funnel: FunnelBody, kind: "reached" | "dropped", step: number, days: number): Rule | null {
  const here = funnel.steps[step];
  const next = funnel.steps[step + 1];
  const within = `${Math.max(1, Math.min(days, 1096))} days`;
  if (!here) return null;
  if (kind === "dropped") return next ? { without: { any: here.any, without: next.any, after: periodOf(funnel.window_seconds), within } } : null;
  if (step === 0) return { did: { any: here.any, at_least: 1, within } };
  return { ordered: { steps: funnel.steps.slice(0, step + 1).map(({ any }) => ({ any })), apart: periodOf(funnel.window_seconds), within } };
}
