import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconBulb, IconRoute } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useGoals } from "../../../api/goals";
import { useIdeas } from "../../../api/ideas";
import { useJourney, useJourneys } from "../../../api/journeys";
import { useText, useTextOr } from "../../../design/text";
import styles from "../Experiments.module.css";
import type { StepProps } from "./steps";

/** What is expected and why, and what it serves: an idea, where customers struggle, a stage, a goal. */
export function Hypothesis({ draft, set, problems }: StepProps) {
  const say = useText();
  const sayOr = useTextOr();
  const ideas = useIdeas();
  const goals = useGoals();
  const idea = ideas.data?.items.find((one) => one.key === draft.idea);
  return (
    <>
      <TextInput label={say("field.name")} placeholder={say("draft.name.example")} required maxLength={120} error={problems.name} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
      <Textarea label={say("draft.hypothesis")} description={say("draft.hypothesis.hint")} autosize minRows={3} error={problems.hypothesis} value={draft.hypothesis ?? ""} onChange={(event) => set({ hypothesis: event.currentTarget.value })} />
      {idea ? (
        <div className={styles.linked}>
          <IconBulb size={18} aria-hidden="true" />
          <Link to="/experiments/ideas" search={{ idea: idea.key }}>
            {say("draft.fromIdea", { name: idea.name })}
          </Link>
        </div>
      ) : null}
      {draft.friction ? (
        <div className={styles.linked}>
          <IconAlertTriangle size={18} aria-hidden="true" />
          <Link to="/friction" search={{ by: "signal", signal: draft.friction }}>
            {say("draft.fromFriction", { name: sayOr(`signal.${draft.friction}`, draft.friction) })}
          </Link>
        </div>
      ) : null}
      <div className={styles.fields}>
        <Stage draft={draft} set={set} />
        {(goals.data?.items.length ?? 0) > 0 ? (
          <NativeSelect label={say("draft.goal")} value={draft.goal ?? ""} data={[{ value: "", label: say("draft.none") }, ...(goals.data?.items ?? []).map((one) => ({ value: one.key, label: one.name }))]} onChange={(event) => set({ goal: event.currentTarget.value || null })} />
        ) : null}
        <TextInput label={say("field.owner")} maxLength={400} value={draft.owner ?? ""} onChange={(event) => set({ owner: event.currentTarget.value })} />
      </div>
    </>
  );
}

/** Where on a journey it happens: metrics are suggested by it. */
function Stage({ draft, set }: Pick<StepProps, "draft" | "set">) {
  const say = useText();
  const journeys = useJourneys();
  const map = draft.map ?? journeys.data?.items[0]?.key ?? "";
  const journey = useJourney(map);
  const stages = journey.data?.body.stages ?? [];
  const touchpoint = stages.flatMap((one) => one.touchpoints).find((one) => one.key === draft.touchpoint);
  if (stages.length === 0) return null;
  return (
    <>
      <NativeSelect
        label={say("draft.stage")}
        leftSection={<IconRoute size={16} aria-hidden="true" />}
        value={draft.stage ?? ""}
        data={[{ value: "", label: say("draft.none") }, ...stages.map((one) => ({ value: one.key, label: one.name }))]}
        onChange={(event) => set({ stage: event.currentTarget.value || null, map: event.currentTarget.value || draft.touchpoint ? map : null })}
      />
      {touchpoint ? (
        <div className={styles.linked}>
          <IconRoute size={18} aria-hidden="true" />
          <Link to="/journeys/$key" params={{ key: map }} search={{ point: touchpoint.key }}>
            {touchpoint.name}
          </Link>
        </div>
      ) : null}
    </>
  );
}
