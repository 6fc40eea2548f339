import { IconAlarm, IconArrowRight, IconBolt, IconCircleCheck, IconFlask, IconInbox, IconMessageQuestion, IconPlugConnected, IconRoute, IconTargetArrow, IconUserPlus, type Icon } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useExperiments, type ExperimentRow } from "../../api/experiments";
import { useFailedCount } from "../../api/failedEvents";
import { useGoals } from "../../api/goals";
import { useInboxCounts } from "../../api/inbox";
import { useJourneys } from "../../api/journeys";
import { useMay } from "../../api/session";
import { useSources } from "../../api/sources";
import { useSurveys } from "../../api/surveys";
import { useTeam } from "../../api/team";
import { useText } from "../../design/text";
import styles from "./Home.module.css";

interface Step {
  id: string;
  icon: Icon;
  to: string;
  words: string;
}

const MOST = 6;

/** What is worth doing now, read off the workspace: what is broken, who waits, what can be decided, what could be begun. */
export function NextSteps() {
  const say = useText();
  const failed = useFailedCount();
  const inbox = useInboxCounts().data;
  const sources = useSources().data?.items;
  const journeys = useJourneys().data?.items;
  const experiments = useExperiments().data?.items;
  const surveys = useSurveys().data?.items;
  const goals = useGoals().data?.items;
  const team = useTeam().data?.items;
  const admin = useMay("admin");
  const editor = useMay("write");
  const all: Step[] = [];
  if (failed > 0) all.push({ id: "failed", icon: IconBolt, to: "/data/failed", words: say("next.failed", { count: failed }) });
  if (inbox && inbox.overdue > 0) all.push({ id: "overdue", icon: IconAlarm, to: "/feedback/inbox", words: say("next.overdue", { count: inbox.overdue }) });
  if (inbox && inbox.new > 0) all.push({ id: "inbox", icon: IconInbox, to: "/feedback/inbox", words: say("next.answers", { count: inbox.new }) });
  for (const one of (experiments ?? []).filter(decidable).slice(0, 2)) all.push({ id: `decide ${one.key}`, icon: IconFlask, to: `/experiments/${one.key}`, words: say("next.decide", { name: one.name, standing: one.result?.standing ?? "" }) });
  for (const journey of (journeys ?? []).slice(0, 2)) all.push({ id: journey.key, icon: IconRoute, to: `/journeys/${journey.key}`, words: say("next.journey", { name: journey.name }) });
  if (journeys?.length === 0 && editor) all.push({ id: "map", icon: IconRoute, to: "/journeys", words: say("next.map") });
  const silent = sources?.every((source) => !source.last_seen) ?? true;
  if (sources && editor && silent) all.push({ id: "source", icon: IconPlugConnected, to: "/data/sources", words: say("next.source") });
  if (surveys?.length === 0 && editor && !silent) all.push({ id: "survey", icon: IconMessageQuestion, to: "/feedback", words: say("next.survey") });
  if (experiments?.length === 0 && editor && !silent) all.push({ id: "experiment", icon: IconFlask, to: "/experiments", words: say("next.experiment") });
  if (goals?.length === 0 && editor && !silent) all.push({ id: "goal", icon: IconTargetArrow, to: "/metrics", words: say("next.goal") });
  if (team?.length === 1 && admin) all.push({ id: "team", icon: IconUserPlus, to: "/settings/team", words: say("next.team") });
  const steps = all.slice(0, MOST);
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

/** Whether the last look at a running experiment says something that somebody should act on. */
const decidable = ({ status, result }: ExperimentRow) => status === "running" && result !== null && ["better", "worse", "harmful", "no_difference", "check"].includes(result.standing);
