import { Link } from "@tanstack/react-router";
import { useGoals } from "../../api/goals";
import { useText } from "../../design/text";
import { GoalState } from "../../questions/GoalState";
import styles from "./Home.module.css";

const SHOWN = 3;

/** The numbers that the team chose to move: what is behind first, what is due first. Nothing where no goal was set. */
export function HomeGoals() {
  const say = useText();
  const goals = useGoals().data?.items ?? [];
  if (goals.length === 0) return null;
  const rank = ({ progress }: (typeof goals)[number]) => (progress.reached ? 2 : progress.on_track === false ? 0 : 1);
  const shown = [...goals].sort((a, b) => rank(a) - rank(b) || a.due.localeCompare(b.due)).slice(0, SHOWN);
  return (
    <section className={styles.whole} aria-labelledby="goals">
      <div className="row-between">
        <h2 id="goals">{say("goals.title")}</h2>
        <Link to="/metrics" className="small">
          {say("home.goals.all", { count: goals.length })}
        </Link>
      </div>
      <ul className={styles.goals}>
        {shown.map((row) => (
          <li key={row.key} className="card">
            <GoalState row={row} />
          </li>
        ))}
      </ul>
    </section>
  );
}
