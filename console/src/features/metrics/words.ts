import { useCallback } from "react";
import type { Events, MetricBody, Quantity } from "../../api/metrics";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import { useClauseWords } from "../../matching/clauses";

/** What a metric counts, as a sentence. */
export function useMeasureWords(): (body: MetricBody) => string {
  const say = useText();
  const format = useFormat();
  const wordsOf = useClauseWords();
  return useCallback(
    ({ unit, measure }) => {
      const events = (value: Events | null | undefined) => (value && value.any.length > 0 ? format.list(value.any.map(wordsOf)) : say("metric.words.any"));
      const side = (quantity: Quantity | undefined) => (quantity?.of === "metric" ? (quantity.metric ?? "") : say(`metric.words.of.${quantity?.of ?? "events"}`, { what: events(quantity?.events), property: quantity?.property ?? "revenue" }));
      const who = say(`metric.words.unit.${unit}`);
      switch (measure.form) {
        case "count":
          return say("metric.words.count", { what: events(measure.events) });
        case "unique":
          if (measure.property) return say("metric.words.values", { what: events(measure.events), property: measure.property });
          return say("metric.words.unique", { who, what: events(measure.events) });
        case "sum":
          return say("metric.words.sum", { what: events(measure.events), property: measure.property ?? "revenue" });
        case "mean":
          return say("metric.words.mean", { who, what: events(measure.events), value: measure.visit ? say(`metric.visit.${measure.visit}`) : (measure.property ?? say("metric.words.times")) });
        case "quantile":
          return say("metric.words.quantile", { who, share: format.percent(measure.q ?? 0.5), what: events(measure.events), value: measure.visit ? say(`metric.visit.${measure.visit}`) : (measure.property ?? say("metric.words.times")) });
        case "ratio":
          return say("metric.words.ratio", { one: side(measure.numerator), other: side(measure.denominator) });
        case "retention":
          return say("metric.words.retention", { start: events(measure.start), back: events(measure.back), after: format.span(measure.after ?? 0), within: format.span(measure.within ?? 0), others: measure.others ? "yes" : "no" });
        default:
          return say("metric.words.conversion", {
            who,
            start: measure.start ? events(measure.start) : say("metric.words.any"),
            what: events(measure.events),
            span: measure.within ? format.span(measure.within) : "",
            windowed: measure.within ? "yes" : "no",
            others: measure.others ? "yes" : "no",
          });
      }
    },
    [say, format, wordsOf],
  );
}
