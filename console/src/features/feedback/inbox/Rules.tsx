import { Button, Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useCommentSources } from "../../../api/comments";
import { useDryRun, type Rule, type RuleRow } from "../../../api/rules";
import { useMay } from "../../../api/session";
import { useRows, useSaved, useShelfChange, type Saved } from "../../../api/shelf";
import { Pill } from "../../../design/Badges";
import { Drawer } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { keyFor } from "../../../design/keys";
import { Answer, Empty, Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "./Inbox.module.css";

const PATH = "/api/feedback-rules";
const SENTIMENTS = ["", "negative", "neutral", "positive"] as const;
const METRICS = ["", "nps", "csat", "ces", "rating"] as const;

/** What happens by itself when an answer comes in. */
export function Rules() {
  const say = useText();
  const may = useMay("write");
  const rules = useRows<RuleRow>(PATH);
  const [open, setOpen] = useState<string | null | undefined>(undefined);
  const make = may ? (
    <Button size="xs" onClick={() => setOpen(null)}>
      {say("loop.new")}
    </Button>
  ) : null;
  return (
    <section className="stack" aria-labelledby="rules">
      <div className="row-between">
        <h2 id="rules">{say("loop.all")}</h2>
        {make}
      </div>
      <Answer of={rules}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconBolt />} title={say("loop.empty")} action={make}>
              {say("loop.empty.words")}
            </Empty>
          ) : (
            <ul className={styles.plain}>
              {items.map((one) => (
                <li key={one.key}>
                  <button type="button" className={styles.rule} onClick={() => setOpen(one.key)}>
                    <span>
                      <strong>{one.name}</strong>
                      <span className={styles.marks}>
                        <Pill tone={one.on ? "accent" : "quiet"}>{say(one.on ? "loop.on" : "loop.off")}</Pill>
                        {one.actions.map((action) => (
                          <Pill key={action}>{say(`loop.then.${action}`)}</Pill>
                        ))}
                        {one.holdout > 0 ? <Pill tone="gold">{say("loop.heldOut", { count: one.held_out })}</Pill> : null}
                      </span>
                    </span>
                    <span className="dim small">{say("loop.fired", { count: one.fired })}</span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {open !== undefined ? <Editor id={open} taken={(rules.data?.items ?? []).map((one) => one.key)} close={() => setOpen(undefined)} /> : null}
    </section>
  );
}

const FRESH: Rule = { name: "", on: true, when: { metric: "nps", score_to: 6 }, then: { task: { title: "", owner: "", due: "8 hours" } }, holdout: 0 };

function Editor({ id, taken, close }: { id: string | null; taken: string[]; close: () => void }) {
  const say = useText();
  const saved = useSaved<Rule>(PATH, id);
  return (
    <Drawer opened onClose={close} size={520} title={<strong>{say(id === null ? "loop.new" : "loop.edit")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      {id === null ? <Form taken={taken} close={close} /> : <Answer of={saved}>{(found) => <Form key={found.version} saved={found} taken={taken} close={close} />}</Answer>}
    </Drawer>
  );
}

const numberOf = (text: string): number | null => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));
const listOf = (text: string): string[] => text.split(/[,\n]/).map((part) => part.trim()).filter(Boolean);

function Form({ saved, taken, close }: { saved?: Saved<Rule>; taken: string[]; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const may = useMay("write");
  const { create, save, discard } = useShelfChange<Rule>(PATH, ["inbox"]);
  const { tell, tellError } = useToasts();
  const [rule, setRule] = useState<Rule>(saved?.body ?? FRESH);
  const dry = useDryRun();
  const sources = (useCommentSources().data?.items ?? []).filter((one) => !one.body.off);
  const { when, then } = rule;
  const onWhen = (more: Partial<Rule["when"]>) => setRule({ ...rule, when: { ...when, ...more } });
  const onThen = (more: Partial<Rule["then"]>) => setRule({ ...rule, then: { ...then, ...more } });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = { onSuccess: () => (tell(say("loop.saved")), close()) };
    if (saved) save.mutate({ key: saved.key, expected: saved.version, body: rule }, done);
    else create.mutate({ key: keyFor(rule.name, taken), body: rule }, done);
  };
  const drop = () =>
    saved &&
    discard.mutate(saved.key, {
      onSuccess: (gone) => {
        tell(say("loop.gone"), () => save.mutate({ key: saved.key, expected: gone.expected_version, body: saved.body }, { onError: tellError }));
        close();
      },
      onError: tellError,
    });
  const error = create.error ?? save.error;
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput required label={say("loop.name")} value={rule.name} onChange={(event) => setRule({ ...rule, name: event.currentTarget.value })} />
      <Checkbox label={say("loop.isOn")} checked={rule.on} onChange={(event) => setRule({ ...rule, on: event.currentTarget.checked })} />
      <fieldset className={styles.part}>
        <legend>{say("loop.when")}</legend>
        <NativeSelect label={say("loop.source")} description={when.sources?.length ? say("loop.source.what") : undefined} value={when.sources?.[0] ?? ""} data={[{ value: "", label: say("loop.source.answers") }, ...sources.map((one) => ({ value: one.key, label: one.body.name }))]} onChange={(event) => onWhen({ sources: event.currentTarget.value ? [event.currentTarget.value] : [] })} />
        <div className="row">
          <NativeSelect label={say("loop.metric")} value={when.metric ?? ""} data={METRICS.map((value) => ({ value, label: say(`loop.metric.${value || "any"}`) }))} onChange={(event) => onWhen({ metric: (event.currentTarget.value || null) as Rule["when"]["metric"] })} />
          <TextInput type="number" label={say("loop.from")} value={when.score_from ?? ""} onChange={(event) => onWhen({ score_from: numberOf(event.currentTarget.value) })} />
          <TextInput type="number" label={say("loop.to")} value={when.score_to ?? ""} onChange={(event) => onWhen({ score_to: numberOf(event.currentTarget.value) })} />
        </div>
        <NativeSelect
          label={say("loop.sentiment")}
          value={when.sentiment?.[0] ?? ""}
          data={SENTIMENTS.map((value) => ({ value, label: say(`loop.sentiment.${value || "any"}`) }))}
          onChange={(event) => onWhen({ sentiment: event.currentTarget.value ? [event.currentTarget.value as "negative"] : [] })}
        />
        <TextInput label={say("loop.words")} description={say("loop.words.what")} defaultValue={(when.words ?? []).join(", ")} onChange={(event) => onWhen({ words: listOf(event.currentTarget.value) })} />
        <TextInput label={say("loop.themes")} description={say("loop.themes.what")} defaultValue={(when.themes ?? []).join(", ")} onChange={(event) => onWhen({ themes: listOf(event.currentTarget.value) })} />
      </fieldset>
      <fieldset className={styles.part}>
        <legend>{say("loop.then")}</legend>
        <Checkbox label={say("loop.then.task")} checked={Boolean(then.task)} onChange={(event) => onThen({ task: event.currentTarget.checked ? { title: "", owner: "", due: "8 hours" } : null })} />
        {then.task ? (
          <div className="stack-s">
            <TextInput label={say("loop.task.title")} value={then.task.title ?? ""} onChange={(event) => onThen({ task: { ...then.task, title: event.currentTarget.value } })} />
            <div className="row">
              <TextInput type="email" label={say("loop.task.owner")} value={then.task.owner ?? ""} onChange={(event) => onThen({ task: { ...then.task, owner: event.currentTarget.value } })} />
              <TextInput label={say("loop.task.due")} value={then.task.due ?? ""} onChange={(event) => onThen({ task: { ...then.task, due: event.currentTarget.value } })} />
            </div>
          </div>
        ) : null}
        <Checkbox label={say("loop.then.alert")} checked={Boolean(then.alert)} onChange={(event) => onThen({ alert: event.currentTarget.checked ? { to: [], mail: true } : null })} />
        {then.alert ? <Textarea label={say("loop.alert.to")} description={say("loop.alert.what")} defaultValue={then.alert.to.join(", ")} autosize onChange={(event) => onThen({ alert: { mail: then.alert?.mail ?? true, to: listOf(event.currentTarget.value) } })} /> : null}
        <Checkbox label={say("loop.then.follow_up")} checked={Boolean(then.follow_up)} onChange={(event) => onThen({ follow_up: event.currentTarget.checked ? { template: "", after: "10 minutes" } : null })} />
        {then.follow_up ? <TextInput label={say("loop.template")} value={then.follow_up.template} onChange={(event) => onThen({ follow_up: { after: then.follow_up?.after ?? "10 minutes", template: event.currentTarget.value } })} /> : null}
        <Checkbox label={say("loop.then.webhook")} checked={Boolean(then.webhook)} onChange={(event) => onThen({ webhook: event.currentTarget.checked ? { url: "" } : null })} />
        {then.webhook ? <TextInput type="url" label={say("loop.url")} value={then.webhook.url} onChange={(event) => onThen({ webhook: { url: event.currentTarget.value } })} /> : null}
      </fieldset>
      <NativeSelect label={say("loop.holdout")} description={say("loop.holdout.what")} value={String(rule.holdout)} data={[0, 0.1, 0.2, 0.5].map((share) => ({ value: String(share), label: format.percent(share) }))} onChange={(event) => setRule({ ...rule, holdout: Number(event.currentTarget.value) })} />
      <div className="row">
        <Button variant="default" size="xs" loading={dry.isPending} onClick={() => dry.mutate({ body: { ...rule, name: rule.name || "?" }, days: 30 }, { onError: tellError })}>
          {say("loop.try")}
        </Button>
        <span role="status">{dry.data ? say("loop.tried", { count: dry.data.fired, of: dry.data.answers, customers: dry.data.customers }) : null}</span>
      </div>
      {error ? <Failed error={error} /> : null}
      {may ? (
        <div className="row">
          <Button type="submit" loading={create.isPending || save.isPending}>
            {say("action.save")}
          </Button>
          {saved ? (
            <Button variant="subtle" color="gray" onClick={drop}>
              {say("action.remove")}
            </Button>
          ) : null}
        </div>
      ) : null}
    </form>
  );
}
