import { useCallback } from "react";
import { usePopulations } from "../api/populations";
import { useFormat } from "../design/format";
import { useText, useTextOr } from "../design/text";
import { rowsOf, takesNothing, type Condition, type Row } from "./conditions";

/** A condition in words; what rows can't say, as it is written. */
export function useConditionWords(): (condition: Condition | null | undefined) => string {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const people = usePopulations().data;
  return useCallback(
    (condition) => {
      const words = ({ attribute, test, values }: Row) => {
        const text = takesNothing(test) ? "" : values.join(", ");
        if (test === "inside" || test === "outside") return say(`targeting.said.${test}`, { segment: people?.find((one) => one.value === `audience:${text}`)?.name ?? text });
        return say("targeting.said", { attribute: sayOr(`attribute.${attribute}`, attribute), test: say(`targeting.test.${test}`), values: text }).trim();
      };
      if (!condition) return "";
      const said = rowsOf(condition);
      if (!said) return JSON.stringify(condition);
      const rows = said.rows.map(words);
      return said.join === "any" ? rows.join(` ${say("targeting.or")} `) : format.list(rows);
    },
    [say, sayOr, format, people],
  );
}
