import { ActionIcon, Alert, Button, Checkbox, TextInput, Tooltip } from "@mantine/core";
import { IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { SCOPES, useKeyChange, useKeys, type ApiKey } from "../../api/keys";
import { Pill } from "../../design/Badges";
import { CodeBlock } from "../../design/Copy";
import { Modal } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { Answer, Empty, Failed } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Settings.module.css";

export function Keys() {
  const say = useText();
  const keys = useKeys();
  const [creating, setCreating] = useState(false);
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
      {say("key.new")}
    </Button>
  );
  return (
    <section className="stack" aria-labelledby="keys">
      <div className="row-between">
        <h2 id="keys">{say("settings.keys")}</h2>
        {create}
      </div>
      <Answer of={keys}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconKey />} title={say("key.empty")} action={create}>
              {say("key.empty.words")}
            </Empty>
          ) : (
            <ul className={`card flush ${styles.list}`}>
              {items.map((key) => (
                <KeyRow key={key.id} one={key} />
              ))}
            </ul>
          )
        }
      </Answer>
      {creating ? <Create close={() => setCreating(false)} /> : null}
    </section>
  );
}

function KeyRow({ one }: { one: ApiKey }) {
  const say = useText();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const { revoke } = useKeyChange();
  const [sure, setSure] = useState(false);
  return (
    <li className={styles.member}>
      <span className="grow">
        <span className="row">
          <strong>{one.name}</strong>
          <code className="mono dim">{`${one.prefix}…`}</code>
          {one.scopes.map((scope) => (
            <Pill key={scope}>{scope}</Pill>
          ))}
        </span>
        <span className="dim small">
          {one.used_at ? say("key.used", { when: format.ago(one.used_at) }) : say("key.unused")}
          {one.from_environment ? ` · ${say("key.fromEnvironment")}` : ""}
        </span>
      </span>
      {/* A revoked key can't come back, so this one thing asks first, and says what stops working. */}
      {sure ? (
        <span className="row">
          <span className="small">{say("key.sure")}</span>
          <Button size="compact-xs" color="orange" variant="light" loading={revoke.isPending} onClick={() => revoke.mutate(one.id, { onSuccess: () => tell(say("key.revoked", { name: one.name })), onError: tellError })}>
            {say("key.revoke")}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => setSure(false)}>
            {say("action.cancel")}
          </Button>
        </span>
      ) : (
        <Tooltip label={say("key.revoke")}>
          <ActionIcon variant="subtle" color="gray" aria-label={say("key.revoke.label", { name: one.name })} onClick={() => setSure(true)}>
            <IconTrash size={16} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      )}
    </li>
  );
}

const scopeText = (scope: (typeof SCOPES)[number]): MessageId => (scope === "*" ? "scope.all" : `scope.${scope}`);

function Create({ close }: { close: () => void }) {
  const say = useText();
  const { create } = useKeyChange();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name, scopes });
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("key.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }} closeOnClickOutside={!create.data}>
      {create.data ? (
        <div className="stack">
          <Alert color="yellow" title={say("key.once")}>
            {say("key.once.words")}
          </Alert>
          <CodeBlock label={say("key.value")} text={create.data.key} />
          <Button onClick={close}>{say("key.kept")}</Button>
        </div>
      ) : (
        <form onSubmit={submit} className="stack">
          {create.error ? <Failed error={create.error} /> : null}
          <TextInput label={say("field.name")} placeholder={say("key.name.example")} required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Checkbox.Group label={say("key.scopes")} value={scopes} onChange={setScopes}>
            <div className="stack-s" style={{ marginTop: 8 }}>
              {SCOPES.map((scope) => (
                <Checkbox key={scope} value={scope} label={scope} description={say(scopeText(scope))} />
              ))}
            </div>
          </Checkbox.Group>
          <Button type="submit" disabled={scopes.length === 0} loading={create.isPending}>
            {say("key.create")}
          </Button>
        </form>
      )}
    </Modal>
  );
}
