import { useFormat } from "../../../design/format";
import { useText, useTextOr } from "../../../design/text";
import { rowsOf, takesNothing, type Condition } from "./conditions";

/** A condition in words; what rows can't say, as it is written. */
export function useConditionWords(): (condition: Condition | null | undefined) => string {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  return (condition) => {
    if (!condition) return "";
    const said = rowsOf(condition);
    if (!said) return JSON.stringify(condition);
    const rows = said.rows.map(({ attribute, test, values }) => say("targeting.said", { attribute: sayOr(`attribute.${attribute}`, attribute), test: say(`targeting.test.${test}`), values: takesNothing(test) ? "" : values.join(", ") }).trim());
    return said.join === "any" ? rows.join(` ${say("targeting.or")} `) : format.list(rows);
  };
}
