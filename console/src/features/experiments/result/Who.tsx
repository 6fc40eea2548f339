import type { Results } from "../../../api/results";
import { Door } from "../../../design/Door";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import styles from "../Experiments.module.css";

/** Who was shown what, whether the shares are as planned, who saw two, and how much of the traffic it reached. */
export function Who({ results, people }: { results: Results; people: (variation: string) => void }) {
  const say = useText();
  const format = useFormat();
  const { exposures, sample_ratio: ratio, dilution } = results;
  const unit = exposures.unit === "customer" || exposures.unit === "account" ? exposures.unit : "device";
  const planned = exposures.arms.reduce((sum, arm) => sum + arm.weight, 0) || 1;
  return (
    <section className="stack-s" aria-label={say("result.who")}>
      <h2>{say("result.who")}</h2>
      <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("result.arms")}>
        <table className="plain">
          <caption className="visually-hidden">{say("result.arms")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("result.variation")}</th>
              <th scope="col" className="num">
                {say(`result.units.${unit}`)}
              </th>
              <th scope="col" className="num">
                {say("result.share")}
              </th>
              <th scope="col" className="num">
                {say("result.planned")}
              </th>
            </tr>
          </thead>
          <tbody>
            {exposures.arms.map((arm) => (
              <tr key={arm.variation}>
                <th scope="row">
                  <span style={{ color: "var(--ink)" }}>{arm.name || arm.variation}</span>
                  {arm.variation === results.control ? ` · ${say("result.control")}` : ""}
                </th>
                <td className="num">
                  <Door label={say("result.people", { name: arm.name || arm.variation })} open={() => people(arm.variation)}>
                    {format.number(arm.exposed)}
                  </Door>
                </td>
                <td className="num">{arm.share === null ? "–" : format.percent(arm.share, 1)}</td>
                <td className="num">{format.percent(arm.weight / planned, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="dim small" style={{ margin: 0, paddingInlineStart: 18 }}>
        {ratio ? <li className={ratio.mismatch ? styles.bad : undefined}>{say(ratio.mismatch ? "result.ratio.bad" : "result.ratio.good", { p: format.times(ratio.p) })}</li> : null}
        <li>
          {say("result.crossovers", { count: exposures.crossovers })}{" "}
          {exposures.crossovers > 0 ? (
            <Door label={say("result.crossovers.see")} open={() => people("crossovers")}>
              {say("result.crossovers.see")}
            </Door>
          ) : null}
        </li>
        {dilution?.share != null ? <li>{say("result.dilution", { exposed: dilution.exposed, active: dilution.active, share: format.percent(dilution.share) })}</li> : null}
        {exposures.total > 0 ? <li>{say("result.perDay", { count: Math.round(exposures.per_day), unit })}</li> : null}
      </ul>
    </section>
  );
}
