import { useSurveyReach, type SavedSurvey, type SurveyReach } from "../../../api/surveys";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";

type Way = SurveyReach["channels"][number];
type Code = `survey.reach.${Way["channel"]}` | "survey.reach.why.agreed" | "survey.reach.why.reached" | "survey.reach.why.now";

/** How many of those it is for can be asked now, by which way, and what stands in the way of the others. */
export function Reached({ saved }: { saved: SavedSurvey }) {
  const say = useText();
  const format = useFormat();
  const reach = useSurveyReach(saved.key, saved.version);
  return (
    <section className={styles.panel} aria-labelledby="survey-reach">
      <h2 id="survey-reach">{say("survey.reach")}</h2>
      <Answer of={reach}>
        {({ target, simulated, sample, everybody, channels }) => (
          <>
            <p>
              {say("survey.reach.target", { count: target, number: format.number(target) })} {simulated > 0 ? say("survey.reach.simulated", { count: simulated, number: format.number(simulated) }) : null}
            </p>
            {target > 0 ? (
              <ul className={styles.plain}>
                {channels.map((way) => (
                  <li key={way.channel}>
                    <One way={way} target={target} />
                  </li>
                ))}
              </ul>
            ) : null}
            {target > 0 && channels.length > 0 ? (
              <p className="dim small">
                {sample < 1 ? `${say("survey.reach.sample", { share: format.percent(sample) })} ` : null}
                {say(everybody ? "survey.reach.each" : "survey.reach.some")}
              </p>
            ) : null}
          </>
        )}
      </Answer>
    </section>
  );
}

function One({ way, target }: { way: Way; target: number }) {
  const say = useText();
  const format = useFormat();
  const told = (code: Code, count: number) => say(code, { count, number: format.number(count) });
  if (way.channel === "email" && !way.ready) return <span>{say("survey.reach.email.sender")}</span>;
  const nobody = way.channel === "email" && way.reached === 0;
  const reached = way.reached ?? way.agreed;
  const free = way.now ?? reached;
  const losses: { code: Code; count: number }[] = [
    { code: "survey.reach.why.agreed", count: target - way.agreed },
    { code: "survey.reach.why.reached", count: way.agreed - reached },
    { code: "survey.reach.why.now", count: reached - free },
  ];
  const lost = losses.filter((one) => one.count > 0);
  return (
    <>
      {nobody ? <strong>{say("survey.reach.email.none")}</strong> : <strong>{told(`survey.reach.${way.channel}`, free)}</strong>}
      {lost.length > 0 ? <div className="dim small">{format.list(lost.map((one) => told(one.code, one.count)))}</div> : null}
    </>
  );
}
