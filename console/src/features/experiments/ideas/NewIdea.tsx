import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo, useState, type FormEvent } from "react";
import { useIdeaChange, useSimilarIdeas, type Effort, type IdeaBody, type SimilarIdea } from "../../../api/ideas";
import { useMetrics } from "../../../api/metrics";
import { Modal } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { NumberInput } from "../../../design/NumberInput";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { problemsUnder } from "../../../questions/problems";
import styles from "../Experiments.module.css";

const EFFORTS: Effort[] = ["small", "medium", "large"];

/** An idea as a hypothesis. While it is written, the library says what is known of the like. */
export function NewIdea({ taken, close, open }: { taken: string[]; close: () => void; open: (key: string) => void }) {
  const say = useText();
  const { tell } = useToasts();
  const metrics = useMetrics();
  const { propose } = useIdeaChange();
  const [draft, setDraft] = useState<IdeaBody>({ name: "", hypothesis: {}, effort: "medium" });
  const problems = problemsUnder(propose.error, "");
  const said = draft.hypothesis ?? {};
  const set = (change: Partial<NonNullable<IdeaBody["hypothesis"]>>) => setDraft({ ...draft, hypothesis: { ...said, ...change } });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    propose.mutate(
      { key: keyFor(draft.name, taken), body: draft },
      {
        onSuccess: (made) => {
          tell(say("idea.proposed", { name: draft.name }));
          open(made.key);
        },
      },
    );
  };
  return (
    <Modal opened onClose={close} size="lg" title={<strong>{say("idea.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form className="stack" onSubmit={submit}>
        <TextInput label={say("field.name")} placeholder={say("idea.name.example")} required maxLength={120} data-autofocus error={problems.name} value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })} />
        <Known draft={draft} open={open} />
        <Textarea label={say("idea.change")} placeholder={say("idea.change.example")} autosize minRows={2} value={said.change ?? ""} onChange={(event) => set({ change: event.currentTarget.value })} />
        <Textarea label={say("idea.because")} placeholder={say("idea.because.example")} autosize minRows={2} value={said.because ?? ""} onChange={(event) => set({ because: event.currentTarget.value })} />
        <div className={styles.fields}>
          <TextInput label={say("idea.whom")} placeholder={say("idea.whom.example")} maxLength={400} value={said.whom ?? ""} onChange={(event) => set({ whom: event.currentTarget.value })} />
          <NativeSelect label={say("idea.metric")} value={said.metric ?? ""} data={[{ value: "", label: say("idea.metric.none") }, ...(metrics.data?.items ?? []).map((one) => ({ value: one.key, label: one.name }))]} onChange={(event) => set({ metric: event.currentTarget.value || null })} />
          <NumberInput label={say("idea.effect")} suffix=" %" min={0} max={1000} value={said.effect ? Math.round(said.effect * 1000) / 10 : ""} onChange={(value) => set({ effect: Number(value) > 0 ? Number(value) / 100 : null })} />
          <NativeSelect label={say("idea.effort")} value={draft.effort ?? "medium"} data={EFFORTS.map((effort) => ({ value: effort, label: say(`idea.effort.${effort}`) }))} onChange={(event) => setDraft({ ...draft, effort: event.currentTarget.value as Effort })} />
        </div>
        {propose.error && Object.keys(problems).length === 0 ? <Failed error={propose.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={propose.isPending}>
            {say("idea.propose")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Known({ draft, open }: { draft: IdeaBody; open: (key: string) => void }) {
  const say = useText();
  const [name] = useDebouncedValue(draft.name, 300);
  const [said] = useDebouncedValue(draft.hypothesis, 300);
  const asked = useMemo<IdeaBody | null>(() => (name.trim().length < 4 ? null : { name, hypothesis: said ?? {} }), [name, said]);
  const similar = useSimilarIdeas(asked);
  const items = asked ? (similar.data?.items ?? []) : [];
  return (
    <div className="stack-s" aria-live="polite">
      {items.slice(0, 3).map((one) => (
        <Alike key={one.key} one={one} open={() => open(one.key)} />
      ))}
      {items.length > 0 ? <span className="dim small">{say("idea.similar.anyway")}</span> : null}
    </div>
  );
}

export function Alike({ one, open }: { one: SimilarIdea; open: () => void }) {
  const say = useText();
  return (
    <div className={one.warning ? styles.warning : styles.linked}>
      {one.warning ? <IconAlertTriangle size={18} aria-hidden="true" className={styles.missing} /> : null}
      <span className="grow">
        <button type="button" className={styles.open} onClick={open}>
          {one.name}
        </button>
        <span className="small" style={{ display: "block" }}>
          {[say(`idea.similar.${one.state}`), one.learning].filter(Boolean).join(" ")}
        </span>
      </span>
    </div>
  );
}
