import { ActionIcon, Button, Menu, NativeSelect, TextInput } from "@mantine/core";
import { IconDots, IconPlus, IconTargetArrow } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { fetchGoal, useGoalChange, useGoals, type GoalBody, type GoalRow } from "../../api/goals";
import type { MetricRow } from "../../api/metrics";
import { usePopulations } from "../../api/populations";
import { useMay } from "../../api/session";
import { Modal } from "../../design/dialogs";
import { keyFor } from "../../design/keys";
import { NumberInput } from "../../design/NumberInput";
import { Answer, Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { GoalState } from "../../questions/GoalState";
import { problemsUnder } from "../../questions/problems";
import styles from "./Metrics.module.css";

/** What is to be reached, and how far it is. */
export function Goals({ metrics }: { metrics: MetricRow[] }) {
  const say = useText();
  const may = useMay("write");
  const goals = useGoals();
  const [editing, setEditing] = useState<{ goal?: string; version?: number; body: GoalBody } | null>(null);
  const { tell, tellError } = useToasts();
  const { discard, save } = useGoalChange();
  const edit = (row: GoalRow) => void fetchGoal(row.key).then((found) => setEditing({ goal: row.key, version: found.version, body: found.body }), tellError);
  const drop = (row: GoalRow) =>
    void fetchGoal(row.key)
      .then(async (found) => {
        const gone = await discard.mutateAsync(row.key);
        tell(say("explore.dropped", { name: row.name }), () => save.mutate({ key: row.key, expected: gone.expected_version, body: found.body }, { onError: tellError }));
      })
      .catch(tellError);
  const begin = () => setEditing({ body: { name: "", metric: metrics[0]?.key ?? "", target: 0, due: "" } });
  return (
    <section className="stack-s" aria-label={say("goals.title")}>
      <div className="row-between">
        <h2>{say("goals.title")}</h2>
        {may && (goals.data?.items.length ?? 0) > 0 ? (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={begin}>
            {say("goals.new")}
          </Button>
        ) : null}
      </div>
      <Answer of={goals}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="card row-between">
              <span className="row" style={{ flexWrap: "nowrap" }}>
                <IconTargetArrow size={22} stroke={1.75} aria-hidden="true" style={{ flex: "none" }} />
                <span className="dim">{say("goals.empty")}</span>
              </span>
              {may ? (
                <Button size="xs" onClick={begin}>
                  {say("goals.new")}
                </Button>
              ) : null}
            </div>
          ) : (
            <ul className={styles.goals}>
              {items.map((row) => (
                <li key={row.key} className="card">
                  <GoalState row={row} menu={may ? <Verbs row={row} edit={edit} drop={drop} /> : null} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {editing ? <Editor {...editing} metrics={metrics} taken={goals.data?.items.map((one) => one.key) ?? []} close={() => setEditing(null)} /> : null}
    </section>
  );
}

function Verbs({ row, edit, drop }: { row: GoalRow; edit: (row: GoalRow) => void; drop: (row: GoalRow) => void }) {
  const say = useText();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={say("goals.menu", { name: row.name })}>
          <IconDots size={16} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => edit(row)}>{say("action.edit")}</Menu.Item>
        <Menu.Item onClick={() => drop(row)}>{say("action.remove")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface EditorProps {
  /** The goal's key; absent for a new one. */
  goal?: string | undefined;
  version?: number | undefined;
  body: GoalBody;
  metrics: MetricRow[];
  taken: string[];
  close: () => void;
}

/** Sets a goal or changes one. A share is typed in percent. */
function Editor({ goal, version, body, metrics, taken, close }: EditorProps) {
  const say = useText();
  const { tell } = useToasts();
  const { create, save } = useGoalChange();
  const populations = usePopulations();
  const [draft, setDraft] = useState(body);
  const shows = metrics.find((one) => one.key === draft.metric)?.shows;
  const scale = shows === "share" ? 100 : 1;
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const set = (change: Partial<GoalBody>) => setDraft({ ...draft, ...change });
  const done = {
    onSuccess: () => {
      tell(say("goals.saved", { name: draft.name }));
      close();
    },
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (goal !== undefined && version !== undefined) save.mutate({ key: goal, expected: version, body: draft }, done);
    else create.mutate({ key: keyFor(draft.name, taken), body: draft }, done);
  };
  return (
    <Modal opened onClose={close} title={<strong>{say(goal ? "goals.edit" : "goals.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form onSubmit={submit} className="stack">
        <TextInput label={say("field.name")} placeholder={say("goals.name.example")} required maxLength={120} data-autofocus error={problems.name} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <NativeSelect label={say("metric.metric")} error={problems.metric} value={draft.metric} data={metrics.map((one) => ({ value: one.key, label: one.name }))} onChange={(event) => set({ metric: event.currentTarget.value })} />
        <NumberInput
          label={say("goals.target")}
          description={shows === "share" ? say("goals.target.share") : shows === "seconds" ? say("goals.target.seconds") : undefined}
          required
          suffix={shows === "share" ? " %" : undefined}
          error={problems.target}
          value={draft.target === 0 ? "" : Math.round(draft.target * scale * 1e6) / 1e6}
          onChange={(value) => set({ target: Number(value) / scale })}
        />
        <TextInput type="date" label={say("goals.due.label")} required error={problems.due} value={draft.due} onChange={(event) => set({ due: event.currentTarget.value })} />
        {(populations.data?.length ?? 0) > 0 ? (
          <NativeSelect
            label={say("goals.population")}
            error={problems.population}
            value={draft.population ?? ""}
            data={[{ value: "", label: say("lens.population.all") }, ...(populations.data ?? []).map(({ value, name }) => ({ value, label: name }))]}
            onChange={(event) => set({ population: event.currentTarget.value || null })}
          />
        ) : null}
        <TextInput label={say("field.owner")} error={problems.owner} value={draft.owner ?? ""} onChange={(event) => set({ owner: event.currentTarget.value })} />
        {error && Object.keys(problems).length === 0 ? <Failed error={error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={create.isPending || save.isPending}>
            {say("action.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
