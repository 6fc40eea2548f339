import { Alert, Button, Checkbox, Switch, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { USES, useLanguageModel, useModelCalls, useModelChange, type LanguageModel, type ModelSettings } from "../../api/languageModel";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { NumberInput } from "../../design/NumberInput";
import { Answer, Failed, useErrorWords } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { problemsUnder } from "../../questions/problems";
import styles from "./Settings.module.css";

const BLANK: LanguageModel = { on: false, base_url: "", model: "", key_variable: null, uses: [], calls_a_day: 200, characters_a_day: 500_000, seconds: 30, private: false, redact: true };

const EXAMPLE = { address: "http://127.0.0.1:11434/v1", model: "llama3.2", variable: "RESA_MODEL_KEY" };

/** A language model that the user brings: never needed, off by default, and plain about what leaves this machine. */
export function LanguageModelPage() {
  const settings = useLanguageModel();
  const admin = useMay("admin");
  return (
    <Answer of={settings}>
      {(told) => (
        <div className="stack">
          <Settings key={told.version} told={told} />
          {admin ? <Calls /> : null}
        </div>
      )}
    </Answer>
  );
}

function Settings({ told }: { told: ModelSettings }) {
  const say = useText();
  const format = useFormat();
  const may = useMay("admin");
  const { tell, tellError } = useToasts();
  const { save, attempt } = useModelChange();
  const [draft, setDraft] = useState<LanguageModel>(told.body ?? BLANK);
  const problems = problemsUnder(save.error, "");
  const set = (change: Partial<LanguageModel>) => setDraft({ ...draft, ...change });
  const changed = JSON.stringify(draft) !== JSON.stringify(told.body ?? BLANK);
  const before = told.body;
  const store = () =>
    save.mutate(
      { version: told.version, body: { ...draft, key_variable: draft.key_variable?.trim() || null } },
      { onSuccess: (saved) => tell(say("lm.saved"), before ? () => save.mutate({ version: saved.version, body: before }, { onError: tellError }) : undefined) },
    );
  return (
    <form
      className="card stack"
      aria-labelledby="lm"
      onSubmit={(event) => {
        event.preventDefault();
        store();
      }}
    >
      <div className="row-between">
        <h2 id="lm">{say("lm.title")}</h2>
        <Pill tone={told.body?.on ? "gold" : "quiet"}>{say(told.body?.on ? "lm.isOn" : "lm.isOff")}</Pill>
      </div>
      <p className="dim" style={{ margin: 0 }}>
        {say("lm.lead")}
      </p>
      <fieldset disabled={!may} className={styles.bare}>
        <legend className="visually-hidden">{say("lm.title")}</legend>
        <div className="stack">
          <div className={styles.fields}>
            <TextInput required label={say("lm.address")} placeholder={EXAMPLE.address} value={draft.base_url} error={problems.base_url} onChange={(event) => set({ base_url: event.currentTarget.value })} />
            <TextInput required label={say("lm.model")} placeholder={EXAMPLE.model} value={draft.model} error={problems.model} onChange={(event) => set({ model: event.currentTarget.value })} />
          </div>
          <TextInput label={say("lm.key")} description={say("lm.key.what")} placeholder={EXAMPLE.variable} value={draft.key_variable ?? ""} error={problems.key_variable} onChange={(event) => set({ key_variable: event.currentTarget.value || null })} />
          {told.key_set === null ? null : (
            <p className="dim small" role="status" style={{ margin: 0 }}>
              {say(told.key_set ? "lm.key.set" : "lm.key.unset", { name: told.body?.key_variable ?? "" })}
            </p>
          )}
          <div role="group" aria-labelledby="lm-uses" className="stack-s">
            <strong id="lm-uses">{say("lm.uses")}</strong>
            {USES.map((use) => (
              <Checkbox key={use} label={say(`lm.use.${use}`)} description={say(`lm.use.${use}.leaves`)} checked={draft.uses.includes(use)} onChange={(event) => set({ uses: event.currentTarget.checked ? USES.filter((one) => one === use || draft.uses.includes(one)) : draft.uses.filter((one) => one !== use) })} />
            ))}
          </div>
          <div className="stack-s">
            <Switch label={say("lm.redact")} description={say("lm.redact.what")} checked={draft.redact} onChange={(event) => set({ redact: event.currentTarget.checked })} />
            <Switch label={say("lm.private")} description={say("lm.private.what")} checked={draft.private} onChange={(event) => set({ private: event.currentTarget.checked })} />
          </div>
          <div className={styles.fields}>
            <NumberInput label={say("lm.calls")} min={0} max={100_000} value={draft.calls_a_day} onChange={(value) => set({ calls_a_day: Number(value) })} />
            <NumberInput label={say("lm.characters")} min={0} max={100_000_000} value={draft.characters_a_day} onChange={(value) => set({ characters_a_day: Number(value) })} />
            <NumberInput label={say("lm.seconds")} min={1} max={120} value={draft.seconds} onChange={(value) => set({ seconds: Number(value) })} />
          </div>
          <Switch label={say("lm.on")} description={say("lm.on.what")} checked={draft.on} onChange={(event) => set({ on: event.currentTarget.checked })} />
        </div>
      </fieldset>
      {draft.on ? (
        <Alert color={draft.redact ? "yellow" : "orange"} icon={<IconAlertTriangle size={18} aria-hidden="true" />} title={say("lm.leaves", { address: draft.base_url || "…" })}>
          {say(draft.uses.length === 0 ? "lm.leaves.nothing" : draft.redact ? "lm.leaves.redacted" : "lm.leaves.whole")}
        </Alert>
      ) : (
        <Alert color="teal" icon={<IconLock size={18} aria-hidden="true" />} title={say("lm.stays")}>
          {say("lm.stays.words")}
        </Alert>
      )}
      {save.error && Object.keys(problems).length === 0 ? <Failed error={save.error} /> : null}
      <Outcome attempt={attempt} />
      {may ? (
        <div className="row">
          <Button type="submit" loading={save.isPending} disabled={!changed}>
            {say("action.save")}
          </Button>
          <Button variant="default" loading={attempt.isPending} disabled={told.version === 0 || changed} onClick={() => attempt.mutate()}>
            {say("lm.try")}
          </Button>
          <span className="dim small">{told.version === 0 || changed ? say("lm.try.after") : say("lm.today", { calls: told.calls_today, characters: format.compact(told.characters_today) })}</span>
        </div>
      ) : null}
    </form>
  );
}

function Outcome({ attempt }: { attempt: ReturnType<typeof useModelChange>["attempt"] }) {
  const say = useText();
  const format = useFormat();
  const words = useErrorWords();
  if (attempt.error) {
    const { what, remedy } = words(attempt.error);
    return (
      <Alert color="orange" role="status" icon={<IconAlertTriangle size={18} aria-hidden="true" />} title={say("lm.try.failed")}>
        {what} {remedy}
      </Alert>
    );
  }
  if (!attempt.data) return null;
  return (
    <Alert color="teal" role="status" title={say("lm.try.works")}>
      {say("lm.try.said", { name: attempt.data.name, seconds: format.number(attempt.data.seconds) })}
    </Alert>
  );
}

function Calls() {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const calls = useModelCalls();
  return (
    <section className="card stack-s" aria-labelledby="lm-calls">
      <h2 id="lm-calls">{say("lm.sent")}</h2>
      <Answer of={calls}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim" style={{ margin: 0 }}>
              {say("lm.sent.none")}
            </p>
          ) : (
            <ul className={styles.rows}>
              {items.map((call) => (
                <li key={call.id} className={styles.member}>
                  <details style={{ inlineSize: "100%" }}>
                    <summary>
                      <strong>{sayOr(`lm.use.${call.use}`, call.use)}</strong> <span className="dim small">{say("lm.call", { when: format.dateTime(call.at), model: call.model, seconds: format.number(Math.round(call.seconds * 10) / 10) })}</span> {call.error ? <Pill tone="ember">{call.error}</Pill> : null}
                    </summary>
                    <h3 className="small">{say("lm.call.sent")}</h3>
                    <pre className="code" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{call.sent || say("lm.call.forgotten")}</pre>
                    <h3 className="small">{say("lm.call.got")}</h3>
                    <pre className="code" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{call.got || "–"}</pre>
                  </details>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}
