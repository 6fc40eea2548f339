import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconArrowRight, IconCheck, IconDots } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useExperimentChange, useExperiments, type Experiment, type ExperimentBody } from "../../../api/experiments";
import { fetchIdea, useIdeaChange } from "../../../api/ideas";
import { useMay } from "../../../api/session";
import { Page } from "../../../design/Page";
import { useRemoval } from "../../../design/removal";
import { Failed } from "../../../design/states";
import { keyFor } from "../../../design/keys";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { problemsUnder } from "../../../questions/problems";
import styles from "../Experiments.module.css";
import { Hypothesis } from "./Hypothesis";
import { Launch } from "./Launch";
import { MetricsStep } from "./MetricsStep";
import { People } from "./People";
import { PlanStep } from "./PlanStep";
import { done, stepOf, STEPS, type Step, type StepProps } from "./steps";
import { Variations } from "./Variations";

/** From a hypothesis to the start, a question at a time. Going on saves, so that it can be left and found again. */
export function Guide({ experiment, start }: { experiment: Experiment | null; start: ExperimentBody }) {
  const say = useText();
  const navigate = useNavigate({ from: "/experiments/$key" });
  const search = useSearch({ from: "/rooms/experiments/$key" });
  const { tellError } = useToasts();
  const { create, save } = useExperimentChange();
  const ideas = useIdeaChange();
  const taken = useExperiments().data?.items.map((row) => row.key) ?? [];
  const may = useMay("write");
  const [draft, setDraft] = useState(start);
  const [kept, setKept] = useState(start);
  const step = experiment ? stepOf(search.step) : "hypothesis";
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const set = (change: Partial<ExperimentBody>) => setDraft((old) => ({ ...old, ...change }));
  const show = (next: Step) => void navigate({ search: { step: next } });

  const goTo = (next: Step) => {
    if (!experiment) {
      const key = keyFor(draft.name, [...taken, "new", "ideas", "flags", "holdouts"]);
      create.mutate(
        { key, body: draft },
        {
          onSuccess: () => {
            if (draft.idea) void tie(draft.idea, key);
            void navigate({ to: "/experiments/$key", params: { key }, search: { step: next }, replace: true });
          },
        },
      );
      return;
    }
    if (!may || draft === kept) {
      show(next);
      return;
    }
    save.mutate(
      { key: experiment.key, expected: experiment.version, body: draft },
      {
        onSuccess: () => {
          setKept(draft);
          show(next);
        },
      },
    );
  };
  /** The idea remembers which experiment tests it. */
  const tie = async (idea: string, key: string) => {
    try {
      const found = await fetchIdea(idea);
      await ideas.save.mutateAsync({ key: idea, expected: found.version, body: { ...found.body, experiment: key, state: "planned" } });
    } catch (cause) {
      tellError(cause);
    }
  };

  const props: StepProps = { own: experiment?.key ?? "", draft, set, problems };
  const after = STEPS[STEPS.indexOf(step) + 1];
  return (
    <Page
      title={experiment ? experiment.body.name : say("experiment.new")}
      lead={<Link to="/experiments">{say("room.experiments")}</Link>}
      actions={experiment && may ? <More experiment={experiment} /> : null}
    >
      <div className={styles.path}>
        <nav aria-label={say("draft.steps")}>
          <ol className={styles.steps}>
            {STEPS.map((one, index) => (
              <li key={one}>
                <button type="button" className={styles.step} aria-current={one === step ? "step" : undefined} disabled={!experiment && one !== step} onClick={() => goTo(one)}>
                  <span className={styles.number} data-done={done(one, draft) && one !== step}>
                    {done(one, draft) && one !== step ? <IconCheck size={14} role="img" aria-label={say("draft.done")} /> : index + 1}
                  </span>
                  {say(`draft.${one}`)}
                </button>
              </li>
            ))}
          </ol>
        </nav>
        <form
          className="card stack"
          aria-label={say(`draft.${step}`)}
          onSubmit={(event) => {
            event.preventDefault();
            if (after) goTo(after);
          }}
        >
          <div>
            <h2>{say(`draft.${step}.title`)}</h2>
            <p className="dim" style={{ margin: "2px 0 0", maxWidth: "68ch" }}>
              {say(`draft.${step}.words`)}
            </p>
          </div>
          {step === "hypothesis" ? <Hypothesis {...props} /> : null}
          {step === "variations" ? <Variations {...props} /> : null}
          {step === "variations" && experiment ? (
            <Link to="/experiences/visual/$key" params={{ key: experiment.key }}>
              {say("draft.visual")}
            </Link>
          ) : null}
          {step === "people" ? <People {...props} /> : null}
          {step === "metrics" ? <MetricsStep {...props} /> : null}
          {step === "plan" ? <PlanStep {...props} /> : null}
          {step === "launch" && experiment ? <Launch experiment={experiment} show={show} /> : null}
          {error ? <Failed error={error} /> : null}
          {after && may ? (
            <div className="row" style={{ justifyContent: "flex-end" }}>
              <Button type="submit" loading={create.isPending || save.isPending} rightSection={<IconArrowRight size={16} aria-hidden="true" />}>
                {say("draft.continue")}
              </Button>
            </div>
          ) : null}
        </form>
      </div>
    </Page>
  );
}

function More({ experiment }: { experiment: Experiment }) {
  const say = useText();
  const navigate = useNavigate();
  const { discard, save } = useExperimentChange();
  const remove = useRemoval();
  const drop = () =>
    remove({ discard, save }, experiment, say("explore.dropped", { name: experiment.body.name }), () => void navigate({ to: "/experiments" }));
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={say("experiment.menu")}>
          <IconDots size={16} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={drop}>{say("action.remove")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
