import { useCallback } from "react";
import type { IdeaBody } from "../../api/ideas";
import type { MetricRow } from "../../api/metrics";
import type { Effect, Results, Said } from "../../api/results";
import { useFormat } from "../../design/format";
import { useSigned } from "../../design/signed";
import { useText, useTextOr } from "../../design/text";

const ended = (text: string): string => (/[.!?]$/.test(text.trim()) || !text.trim() ? text.trim() : `${text.trim()}.`);

/** An idea's hypothesis as sentences; empty where it says nothing yet. */
export function useHypothesis(): (idea: IdeaBody, metrics: MetricRow[]) => string {
  const say = useText();
  const format = useFormat();
  return useCallback(
    (idea, metrics) => {
      const { change = "", whom = "", because = "", metric, direction = "up", effect } = idea.hypothesis ?? {};
      if (!change) return "";
      const name = metrics.find((one) => one.key === metric)?.name;
      return [
        ended(change),
        whom ? say("idea.words.whom", { whom: ended(whom) }) : "",
        name ? say("idea.words.metric", { metric: name, direction, effect: effect ? format.percent(effect) : "none" }) : "",
        because ? say("idea.words.because", { because: ended(because) }) : "",
      ]
        .filter(Boolean)
        .join(" ");
    },
    [say, format],
  );
}

/** An effect and what chance leaves open: +3.1 % (between +1.0 % and +5.2 %). */
export function useEffectWords(): (effect: Effect) => string {
  const say = useText();
  const signed = useSigned();
  return useCallback((effect) => (effect.value === null ? say("result.noValue") : effect.low === null && effect.high === null ? signed(effect.value) : say("result.between", { value: signed(effect.value), low: signed(effect.low), high: signed(effect.high) })), [say, signed]);
}

/** The verdict in the reader's language: by its code and values; the server's own words where there are none. */
export function useVerdictWords(): (verdict: Said & { variation?: string | null }, results: Pick<Results, "metrics" | "exposures">) => string {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const signed = useSigned();
  return useCallback(
    (verdict, { metrics, exposures }) => {
      const { values } = verdict;
      const number = (name: string) => (typeof values[name] === "number" ? (values[name] as number) : null);
      const day = values.until ?? verdict.until;
      const [effect, low, high] = [number("effect"), number("low"), number("high")];
      const variation = String(values.variation ?? verdict.variation ?? "");
      return sayOr(`verdict.${verdict.code}`, verdict.text, {
        variation: exposures.arms.find((arm) => arm.variation === variation)?.name || variation,
        metric: metrics.find((one) => one.key === values.metric)?.name ?? String(values.metric ?? ""),
        effect: signed(effect),
        // Of a control near nothing every ratio is possible: then there is no interval to tell.
        found: effect === null || low === null || high === null ? (effect === null ? say("result.noValue") : signed(effect)) : say("verdict.found", { effect: signed(effect), low: signed(low), high: signed(high) }),
        planned: signed(number("planned")),
        margin: format.percent(number("margin") ?? 0),
        chance: format.percent(number("chance") ?? 0),
        shares: String(values.shares ?? ""),
        guardrails: String(values.guardrails ?? ""),
        until: day ? format.dayDate(String(day)) : "none",
      });
    },
    [say, sayOr, format, signed],
  );
}
