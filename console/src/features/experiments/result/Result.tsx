import { Button, Switch } from "@mantine/core";
import { IconAlertTriangle, IconArrowUpRight, IconClockHour4, IconHandStop, IconPlayerPause, IconPlayerPlay, IconRocket } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useExperimentChange, type Experiment } from "../../../api/experiments";
import { useResults, type Results, type Verdict } from "../../../api/results";
import { useMay, useSession } from "../../../api/session";
import { Simulated } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { Page } from "../../../design/Page";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { State } from "../ExperimentList";
import styles from "../Experiments.module.css";
import { useVerdictWords } from "../words";
import { Course } from "./Course";
import { Factors, Looks, Novelty } from "./Details";
import { MetricTable } from "./MetricTable";
import { PhasePicker } from "./PhasePicker";
import { BySegment } from "./BySegment";
import { Who } from "./Who";

const Ending = lazy(async () => ({ default: (await import("./Ending")).Ending }));
const InArm = lazy(async () => ({ default: (await import("./InArm")).InArm }));
const BanditPart = lazy(async () => ({ default: (await import("../bandit/BanditPart")).BanditPart }));

/** What an experiment shows: the verdict in words first, then why, then what to do. */
export function Result({ experiment }: { experiment: Experiment }) {
  const say = useText();
  const format = useFormat();
  const { workspace } = useSession();
  const { body } = experiment;
  const navigate = useNavigate({ from: "/experiments/$key" });
  const search = useSearch({ from: "/rooms/experiments/$key" });
  const simulated = search.simulated ?? true;
  const results = useResults(experiment.key, simulated, search.phase);
  const earlier = search.phase !== undefined && search.phase !== body.phase;
  const go = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }) });
  const people = (variation: string, metric?: string) => go({ people: variation, ...(metric ? { metric } : {}) });
  return (
    <Page
      title={body.name}
      lead={
        <span className="row">
          <Link to="/experiments">{say("room.experiments")}</Link>
          <State status={body.status ?? "draft"} />
          {body.started ? <span className="small">{say("experiment.since", { date: format.date(body.started) })}</span> : null}
        </span>
      }
      actions={<Verbs experiment={experiment} results={earlier ? undefined : results.data} />}
    >
      <About experiment={experiment} />
      {(body.phase ?? 1) > 1 ? <PhasePicker experiment={experiment} phase={search.phase} choose={(phase) => go({ phase, people: undefined })} /> : null}
      {workspace.demo ? (
        <div className="row small">
          {simulated ? <Simulated /> : null}
          <span className="dim">{say("result.demo")}</span>
          <Switch size="xs" label={say("lens.simulated")} checked={simulated} onChange={(event) => go({ simulated: event.currentTarget.checked ? undefined : false })} />
        </div>
      ) : null}
      <Answer of={results}>
        {(found) => (
          <>
            <Told experiment={experiment} results={found} />
            <Who results={found} people={people} />
            <MetricTable results={found} map={body.map} people={people} />
            <Course results={found} table={search.view === "table"} look={(table) => go({ view: table ? "table" : undefined })} />
            <Novelty results={found} />
            <Factors results={found} />
            <BySegment results={found} by={search.by} choose={(by) => go({ by })} />
            <Looks id={experiment.key} results={found} />
            {search.people ? (
              <Suspense>
                <InArm of={{ kind: "experiments", key: experiment.key, phase: found.phase }} simulated={simulated} results={found} variation={search.people} metric={search.metric} close={() => go({ people: undefined, metric: undefined })} />
              </Suspense>
            ) : null}
          </>
        )}
      </Answer>
      <Suspense>
        <BanditPart experiment={experiment} />
      </Suspense>
    </Page>
  );
}

/** What was expected, and where it comes from. */
function About({ experiment }: { experiment: Experiment }) {
  const say = useText();
  const { body } = experiment;
  if (!body.hypothesis && !body.learning) return null;
  return (
    <section className="stack-s" aria-label={say("draft.hypothesis")}>
      {body.hypothesis ? (
        <p style={{ margin: 0, maxWidth: "76ch" }}>
          {body.hypothesis}{" "}
          {body.idea ? (
            <Link to="/experiments/ideas" search={{ idea: body.idea }} className="small">
              {say("result.idea")}
            </Link>
          ) : null}
        </p>
      ) : null}
      {body.learning ? <p className={styles.linked} style={{ margin: 0 }}>{say("experiment.learned", { learning: body.learning })}</p> : null}
    </section>
  );
}

const PICTURES = { ship: IconRocket, stop: IconHandStop, keep_going: IconClockHour4, check: IconAlertTriangle };

function Told({ experiment, results }: { experiment: Experiment; results: Results }) {
  const say = useText();
  const format = useFormat();
  const words = useVerdictWords();
  const { verdict } = results;
  const Picture = PICTURES[verdict.action];
  const ended = results.status === "shipped" || results.status === "stopped";
  const shipped = experiment.body.variations?.find((one) => one.key === experiment.body.shipped)?.name ?? experiment.body.shipped ?? "";
  return (
    <section className={`card ${styles.verdict}`} data-action={ended ? "ended" : verdict.action} aria-label={say("result.verdict")}>
      <Picture size={24} stroke={1.75} aria-hidden="true" style={{ flex: "none" }} />
      <div className="stack-s">
        {ended ? <strong>{say(results.status === "shipped" ? "result.shipped" : "result.stopped", { name: shipped })}</strong> : null}
        <p className={styles.sentence}>{words(verdict, results)}</p>
        <Others verdict={verdict} results={results} />
        <span className="dim small">{[say(`draft.method.${results.method}`), say("state.asOf", { when: format.dateTime(results.until) })].join(" · ")}</span>
      </div>
    </section>
  );
}

/** Where there are several variations: what is said of each. */
function Others({ verdict, results }: { verdict: Verdict; results: Results }) {
  const words = useVerdictWords();
  const others = Object.entries(verdict.each ?? {}).filter(([variation]) => variation !== verdict.variation);
  if (others.length === 0) return null;
  return (
    <ul className="dim small" style={{ margin: 0, paddingInlineStart: 18 }}>
      {others.map(([variation, said]) => (
        <li key={variation}>{`${results.exposures.arms.find((arm) => arm.variation === variation)?.name || variation}: ${words({ ...said, variation }, results)}`}</li>
      ))}
    </ul>
  );
}

/** What can be done now; the verdict's own advice stands out. */
function Verbs({ experiment, results }: { experiment: Experiment; results: Results | undefined }) {
  const say = useText();
  const may = useMay("write");
  const { start, pause } = useExperimentChange();
  const { tell, tellError } = useToasts();
  const [ending, setEnding] = useState<"ship" | "stop" | null>(null);
  const { status = "draft", name } = experiment.body;
  if (!may) return null;
  const at = { key: experiment.key, expected: experiment.version };
  const goOn = (version: number) => start.mutate({ key: experiment.key, expected: version }, { onError: tellError });
  const winner = results?.verdict.action === "ship" ? results.verdict.variation : null;
  return (
    <>
      {status === "running" ? (
        <Button size="xs" variant="default" leftSection={<IconPlayerPause size={14} aria-hidden="true" />} onClick={() => pause.mutate(at, { onSuccess: (saved) => tell(say("experiment.paused", { name }), () => goOn(saved.version)), onError: tellError })}>
          {say("experiment.pause")}
        </Button>
      ) : null}
      {status === "paused" ? (
        <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden="true" />} onClick={() => start.mutate(at, { onSuccess: () => tell(say("experiment.resumed", { name })), onError: tellError })}>
          {say("experiment.resume")}
        </Button>
      ) : null}
      {status === "running" || status === "paused" ? (
        <Button size="xs" variant={results?.verdict.action === "stop" ? "filled" : "default"} onClick={() => setEnding("stop")}>
          {say("experiment.stop")}
        </Button>
      ) : null}
      {status !== "shipped" ? (
        <Button size="xs" variant={winner ? "filled" : "default"} leftSection={<IconArrowUpRight size={14} aria-hidden="true" />} onClick={() => setEnding("ship")}>
          {say(winner ? "experiment.shipWinner" : "experiment.ship")}
        </Button>
      ) : null}
      {ending ? (
        <Suspense>
          <Ending how={ending} experiment={experiment} results={results} close={() => setEnding(null)} />
        </Suspense>
      ) : null}
    </>
  );
}
