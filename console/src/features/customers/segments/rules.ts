import type { Rule } from "../../../api/audiences";
import type { Match } from "../../../api/asked";

/** What a condition can be about, in the order in which it is offered. */
export const CONDITIONS = ["did", "sum", "time", "without", "ordered", "stage", "trait", "context", "consent", "segment"] as const;
export type Kind = (typeof CONDITIONS)[number];
export type Group = "all" | "any";

const NOTHING: Match = { type: "track", name: null, where: [], channel: null };

/** A condition to begin with; what the reader must choose is left open. */
export function blank(kind: Kind): Rule {
  switch (kind) {
    case "did":
      return { did: { any: [NOTHING], at_least: 1, within: "30 days" } };
    case "sum":
      return { sum: { any: [NOTHING], property: "revenue", currency: null, at_least: 100 } };
    case "time":
      return { time: { which: "last", any: [NOTHING], longer_ago: "30 days" } };
    case "without":
      return { without: { any: [NOTHING], without: [NOTHING], after: "1 hour", within: "7 days" } };
    case "ordered":
      return { ordered: { steps: [{ any: [NOTHING] }, { any: [NOTHING] }], apart: "1 day", within: "30 days" } };
    case "stage":
      return { stage: { journey: "", in: [] } };
    case "trait":
      return { trait: { property: "", op: "is", value: "" } };
    case "context":
      return { context: { property: "device", op: "is", value: "" } };
    case "consent":
      return { consent: { purpose: "marketing", is: "granted" } };
    case "segment":
      return { segment: "" };
  }
}

export const kindOf = (rule: Rule): Kind | Group | "not" | undefined => (["all", "any", "not", ...CONDITIONS] as const).find((kind) => rule[kind] !== undefined && rule[kind] !== null);

/** What the server writes leaves out what is not said; here every rule is a group at its outside, so that there is something to add to. */
export const asGroup = (rule: Rule): Rule => (rule.all || rule.any ? rule : { all: [rule] });

export const partsOf = (rule: Rule): Rule[] => rule.all ?? rule.any ?? [];

export const withParts = (rule: Rule, parts: Rule[]): Rule => (rule.any ? { any: parts } : { all: parts });

const matched = (matches: Match[]): boolean =>
  matches.length > 0 && matches.every((match) => (match.type !== "track" || Boolean(match.name)) && (match.where ?? []).every((condition) => condition.property !== "" && (condition.op === "exists" || condition.value !== "")));

/** Whether enough is said for the server to count; refusals of the rest are the server's. */
export function complete(rule: Rule): boolean {
  const kind = kindOf(rule);
  switch (kind) {
    case "all":
    case "any":
      return partsOf(rule).length > 0 && partsOf(rule).every(complete);
    case "not":
      return rule.not !== undefined && complete(rule.not);
    case "did":
      return matched(rule.did?.any ?? []);
    case "sum":
      return matched(rule.sum?.any ?? []) && rule.sum?.property !== "";
    case "time":
      return matched(rule.time?.any ?? []);
    case "without":
      return matched(rule.without?.any ?? []) && matched(rule.without?.without ?? []);
    case "ordered":
      return (rule.ordered?.steps ?? []).every((step) => matched(step.any));
    case "stage":
      return Boolean(rule.stage?.journey) && (rule.stage?.in.length ?? 0) > 0;
    case "trait":
    case "context": {
      const condition = rule[kind];
      return condition !== undefined && condition.property !== "" && (condition.op === "exists" || condition.value !== "");
    }
    case "consent":
      return true;
    case "segment":
      return Boolean(rule.segment);
    case undefined:
      return false;
  }
}

/** The rule without what is still being written, so that the count can stand beside it; null when nothing is left. */
export function finished(rule: Rule): Rule | null {
  if (rule.all || rule.any) {
    const parts = partsOf(rule)
      .map(finished)
      .filter((part) => part !== null);
    return parts.length > 0 ? withParts(rule, parts) : null;
  }
  if (rule.not) {
    const inner = finished(rule.not);
    return inner ? { not: inner } : null;
  }
  return complete(rule) ? rule : null;
}

/** The server's refusals are told by path; those under a place, with the path from there on. */
export function under(problems: Record<string, string>, at: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path, words] of Object.entries(problems)) {
    if (path === at) found[""] = words;
    else if (path.startsWith(`${at}.`)) found[path.slice(at.length + 1)] = words;
    else if (path.startsWith(`${at}[`)) found[path.slice(at.length)] = words;
  }
  return found;
}

export interface Span {
  count: number;
  unit: "minute" | "hour" | "day" | "week";
}

/** `30 days` as a number and a unit, and back. */
export function spanOf(period: string | null | undefined): Span | null {
  const found = /^(\d+) (minute|hour|day|week)s?$/.exec(period ?? "");
  return found ? { count: Number(found[1]), unit: found[2] as Span["unit"] } : null;
}

export const periodOf = ({ count, unit }: Span): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
