import { Button, NativeSelect, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useAnswerNotes, useAnswerTasks, useInboxChange, type AnswerRow, type AnswerStatus, type Task } from "../../../api/inbox";
import { useMay } from "../../../api/session";
import { useTeam } from "../../../api/team";
import { useTimeline } from "../../../api/timeline";
import { Pill } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { useText, useTextOr } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "./Inbox.module.css";
import { Reply } from "./Reply";
import { Score } from "./Score";

const STATUSES: AnswerStatus[] = ["new", "open", "waiting", "closed"];

/** One answer: what was said, why it is here, what is done about it, and what the customer did before. */
export function AnswerPanel({ answer, close }: { answer: AnswerRow; close: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const may = useMay("write");
  return (
    <article className={styles.panel} aria-label={answer.name ?? say("inbox.anonymous")}>
      <header className={styles.head}>
        <Score one={answer} />
        <div className="grow">
          <h3>{answer.profile ? <Link to="/customers/$profile" params={{ profile: answer.profile }}>{answer.name ?? say("customer.anonymous")}</Link> : say(answer.anonymous ? "inbox.anonymous" : "inbox.nobody")}</h3>
          <div className="dim small">
            {say("inbox.source", { survey: answer.title ?? answer.survey ?? answer.event, channel: sayOr(`inbox.channel.${answer.channel}`, answer.channel) })} · {format.dateTime(answer.at)}
          </div>
        </div>
        {may && answer.status !== "closed" ? (
          <Button size="xs" onClick={close}>
            {say("inbox.close")}
          </Button>
        ) : null}
      </header>
      {answer.comment ? <blockquote className={styles.quote} dir="auto">{answer.comment}</blockquote> : <p className="dim">{say("inbox.wordless")}</p>}
      {answer.themes.length > 0 ? (
        <div className={styles.marks}>
          {answer.themes.map((theme) => (
            <Pill key={theme}>{theme}</Pill>
          ))}
        </div>
      ) : null}
      {answer.rules.length > 0 ? (
        <p className="small">
          {say(answer.held_out ? "inbox.heldOut" : "inbox.because")}{" "}
          {answer.rules.map((rule) => (
            <Pill key={rule}>{rule}</Pill>
          ))}
        </p>
      ) : null}
      {may ? <Minding answer={answer} /> : null}
      <Tasks answer={answer} />
      {may && answer.profile ? <Reply answer={answer} /> : null}
      <Notes answer={answer} may={may} />
      {answer.profile ? <Before profile={answer.profile} /> : null}
    </article>
  );
}

function Minding({ answer }: { answer: AnswerRow }) {
  const say = useText();
  const team = useTeam();
  const { change } = useInboxChange();
  const { tellError } = useToasts();
  const people = (team.data?.items ?? []).filter((one) => one.state === "active").map((one) => ({ value: one.id, label: one.name || one.email }));
  const save = (more: { status?: AnswerStatus; assignee?: string | null; contacted?: boolean }) => change.mutate({ id: answer.id, expected_version: answer.version, ...more }, { onError: tellError });
  return (
    <div className={styles.minding}>
      <NativeSelect size="xs" label={say("inbox.status")} value={answer.status} data={STATUSES.map((value) => ({ value, label: say(`inbox.pile.${value}`) }))} onChange={(event) => save({ status: event.currentTarget.value as AnswerStatus })} />
      <NativeSelect size="xs" label={say("inbox.assignee")} value={answer.assignee ?? ""} data={[{ value: "", label: say("inbox.noAssignee") }, ...people]} onChange={(event) => save({ assignee: event.currentTarget.value || null })} />
      <Button size="xs" variant="default" aria-pressed={answer.contacted_at !== null} onClick={() => save({ contacted: answer.contacted_at === null })}>
        {say(answer.contacted_at ? "inbox.contacted" : "inbox.markContacted")}
      </Button>
    </div>
  );
}

function Tasks({ answer }: { answer: AnswerRow }) {
  const say = useText();
  const tasks = useAnswerTasks(answer.id).data?.items ?? [];
  if (tasks.length === 0) return null;
  return (
    <section className="stack-s">
      <h4>{say("inbox.tasks")}</h4>
      <ul className={styles.plain}>
        {tasks.map((task) => (
          <OneTask key={task.id} task={task} />
        ))}
      </ul>
    </section>
  );
}

function OneTask({ task }: { task: Task }) {
  const say = useText();
  const format = useFormat();
  const may = useMay("write");
  const { task: change } = useInboxChange();
  const { tell, tellError } = useToasts();
  const finish = () =>
    change.mutate(
      { id: task.id, expected_version: task.version, status: "done" },
      { onSuccess: (saved) => tell(say("inbox.task.done"), () => change.mutate({ id: task.id, expected_version: saved.version, status: "open" }, { onError: tellError })), onError: tellError },
    );
  return (
    <li className={styles.task}>
      <span className="grow">
        <span data-done={task.status !== "open"}>{task.title}</span>
        {task.due_at ? (
          <span className="dim small" data-late={task.overdue}>
            {" "}
            {say(task.overdue ? "inbox.overdue" : "inbox.due", { when: format.dateTime(task.due_at) })}
          </span>
        ) : null}
      </span>
      {may && task.status === "open" ? (
        <Button size="compact-xs" variant="default" onClick={finish}>
          {say("inbox.task.finish")}
        </Button>
      ) : null}
    </li>
  );
}

function Notes({ answer, may }: { answer: AnswerRow; may: boolean }) {
  const say = useText();
  const format = useFormat();
  const notes = useAnswerNotes(answer.id).data?.items ?? [];
  const { note } = useInboxChange();
  const { tellError } = useToasts();
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    note.mutate({ id: answer.id, text }, { onSuccess: () => setText(""), onError: tellError });
  };
  return (
    <section className="stack-s">
      <h4>{say("inbox.notes")}</h4>
      {notes.length > 0 ? (
        <ul className={styles.plain}>
          {notes.map((one) => (
            <li key={one.id} className="small">
              <strong>{one.author}</strong> <span className="dim">{format.ago(one.at)}</span>
              <div className={one.kind === "change" ? "dim" : undefined}>{one.text}</div>
            </li>
          ))}
        </ul>
      ) : null}
      {may ? (
        <form className="row" onSubmit={submit}>
          <TextInput size="xs" className="grow" aria-label={say("inbox.note")} placeholder={say("inbox.note")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          <Button size="xs" variant="default" type="submit" disabled={!text.trim()}>
            {say("inbox.note.add")}
          </Button>
        </form>
      ) : null}
    </section>
  );
}

/** What the customer did around it, the newest first. */
function Before({ profile }: { profile: string }) {
  const say = useText();
  const format = useFormat();
  const timeline = useTimeline(profile, {});
  const events = timeline.data?.pages[0]?.items.slice(0, 12) ?? [];
  if (events.length === 0) return null;
  return (
    <section className="stack-s">
      <h4>{say("inbox.timeline")}</h4>
      <ol className={styles.plain}>
        {events.map((event) => (
          <li key={event.row} className={styles.event}>
            <span className="dim small">{format.dateTime(event.time)}</span>
            <span>
              {event.name || event.page_title || event.page_path || event.type}
              {event.stage ? <span className="dim small"> · {event.stage}</span> : null}
              {event.revenue && event.currency ? <span className="dim small"> · {format.money(event.revenue, event.currency)}</span> : null}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
