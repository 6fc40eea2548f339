import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconFlag, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { fetchFlag, useFlagChange, useFlags, type FlagRow, type FlagType } from "../../../api/flags";
import { useMay } from "../../../api/session";
import { Pill } from "../../../design/Badges";
import { Modal } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { Answer, Empty, Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { problemsUnder } from "../../../questions/problems";
import styles from "../Experiments.module.css";
import { everybody, valueFrom } from "./flag";
import { Switch } from "./Switch";

/** All flags: what everybody gets, what has rules, on or off for everybody in one click. */
export function FlagList() {
  const say = useText();
  const may = useMay("write");
  const flags = useFlags();
  const [making, setMaking] = useState(false);
  const add = may ? (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
      {say("flag.new")}
    </Button>
  ) : null;
  return (
    <div className="stack">
      <Answer of={flags}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconFlag />} title={say("flags.empty")} action={add}>
              {say("flags.empty.words")}
            </Empty>
          ) : (
            <>
              <div className="row" style={{ justifyContent: "flex-end" }}>
                {add}
              </div>
              <ul className={`card flush ${styles.list}`} aria-label={say("flags.title")}>
                {items.map((row) => (
                  <li key={row.key} className={styles.item}>
                    <Row row={row} may={may} />
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Answer>
      {making ? <NewFlag taken={flags.data?.items.map((one) => one.key) ?? []} close={() => setMaking(false)} /> : null}
    </div>
  );
}

function Row({ row, may }: { row: FlagRow; may: boolean }) {
  const say = useText();
  const { save } = useFlagChange();
  const { tell, tellError } = useToasts();
  /** The rules go on deciding for whom they meet; everybody else gets this. */
  const turn = (on: boolean) =>
    void fetchFlag(row.key)
      .then(async (flag) => {
        const saved = await save.mutateAsync({ key: row.key, expected: flag.version, body: everybody(flag.body, on) });
        tell(say(on ? "flag.on.told" : "flag.off.told", { name: row.name }), () => save.mutate({ key: row.key, expected: saved.version, body: flag.body }, { onError: tellError }));
      })
      .catch(tellError);
  return (
    <>
      <span className="grow">
        <Link to="/experiments/flags/$key" params={{ key: row.key }} className={styles.title} style={{ color: "var(--ink)" }}>
          {row.name}
        </Link>
        <span className="dim small">{[row.key, say("flag.rules", { count: row.rules }), row.owner].filter(Boolean).join(" · ")}</span>
      </span>
      {row.experiments.length > 0 ? <Pill tone="accent">{say("flag.tested")}</Pill> : null}
      {row.type === "boolean" ? <Switch on={row.default === true} disabled={!may} label={say("flag.switch", { name: row.name })} turn={turn} /> : <span className="mono clip" style={{ maxWidth: 160 }}>{JSON.stringify(row.default)}</span>}
    </>
  );
}

const TYPES: FlagType[] = ["boolean", "string", "number", "json"];

function NewFlag({ taken, close }: { taken: string[]; close: () => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { create } = useFlagChange();
  const [name, setName] = useState("");
  const [type, setType] = useState<FlagType>("boolean");
  const [value, setValue] = useState("");
  const problems = problemsUnder(create.error, "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key = keyFor(name, taken);
    create.mutate({ key, body: { name, type, default: valueFrom(value, type), public: true, rules: [] } }, { onSuccess: () => void navigate({ to: "/experiments/flags/$key", params: { key } }) });
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("flag.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form className="stack" onSubmit={submit}>
        <TextInput label={say("field.name")} placeholder={say("flag.name.example")} required maxLength={120} data-autofocus error={problems.name ?? problems.key} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NativeSelect label={say("flag.type")} value={type} data={TYPES.map((one) => ({ value: one, label: say(`flag.type.${one}`) }))} onChange={(event) => setType(event.currentTarget.value as FlagType)} />
        {type === "boolean" ? <p className="dim small" style={{ margin: 0 }}>{say("flag.begins")}</p> : <TextInput label={say("flag.default")} required error={problems.default} value={value} onChange={(event) => setValue(event.currentTarget.value)} />}
        {create.error && Object.keys(problems).length === 0 ? <Failed error={create.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={create.isPending}>
            {say("flag.create")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
