import { useCallback } from "react";
import type { Match } from "../api/asked";
import { useChannelName } from "../design/channels";
import { useFormat } from "../design/format";
import { useText, useTextOr } from "../design/text";

/** Comparisons a rule may make; `needs` says whether a value follows. */
export const OPERATORS = [
  { op: "is", needs: true },
  { op: "is_not", needs: true },
  { op: "contains", needs: true },
  { op: "starts_with", needs: true },
  { op: "greater", needs: true },
  { op: "less", needs: true },
  { op: "in", needs: true },
  { op: "exists", needs: false },
] as const;

/** What a person typed, as the value meant: a number, yes or no, a list for "one of", else the text. */
export function valueOf(text: string, op: string): unknown {
  const one = (part: string): unknown => {
    const trimmed = part.trim();
    if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
    if (trimmed === "true") return true;
    if (trimmed === "false") return false;
    return trimmed;
  };
  if (op === "exists") return null;
  if (op === "in") return text.split(",").map(one);
  // These two compare with a text, even where it looks like a number.
  if (op === "contains" || op === "starts_with") return text;
  return one(text);
}

export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(", ");
  return value === null || value === undefined ? "" : String(value);
}

/** Which events are meant, as a sentence: "Order Completed where total is more than 100, by web". */
export function useClauseWords(): (match: Match) => string {
  const say = useText();
  const sayOr = useTextOr();
  const nameOf = useChannelName();
  const format = useFormat();
  return useCallback(
    (match) => {
      const what = match.name || say("rule.any", { type: sayOr(`type.${match.type}`, match.type) });
      const conditions = (match.where ?? []).map(({ property, op, value }) => `${property} ${sayOr(`op.${op}`, op)} ${textOf(value)}`.trim());
      const where = conditions.length > 0 ? say("rule.where", { what, conditions: format.list(conditions) }) : what;
      return match.channel ? say("rule.by", { what: where, channel: nameOf(match.channel) }) : where;
    },
    [say, sayOr, nameOf, format],
  );
}
