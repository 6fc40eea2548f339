import { ActionIcon, Button, Checkbox, Menu, SegmentedControl, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDots, IconPencil, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState, type FormEvent } from "react";
import { useFlag, useFlagChange, type Climb, type Flag, type FlagRule } from "../../../api/flags";
import { useMetrics } from "../../../api/metrics";
import { useMay } from "../../../api/session";
import { useSources } from "../../../api/sources";
import { CodeBlock } from "../../../design/Copy";
import { useFormat } from "../../../design/format";
import { Page } from "../../../design/Page";
import { useRemoval } from "../../../design/removal";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import { everybody, textOf, valueFrom } from "./flag";
import { RuleWords } from "./RuleWords";
import { useFlagSaving } from "./saving";
import { FLAG_SNIPPETS } from "./snippets";
import { Switch } from "./Switch";

const RuleEditor = lazy(async () => ({ default: (await import("./RuleEditor")).RuleEditor }));

/** One flag: what everybody gets, who gets something else and why, who sees what now, and how a program asks. */
export function FlagPage() {
  const say = useText();
  const { key } = useParams({ from: "/rooms/experiments/flags/$key" });
  const flag = useFlag(key);
  if (flag.data) return <Shown key={key} flag={flag.data} />;
  return (
    <Page title={say("flags.title")}>
      <Answer of={flag}>{() => null}</Answer>
    </Page>
  );
}

function Shown({ flag }: { flag: Flag }) {
  const say = useText();
  const may = useMay("write");
  const { saving } = useFlagSaving(flag);
  const { body } = flag;
  return (
    <Page
      title={body.name}
      lead={
        <span className="row">
          <Link to="/experiments/flags">{say("flags.title")}</Link>
          <span className="mono">{flag.key}</span>
        </span>
      }
      actions={may ? <More flag={flag} /> : null}
    >
      {body.description ? <p style={{ margin: 0 }}>{body.description}</p> : null}
      <section className="card row-between" aria-label={say("flag.everybody")}>
        <div>
          <h2>{say("flag.everybody")}</h2>
          <span className="dim small">{say("flag.everybody.words")}</span>
        </div>
        {body.type === "boolean" || body.type === undefined ? (
          <Switch on={body.default === true} disabled={!may} label={say("flag.switch", { name: body.name })} turn={(on) => saving(everybody(body, on), say(on ? "flag.on.told" : "flag.off.told", { name: body.name }))} />
        ) : (
          <Default flag={flag} may={may} />
        )}
      </section>
      <Rules flag={flag} may={may} />
      <Trying flag={flag} />
      <section className="card stack-s" aria-label={say("flag.public")}>
        <Checkbox label={say("flag.public")} description={say("flag.public.words")} checked={body.public ?? false} disabled={!may} onChange={(event) => saving({ ...body, public: event.currentTarget.checked })} />
        {body.public && !flag.handed_out ? <span className={`${styles.bad} small`}>{say("flag.heldBack")}</span> : null}
      </section>
      <Snippets flag={flag} />
    </Page>
  );
}

function More({ flag }: { flag: Flag }) {
  const say = useText();
  const navigate = useNavigate();
  const { discard, save } = useFlagChange();
  const remove = useRemoval();
  const drop = () =>
    remove({ discard, save }, flag, say("explore.dropped", { name: flag.body.name }), () => void navigate({ to: "/experiments/flags" }));
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={say("flag.menu")}>
          <IconDots size={16} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={drop}>{say("action.remove")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Default({ flag, may }: { flag: Flag; may: boolean }) {
  const say = useText();
  const { saving } = useFlagSaving(flag);
  const type = flag.body.type ?? "boolean";
  const [text, setText] = useState(textOf(flag.body.default, type));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving({ ...flag.body, default: valueFrom(text, type) });
  };
  return (
    <form className="row" onSubmit={submit}>
      <TextInput size="xs" aria-label={say("flag.default")} disabled={!may} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {text === textOf(flag.body.default, type) ? null : (
        <Button size="xs" type="submit">
          {say("action.save")}
        </Button>
      )}
    </form>
  );
}

function Rules({ flag, may }: { flag: Flag; may: boolean }) {
  const say = useText();
  const { saving } = useFlagSaving(flag);
  const [editing, setEditing] = useState<number | null>(null);
  const rules = flag.body.rules ?? [];
  const put = (next: FlagRule[]) => saving({ ...flag.body, rules: next });
  const move = (at: number, by: number) => {
    const next = [...rules];
    const [moved] = next.splice(at, 1);
    if (moved) next.splice(at + by, 0, moved);
    put(next);
  };
  return (
    <section className="card stack-s" aria-labelledby="flag-rules">
      <div className="row-between">
        <div>
          <h2 id="flag-rules">{say("flag.rules.title")}</h2>
          <span className="dim small">{say(rules.length > 0 ? "flag.rules.words" : "flag.rules.none")}</span>
        </div>
        {may ? (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => setEditing(rules.length)}>
            {say("flag.rule.add")}
          </Button>
        ) : null}
      </div>
      <ol className={styles.rules}>
        {rules.map((rule, index) => (
          <li key={rule.id} className={styles.rule}>
            <span className={styles.letter} aria-hidden="true">
              {index + 1}
            </span>
            <span className="grow">
              <RuleWords rule={rule} />
              {rule.then.type === "ramp" ? <Ramp flag={flag} rule={rule} climb={flag.ramps.find((one) => one.rule === rule.id)} may={may} /> : null}
            </span>
            {may ? (
              <span className="row">
                <Switch on={rule.enabled !== false} label={say("flag.rule.switch", { number: index + 1 })} turn={(on) => put(rules.map((one, at) => (at === index ? { ...one, enabled: on } : one)))} />
                <ActionIcon variant="subtle" color="gray" aria-label={say("flag.rule.up", { number: index + 1 })} disabled={index === 0} onClick={() => move(index, -1)}>
                  <IconArrowUp size={16} aria-hidden="true" />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={say("flag.rule.down", { number: index + 1 })} disabled={index === rules.length - 1} onClick={() => move(index, 1)}>
                  <IconArrowDown size={16} aria-hidden="true" />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={say("flag.rule.edit", { number: index + 1 })} onClick={() => setEditing(index)}>
                  <IconPencil size={16} aria-hidden="true" />
                </ActionIcon>
              </span>
            ) : null}
          </li>
        ))}
      </ol>
      {editing !== null ? (
        <Suspense>
          <RuleEditor flag={flag} at={editing} close={() => setEditing(null)} />
        </Suspense>
      ) : null}
    </section>
  );
}

/** Where a ramp stands, and its verbs: whatever is done shows how many get it. */
function Ramp({ flag, rule, climb, may }: { flag: Flag; rule: FlagRule; climb: Climb | undefined; may: boolean }) {
  const say = useText();
  const format = useFormat();
  const { ramp } = useFlagChange();
  const { tell, tellError } = useToasts();
  const metrics = useMetrics();
  if (rule.then.type !== "ramp") return null;
  const why = ({ status, harmed }: Climb) =>
    harmed ? say("flag.ramp.back.metric", { metric: metrics.data?.items.find((one) => one.key === harmed)?.name ?? harmed }) : status === "rolled_back" ? say("flag.ramp.back.hand") : status === "held" ? say("flag.ramp.held.hand") : status === "done" ? say("flag.ramp.done.hand") : "";
  const act = (action: "start" | "hold" | "finish" | "roll_back") =>
    ramp.mutate({ key: flag.key, rule: rule.id, action }, { onSuccess: (found) => tell(say("flag.ramp.told", { share: format.percent(found.coverage) }), action === "start" ? () => ramp.mutate({ key: flag.key, rule: rule.id, action: "roll_back" }, { onError: tellError }) : undefined), onError: tellError });
  const steps = rule.then.steps.map((step) => say("flag.ramp.step", { share: format.percent(step.coverage), hours: step.hours })).join(" → ");
  return (
    <span className="stack-s" style={{ marginTop: 6 }}>
      <span className="dim small">{steps}</span>
      <span className="small">
        {climb ? say("flag.ramp.state", { share: format.percent(climb.coverage), next: climb.next ? format.dateTime(climb.next) : "none" }) : say("flag.ramp.waiting")}
        {climb ? ` ${why(climb)}` : ""}
      </span>
      {may ? (
        <span className="row">
          <Button size="compact-xs" variant="default" onClick={() => act("start")}>
            {say(climb ? "flag.ramp.again" : "flag.ramp.start")}
          </Button>
          {climb ? (
            <>
              <Button size="compact-xs" variant="default" onClick={() => act("hold")}>{say("flag.ramp.hold")}</Button>
              <Button size="compact-xs" variant="default" onClick={() => act("finish")}>{say("flag.ramp.finish")}</Button>
              <Button size="compact-xs" variant="default" onClick={() => act("roll_back")}>{say("flag.ramp.back")}</Button>
            </>
          ) : null}
        </span>
      ) : null}
    </span>
  );
}

/** Which value somebody gets now, and by which rule. */
function Trying({ flag }: { flag: Flag }) {
  const say = useText();
  const { tryOut } = useFlagChange();
  const { tellError } = useToasts();
  const [device, setDevice] = useState("");
  const [user, setUser] = useState("");
  const [country, setCountry] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    tryOut.mutate({ key: flag.key, attributes: { ...(device ? { id: device } : {}), ...(user ? { userId: user } : {}), ...(country ? { country } : {}) } }, { onError: tellError });
  };
  const got = tryOut.data;
  const rule = (flag.body.rules ?? []).findIndex((one) => one.id === got?.rule);
  return (
    <section className="card stack-s" aria-label={say("flag.try")}>
      <h2>{say("flag.try")}</h2>
      <form className="row" style={{ alignItems: "flex-end" }} onSubmit={submit}>
        <TextInput size="xs" label={say("flag.try.device")} value={device} onChange={(event) => setDevice(event.currentTarget.value)} />
        <TextInput size="xs" label={say("flag.try.user")} value={user} onChange={(event) => setUser(event.currentTarget.value)} />
        <TextInput size="xs" label={say("flag.try.country")} maxLength={2} value={country} onChange={(event) => setCountry(event.currentTarget.value.toUpperCase())} />
        <Button size="xs" variant="default" type="submit" loading={tryOut.isPending}>
          {say("flag.try.do")}
        </Button>
      </form>
      {got ? (
        <p role="status" style={{ margin: 0 }}>
          <span className="mono">{JSON.stringify(got.value)}</span> {got.variation ? say("flag.try.variation", { variation: got.variation }) : rule >= 0 ? say("flag.try.rule", { number: rule + 1 }) : say("flag.try.default")}
        </p>
      ) : null}
    </section>
  );
}

function Snippets({ flag }: { flag: Flag }) {
  const say = useText();
  const sources = useSources();
  const [id, setId] = useState("resa");
  const snippet = FLAG_SNIPPETS.find((one) => one.id === id) ?? FLAG_SNIPPETS[0];
  const key = (sources.data?.items.find((one) => one.kind === "browser") ?? sources.data?.items[0])?.write_key ?? "YOUR_WRITE_KEY";
  if (!snippet) return null;
  return (
    <section className="card stack-s" aria-label={say("flag.code")}>
      <div className="row-between">
        <h2>{say("flag.code")}</h2>
        <SegmentedControl size="xs" aria-label={say("flag.code.client")} value={id} onChange={setId} data={FLAG_SNIPPETS.map((one) => ({ value: one.id, label: one.name }))} />
      </div>
      <CodeBlock label={snippet.name} text={snippet.code(window.location.origin, key, flag.key, JSON.stringify(flag.body.default ?? null))} />
    </section>
  );
}
