import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { ApiError } from "../../api/client";
import { useFrictionChange, useFrictionSettings, type FrictionBody, type FrictionSettings } from "../../api/friction";
import { useMay, useSession } from "../../api/session";
import { Drawer } from "../../design/dialogs";
import { NumberInput } from "../../design/NumberInput";
import { Answer, Failed } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { AnyEditor } from "../../questions/AnyEditor";
import styles from "./Friction.module.css";

/** What the ledger is calibrated on: the outcome a customer is lost for, within which time, what it is worth; which signals count. */
export function Settings({ close }: { close: () => void }) {
  const say = useText();
  const settings = useFrictionSettings();
  return (
    <Drawer opened onClose={close} title={<strong>{say("friction.settings")}</strong>} size={480} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={settings}>{(data) => <Form settings={data} close={close} />}</Answer>
    </Drawer>
  );
}

function Form({ settings, close }: { settings: FrictionSettings; close: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const { workspace } = useSession();
  const editor = useMay("write");
  const { tell, tellError } = useToasts();
  const { save, reset } = useFrictionChange();
  const [body, setBody] = useState<FrictionBody>(settings.body);
  const { outcome } = body;
  const put = (change: Partial<FrictionBody["outcome"]>) => setBody({ ...body, outcome: { ...outcome, ...change } });
  const refused = (field: string) => (save.error instanceof ApiError && save.error.body.field === field ? [save.error.body.rule, save.error.body.remedy].filter(Boolean).join(" ") : undefined);
  const known = ["outcome.days", "outcome.value.amount", "outcome.any", "least"].some((field) => refused(field));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { expected: settings.version, body },
      {
        onSuccess: (saved) => {
          close();
          tell(say("friction.saved"), () => save.mutate({ expected: saved.version, body: settings.body }, { onError: tellError }));
        },
      },
    );
  };
  const back = () =>
    reset.mutate(undefined, {
      onSuccess: () => {
        close();
        tell(say("friction.wasReset"), () => save.mutate({ expected: settings.version + 1, body: settings.body }, { onError: tellError }));
      },
      onError: tellError,
    });
  return (
    <form className="stack" onSubmit={submit}>
      <p className={styles.what}>{say("friction.settings.words")}</p>
      <NativeSelect
        label={say("friction.outcome")}
        value={outcome.kind}
        disabled={!editor}
        onChange={(event) => put({ kind: event.currentTarget.value === "return" ? "return" : "conversion" })}
        data={[
          { value: "conversion", label: say("friction.outcome.conversion") },
          { value: "return", label: say("friction.outcome.return") },
        ]}
      />
      {outcome.kind === "conversion" ? <AnyEditor any={outcome.any.length > 0 ? outcome.any : [null]} label={say("attribution.conversion")} save={(any) => put({ any })} /> : null}
      {refused("outcome.any") ? <p className={styles.problem}>{refused("outcome.any")}</p> : null}
      <NumberInput label={say("friction.days")} min={0} hideControls disabled={!editor} value={outcome.days} error={refused("outcome.days")} onChange={(days) => typeof days === "number" && put({ days })} />
      <div className="row" style={{ alignItems: "flex-start" }}>
        <NumberInput
          className="grow"
          label={say("friction.worth")}
          description={say("friction.worth.what")}
          min={0}
          hideControls
          disabled={!editor}
          value={outcome.value?.amount ?? ""}
          error={refused("outcome.value.amount")}
          onChange={(amount) => put({ value: amount === "" ? null : { amount: Number(amount), currency: outcome.value?.currency ?? workspace.currency } })}
        />
        {outcome.value ? <TextInput w={80} maxLength={3} label={say("workspace.currency")} value={outcome.value.currency} onChange={(event) => outcome.value && put({ value: { ...outcome.value, currency: event.currentTarget.value.toUpperCase() } })} /> : null}
      </div>
      <NumberInput label={say("friction.least")} description={say("friction.least.what")} min={0} hideControls disabled={!editor} value={body.least} error={refused("least")} onChange={(least) => typeof least === "number" && setBody({ ...body, least })} />
      <fieldset className={styles.signals}>
        <legend>{say("friction.by.signal")}</legend>
        {settings.signals.map((signal) => (
          <Switch
            key={signal.key}
            size="xs"
            disabled={!editor}
            label={sayOr(`signal.${signal.key}`, signal.name)}
            description={sayOr(`signal.${signal.key}.what`, signal.meaning)}
            checked={!body.off.includes(signal.key)}
            onChange={(event) => setBody({ ...body, off: event.currentTarget.checked ? body.off.filter((key) => key !== signal.key) : [...body.off, signal.key] })}
          />
        ))}
      </fieldset>
      {save.error && !known ? <Failed error={save.error} /> : null}
      {editor ? (
        <div className="row-between">
          {settings.version > 0 ? (
            <Button variant="subtle" size="xs" loading={reset.isPending} onClick={back}>
              {say("friction.reset")}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" size="xs" loading={save.isPending}>
            {say("action.save")}
          </Button>
        </div>
      ) : null}
    </form>
  );
}
