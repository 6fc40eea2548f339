import { ActionIcon, Button, Menu, NativeSelect, TextInput } from "@mantine/core";
import { IconDots, IconPlugConnected, IconPlus, IconRefresh, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useMay, useSession } from "../../api/session";
import { useSourceChange, useSources, type Source, type SourceKind } from "../../api/sources";
import { Pill } from "../../design/Badges";
import { CodeBlock, Copy } from "../../design/Copy";
import { Modal } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { SNIPPETS } from "./snippets";
import { SourceEncryption } from "./SourceEncryption";
import { SourceIdentity } from "./SourceIdentity";
import styles from "./Data.module.css";

export function Sources() {
  const say = useText();
  const sources = useSources(5000);
  const { source: open } = useSearch({ from: "/rooms/data/sources" });
  const [creating, setCreating] = useState(false);
  const may = useMay("write");
  const create = may ? (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
      {say("source.new")}
    </Button>
  ) : null;
  return (
    <section className="stack" aria-labelledby="sources">
      <div className="row-between">
        <h2 id="sources">{say("data.sources")}</h2>
        {create}
      </div>
      <Answer of={sources}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconPlugConnected />} title={say("source.empty")} action={create}>
              {say("source.empty.words")}
            </Empty>
          ) : (
            <ul className={styles.sources}>
              {items.map((source) => (
                <SourceRow key={source.key} source={source} open={source.key === open || (items.length === 1 && open === undefined)} may={may} />
              ))}
            </ul>
          )
        }
      </Answer>
      {creating ? <Create close={() => setCreating(false)} /> : null}
    </section>
  );
}

function SourceRow({ source, open, may }: { source: Source; open: boolean; may: boolean }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const navigate = useNavigate();
  const { tell, tellError } = useToasts();
  const { rotate, removeSource } = useSourceChange();
  const id = `source-${source.key}`;
  return (
    <li className={styles.source}>
      <div className={styles.sourcehead}>
        <span className={styles.pulse} data-live={source.events_24h > 0} aria-hidden="true" />
        <div className={styles.sourcename}>
          <span className="row">
            <strong>{source.name}</strong>
            <Pill>{sayOr(`source.kind.${source.kind}`, source.kind)}</Pill>
            {source.newcomers.alarm ? <Pill tone="ember">{say("source.newcomers")}</Pill> : null}
            {source.environment && source.environment !== "production" ? <Pill tone="gold">{source.environment}</Pill> : null}
          </span>
          <span className="dim small">
            {source.last_seen ? say("source.seen", { when: format.ago(source.last_seen), count: source.events_24h }) : say("source.waiting")}
          </span>
          {source.newcomers.alarm ? (
            <span className="small" role="status">
              {say("source.newcomers.words", { count: source.newcomers.recent, usual: format.number(Math.round(source.newcomers.usual ?? 0)) })}
            </span>
          ) : null}
        </div>
        <Link to="/data/live" search={{ source: source.key }} className="small">
          {say("source.live")}
        </Link>
        <Button
          size="xs"
          variant="default"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => void navigate({ to: "/data/sources", search: { source: open ? "-" : source.key }, replace: true })}
        >
          {open ? say("source.hide") : say("source.connect")}
        </Button>
        {may ? (
          <Menu>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={say("edit.more", { name: source.name })}>
                <IconDots size={16} aria-hidden="true" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconRefresh size={16} aria-hidden="true" />} onClick={() => rotate.mutate(source.key, { onSuccess: () => tell(say("source.rotated", { name: source.name })), onError: tellError })}>
                {say("source.rotate")}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={() => removeSource.mutate(source.key, { onSuccess: () => tell(say("source.removed", { name: source.name })), onError: tellError })}>
                {say("source.remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ) : null}
      </div>
      {open ? (
        <div id={id} className={styles.connect}>
          <Snippets source={source} />
          {may && source.kind === "browser" ? <SourceIdentity source={source} /> : null}
          {may ? <SourceEncryption source={source} /> : null}
        </div>
      ) : null}
    </li>
  );
}

function Snippets({ source }: { source: Source }) {
  const say = useText();
  const { workspace } = useSession();
  const fitting = SNIPPETS.filter((snippet) => snippet.kind === source.kind || snippet.id === "curl");
  const [chosen, setChosen] = useState(fitting[0]?.id ?? "curl");
  const snippet = fitting.find((one) => one.id === chosen) ?? fitting[0];
  const host = window.location.origin;
  return (
    <div className="stack">
      <div className="row">
        <span className="small dim">{say("source.key")}</span>
        <code className="mono">{source.write_key}</code>
        <Copy text={source.write_key} />
        <span className="small dim">{source.kind === "browser" ? say("source.key.browser") : say("source.key.server")}</span>
      </div>
      <div className={styles.kinds} role="group" aria-label={say("source.sdk")}>
        {fitting.map((one) => (
          <button key={one.id} type="button" aria-pressed={one.id === chosen} onClick={() => setChosen(one.id)}>
            {one.name}
          </button>
        ))}
      </div>
      {snippet?.install ? <CodeBlock label={say("source.install")} text={snippet.install} /> : null}
      {snippet ? <CodeBlock label={say("source.code", { sdk: snippet.name })} text={snippet.code(host, source.write_key, workspace.currency)} /> : null}
      <p className="dim small" style={{ margin: 0 }}>
        {source.last_seen ? say("source.works") : say("source.listening")}
      </p>
    </div>
  );
}

function Create({ close }: { close: () => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { tellError } = useToasts();
  const { create } = useSourceChange();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<SourceKind>("browser");
  const [environment, setEnvironment] = useState("production");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name, kind, environment },
      {
        onSuccess: (source) => {
          close();
          void navigate({ to: "/data/sources", search: { source: source.key } });
        },
        onError: tellError,
      },
    );
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("source.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form onSubmit={submit} className="stack">
        <TextInput label={say("field.name")} placeholder={say("source.name.example")} required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NativeSelect
          label={say("source.kind")}
          description={kind === "browser" ? say("source.key.browser") : say("source.key.server")}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as SourceKind)}
          data={(["browser", "server"] as const).map((value) => ({ value, label: say(`source.kind.${value}`) }))}
        />
        <TextInput label={say("source.environment")} required value={environment} onChange={(event) => setEnvironment(event.currentTarget.value)} />
        <Button type="submit" loading={create.isPending}>
          {say("source.create")}
        </Button>
      </form>
    </Modal>
  );
}
