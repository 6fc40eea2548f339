import type { Difference } from "../../api/personas";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import styles from "./Personas.module.css";

const FULL = 2; // standard deviations that fill half the track

/** What sets some customers apart from all others: a bar to the right for more, to the left for less, with both means beside it. */
export function Differences({ differences, currency }: { differences: Difference[]; currency: string | null }) {
  const say = useText();
  const words = useMeasure(currency);
  if (differences.length === 0) return <p className="dim small">{say("persona.differences.none")}</p>;
  return (
    <table className={styles.differences}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{say("persona.difference")}</th>
          <th scope="col">{say("persona.difference.size")}</th>
          <th scope="col">{say("persona.difference.means")}</th>
        </tr>
      </thead>
      <tbody>
        {differences.map((one) => {
          const reach = Math.min(1, Math.abs(one.effect) / FULL) * 50;
          return (
            <tr key={one.column}>
              <th scope="row">{one.label}</th>
              <td>
                <span className={styles.diverging} data-less={one.effect < 0} aria-hidden="true">
                  <span style={one.effect < 0 ? { insetInlineEnd: "50%", inlineSize: `${reach}%` } : { insetInlineStart: "50%", inlineSize: `${reach}%` }} />
                </span>
                <span className="visually-hidden">{say(one.effect < 0 ? "persona.less" : "persona.more")}</span>
              </td>
              <td className={styles.means}>
                <strong>{words(one, one.value)}</strong> <span className="dim">{say("persona.others", { value: words(one, one.others) })}</span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function useMeasure(currency: string | null): (one: Difference, value: number | null) => string {
  const format = useFormat();
  const say = useText();
  return (one, value) => {
    if (value === null) return "–";
    if (one.unit === "share") return format.percent(value);
    if (one.unit === "money") return format.money(value, currency ?? "");
    const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
    return one.unit === "days" ? say("persona.days", { days: rounded }) : format.number(rounded);
  };
}
