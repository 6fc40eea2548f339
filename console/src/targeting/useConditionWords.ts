import { useCallback } from "react";
import { usePopulations } from "../api/populations";
import { useFormat } from "../design/format";
import { useText, useTextOr } from "../design/text";
import { isGroup, rowsOf, takesNothing, type Condition, type Part, type Row, type Rows } from "./conditions";

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
      const joined = (join: Rows["join"], parts: string[]) => (join === "any" ? parts.join(` ${say("targeting.or")} `) : format.list(parts));
      const part = (one: Part): string => {
        if (!isGroup(one)) return words(one);
        const inner = joined(one.join, one.rows.map(words));
        return one.not ? say("targeting.said.not", { what: inner }) : `(${inner})`;
      };
      if (!condition) return "";
      const said = rowsOf(condition);
      return said ? joined(said.join, said.rows.map(part)) : JSON.stringify(condition);
    },
    [say, sayOr, format, people],
  );
}
