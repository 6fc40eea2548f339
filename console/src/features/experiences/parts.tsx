import { Button, Chip, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schedule } from "../../api/content";
import { useSession } from "../../api/session";
import { useFormat } from "../../design/format";
import { Failed, Problem } from "../../design/states";
import { useText } from "../../design/text";
import { dayIn, midnight } from "../../lens/lens";
import type { Editing } from "./editing";
import styles from "./Experiences.module.css";

/** Some of a few: each a switch one can press. */
export function Picks({ label, hint, options, value, save }: { label: string; hint?: string; options: { value: string; label: string }[]; value: string[]; save: (value: string[]) => void }) {
  return (
    <fieldset className={styles.picks}>
      <legend>{label}</legend>
      {hint ? <p className="dim small">{hint}</p> : null}
      <Chip.Group multiple value={value} onChange={save}>
        <div className="row">
          {options.map((one) => (
            <Chip key={one.value} size="xs" value={one.value}>
              {one.label}
            </Chip>
          ))}
        </div>
      </Chip.Group>
    </fieldset>
  );
}

const DAY = 86_400_000;

/** From which day until which day, in the workspace's time zone; the last day is in it. */
export function ScheduleFields({ value, save, problem }: { value: Schedule | null; save: (value: Schedule | null) => void; problem?: string | undefined }) {
  const say = useText();
  const zone = useSession().workspace.timezone;
  const first = value?.start ? dayIn(Date.parse(value.start), zone) : "";
  const last = value?.end ? dayIn(Date.parse(value.end) - 1, zone) : "";
  const put = (start: string, end: string) =>
    save(start || end ? { start: start ? new Date(midnight(start, zone)).toISOString() : null, end: end ? new Date(midnight(new Date(Date.parse(end) + DAY).toISOString().slice(0, 10), zone)).toISOString() : null } : null);
  return (
    <div className={styles.pair}>
      <TextInput type="date" label={say("exp.schedule.from")} value={first} error={problem} onChange={(event) => put(event.currentTarget.value, last)} />
      <TextInput type="date" label={say("exp.schedule.to")} value={last} min={first || undefined} onChange={(event) => put(first, event.currentTarget.value)} />
    </div>
  );
}

/** The end of an editor: what went wrong, save, and the way back. */
export function Ending<Body>({ of, ready, back, label }: { of: Editing<Body>; ready: boolean; back: ReactNode; label?: string }) {
  const say = useText();
  const unseen = Object.entries(of.problems);
  return (
    <div className="stack-s">
      {of.failed ? <Failed error={of.failed} /> : null}
      <Problem>{unseen.map(([field, words]) => say("error.field", { field, rule: words })).join(" ")}</Problem>
      {of.theirs === undefined ? null : (
        <div>
          <Button size="xs" variant="default" onClick={() => of.store(undefined, of.theirs)}>
            {say("edit.conflict.mine")}
          </Button>
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={of.pending} disabled={!ready}>
          {label ?? say("action.save")}
        </Button>
        {back}
      </div>
    </div>
  );
}

/** Who saved it when, oldest last. */
export function Versions({ history }: { history: { version: number; author: string; at: string; deleted: boolean }[] }) {
  const say = useText();
  const format = useFormat();
  return (
    <details className={styles.more}>
      <summary>{say("exp.versions", { count: history.length })}</summary>
      <ol className={styles.plain}>
        {history.slice(0, 20).map((one) => (
          <li key={one.version} className="dim small">
            {say("exp.version", { version: one.version, author: one.author, when: format.dateTime(one.at), gone: one.deleted ? "yes" : "no" })}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** The experiences that use something, each a way to it. */
export function UsedBy({ keys, names }: { keys: string[]; names: Map<string, string> }) {
  const say = useText();
  if (keys.length === 0) return <span className="dim small">{say("exp.unused")}</span>;
  return (
    <ul className={styles.plain}>
      {keys.map((key) => (
        <li key={key}>
          <Link to="/experiences/$key" params={{ key }}>
            {names.get(key) ?? key}
          </Link>
        </li>
      ))}
    </ul>
  );
}
