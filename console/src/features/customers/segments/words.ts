import { useCallback } from "react";
import type { Rule } from "../../../api/audiences";
import type { Match } from "../../../api/asked";
import { useFormat } from "../../../design/format";
import { useText, useTextOr } from "../../../design/text";
import { textOf, useClauseWords } from "../../../matching/clauses";
import { spanOf } from "./rules";

/** A period as people say it: "30 days". */
export function usePeriodWords(): (period: string | null | undefined) => string {
  const say = useText();
  return useCallback(
    (period) => {
      const span = spanOf(period);
      return span ? say(`period.${span.unit}`, { count: span.count }) : (period ?? "");
    },
    [say],
  );
}

/** One condition as a sentence; groups and negations are the reader's to lay out. */
export function useConditionWords(names: { segment: (key: string) => string; stage: (journey: string, stage: string) => string }): (rule: Rule) => string {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const clause = useClauseWords();
  const period = usePeriodWords();
  const { segment, stage } = names;
  return useCallback(
    (rule) => {
      const any = (matches: Match[]) => matches.map(clause).join(` ${say("rule.or")} `);
      const within = (value: string | null | undefined) => (value ? say("words.within", { period: period(value) }) : say("words.ever"));
      if (rule.did) {
        const { at_least: least = null, at_most: most = null } = rule.did;
        const how =
          most === 0 ? "never" : least !== null && most !== null ? (least === most ? "exactly" : "between") : most !== null ? "most" : "least";
        return say(`words.did.${how}`, { what: any(rule.did.any), least: least ?? 1, most: most ?? 0, within: within(rule.did.within) });
      }
      if (rule.sum) {
        const { at_least: least = null, at_most: most = null, currency, property } = rule.sum;
        const amount = (value: number) => (currency ? format.money(value, currency) : format.number(value));
        const how = least !== null && most !== null ? "between" : most !== null ? "most" : "least";
        return say(`words.sum.${how}`, { property, what: any(rule.sum.any), least: amount(least ?? 0), most: amount(most ?? 0), within: within(rule.sum.within) });
      }
      if (rule.time) {
        const recent = rule.time.within !== undefined && rule.time.within !== null;
        return say(recent ? "words.time.within" : "words.time.ago", { which: rule.time.which, what: any(rule.time.any), period: period(recent ? rule.time.within : rule.time.longer_ago) });
      }
      if (rule.without) {
        return say("words.without", {
          what: any(rule.without.any),
          other: any(rule.without.without),
          period: period(rule.without.within),
          after: rule.without.after ? period(rule.without.after) : "",
          waits: rule.without.after ? "yes" : "no",
        });
      }
      if (rule.ordered) return say("words.ordered", { steps: rule.ordered.steps.map((step) => any(step.any)).join(" → "), apart: period(rule.ordered.apart), within: period(rule.ordered.within) });
      if (rule.stage) {
        const { journey, in: stages } = rule.stage;
        return say("words.stage", { stages: stages.map((one) => stage(journey, one)).join(` ${say("rule.or")} `) });
      }
      if (rule.trait) return say("words.trait", { trait: rule.trait.property, op: sayOr(`op.${rule.trait.op}`, rule.trait.op), value: textOf(rule.trait.value) });
      if (rule.context) return say("words.context", { what: sayOr(`context.${rule.context.property}`, rule.context.property), op: sayOr(`op.${rule.context.op}`, rule.context.op), value: textOf(rule.context.value) });
      if (rule.consent) return say("words.consent", { purpose: sayOr(`consent.${rule.consent.purpose}`, rule.consent.purpose), state: sayOr(`consent.${rule.consent.is}`, rule.consent.is) });
      if (rule.segment) return say("words.segment", { name: segment(rule.segment) });
      return "";
    },
    [say, sayOr, format, clause, period, segment, stage],
  );
}
