import { IconArrowRight, IconBolt, IconCircleCheck, IconPlugConnected, IconRoute, IconUserPlus, type Icon } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useFailedCount } from "../../api/failedEvents";
import { useJourneys } from "../../api/journeys";
import { useMay } from "../../api/session";
import { useSources } from "../../api/sources";
import { useTeam } from "../../api/team";
import { useText } from "../../design/text";
import styles from "./Home.module.css";

interface Step {
  id: string;
  icon: Icon;
  to: string;
  words: string;
}

/** Three or so things worth doing now, read off the workspace. */
export function NextSteps() {
  const say = useText();
  const failed = useFailedCount();
  const sources = useSources().data?.items;
  const journeys = useJourneys().data?.items;
  const team = useTeam().data?.items;
  const admin = useMay("admin");
  const editor = useMay("write");
  const steps: Step[] = [];
  if (failed > 0) steps.push({ id: "failed", icon: IconBolt, to: "/data/failed", words: say("next.failed", { count: failed }) });
  for (const journey of (journeys ?? []).slice(0, 2)) steps.push({ id: journey.key, icon: IconRoute, to: `/journeys/${journey.key}`, words: say("next.journey", { name: journey.name }) });
  if (journeys?.length === 0 && editor) steps.push({ id: "map", icon: IconRoute, to: "/journeys", words: say("next.map") });
  if (sources && editor && !sources.some((source) => source.last_seen)) steps.push({ id: "source", icon: IconPlugConnected, to: "/data/sources", words: say("next.source") });
  if (team?.length === 1 && admin) steps.push({ id: "team", icon: IconUserPlus, to: "/settings/team", words: say("next.team") });
  return (
    <section className="card" aria-labelledby="next">
      <h2 id="next">{say("next.title")}</h2>
      {steps.length === 0 ? (
        <p className="row dim">
          <IconCircleCheck size={18} aria-hidden="true" /> {say("next.none")}
        </p>
      ) : (
        <ul className={styles.steps}>
          {steps.map(({ id, icon: Picture, to, words }) => (
            <li key={id}>
              <Link to={to}>
                <Picture size={18} stroke={1.75} aria-hidden="true" />
                <span className="grow">{words}</span>
                <IconArrowRight size={16} aria-hidden="true" />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
