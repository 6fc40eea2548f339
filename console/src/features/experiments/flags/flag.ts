import type { FlagBody, FlagRule, FlagType } from "../../../api/flags";

/** On or off for everybody whom no rule meets. Rules that give the same value to all would hide it and are left out of force. */
export const everybody = (body: FlagBody, on: boolean): FlagBody => ({
  ...body,
  default: on,
  rules: (body.rules ?? []).map((rule) => (isForAll(rule) && rule.then.type === "force" && rule.then.value !== on ? { ...rule, enabled: false } : rule)),
});

const isForAll = (rule: FlagRule): boolean => rule.enabled !== false && !rule.condition && !rule.audience && !rule.schedule && !rule.prerequisites?.length && rule.then.type === "force" && (rule.then.coverage ?? 1) >= 1;

/** What was typed as a value of the flag's type; what is no such value is passed on, and the server says so. */
export function valueFrom(text: string, type: FlagType): unknown {
  if (type === "boolean") return text === "true";
  if (type === "number") return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  if (type === "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export const textOf = (value: unknown, type: FlagType): string => (type === "json" ? JSON.stringify(value) : String(value ?? ""));

/** Steps of a ramp that is careful first. */
export const USUAL_RAMP = [
  { hours: 0, coverage: 0.05 },
  { hours: 24, coverage: 0.25 },
  { hours: 72, coverage: 0.5 },
  { hours: 168, coverage: 1 },
];
