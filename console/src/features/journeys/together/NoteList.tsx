import { ActionIcon, Button, Menu, Textarea } from "@mantine/core";
import { IconBulb, IconCheck, IconDots, IconHelp, IconMessage, IconMoodSad, IconMoodSmile, IconPencil, IconThumbDown, IconThumbUp, IconTrash, IconX } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { JourneyBody } from "../../../api/journeys";
import { useNoteChange, type Note, type Tested, type Votes } from "../../../api/notes";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { useClaimWords, usePlaceName } from "./claims";
import styles from "./Together.module.css";

const PICTURE = { size: 16, stroke: 1.75, "aria-hidden": true } as const;

/** Notes one under the other, the assumptions with what the data say of them. */
export function NoteList({ journey, body, notes, editable, places }: { journey: string; body: JourneyBody; notes: Note[]; editable: boolean; places?: (key: string) => void }) {
  return (
    <ul className={styles.notes}>
      {notes.map((note) => (
        <li key={note.id}>
          <OneNote journey={journey} body={body} note={note} editable={editable} places={places} />
        </li>
      ))}
    </ul>
  );
}

function pictureOf(note: Note): ReactNode {
  if (note.kind === "assumption") return <IconBulb {...PICTURE} />;
  if (note.kind === "experience") return note.good ? <IconMoodSmile {...PICTURE} /> : <IconMoodSad {...PICTURE} />;
  return <IconMessage {...PICTURE} />;
}

function OneNote({ journey, body, note, editable, places }: { journey: string; body: JourneyBody; note: Note; editable: boolean; places: ((key: string) => void) | undefined }) {
  const say = useText();
  const format = useFormat();
  const nameOf = usePlaceName(body);
  const { tell, tellError } = useToasts();
  const { drop, restore } = useNoteChange(journey);
  const [editing, setEditing] = useState(false);
  const key = note.on.slice(note.on.indexOf(":") + 1);
  // Promises, not callbacks: the note leaves the list, and nothing of it would be called any more.
  const gone = () =>
    void drop
      .mutateAsync(note.id)
      .then(() => tell(say("notes.removed"), () => void restore.mutateAsync(note.id).catch(tellError)))
      .catch(tellError);
  return (
    <article className={styles.note} data-verdict={note.tested?.verdict}>
      <div className={styles.notehead}>
        {pictureOf(note)}
        <span className="grow">
          {say(note.kind === "experience" ? (note.good ? "notes.experience.good" : "notes.experience.bad") : `notes.${note.kind}`)}
          {places && note.on !== "map" ? (
            <>
              {" · "}
              <button type="button" className={styles.place} onClick={() => places(key)}>
                {nameOf(note.on)}
              </button>
            </>
          ) : null}
          {" · "}
          {note.author}, {format.ago(note.at)}
          {note.changed_at ? ` · ${say("notes.changed")}` : ""}
        </span>
        {note.mine && editable ? (
          <Menu>
            <Menu.Target>
              <ActionIcon size={24} variant="subtle" color="gray" aria-label={say("notes.more")}>
                <IconDots size={14} aria-hidden="true" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={() => setEditing(true)}>
                {say("action.edit")}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={14} aria-hidden="true" />} onClick={gone}>
                {say("action.remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ) : null}
      </div>
      {editing ? <EditNote journey={journey} note={note} done={() => setEditing(false)} /> : <p>{note.text}</p>}
      {note.claim && note.tested ? <Verdict note={note} tested={note.tested} body={body} /> : null}
    </article>
  );
}

function EditNote({ journey, note, done }: { journey: string; note: Note; done: () => void }) {
  const say = useText();
  const { tellError } = useToasts();
  const { change } = useNoteChange(journey);
  const [text, setText] = useState(note.text);
  return (
    <div className="stack-s">
      <Textarea autosize minRows={2} autoFocus aria-label={say("notes.text")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <div className="row">
        <Button size="compact-sm" loading={change.isPending} onClick={() => change.mutate({ id: note.id, expected_version: note.version, text }, { onSuccess: done, onError: tellError })}>
          {say("action.save")}
        </Button>
        <Button size="compact-sm" variant="default" onClick={done}>
          {say("action.cancel")}
        </Button>
      </div>
    </div>
  );
}

/** What the data say of an assumption, with the interval and how many customers it rests on. */
function Verdict({ note, tested, body }: { note: Note; tested: Tested; body: JourneyBody }) {
  const say = useText();
  const format = useFormat();
  const claim = useClaimWords(body);
  if (!note.claim) return null;
  const show = (value: number | null) => (value === null ? "–" : note.claim?.says === "takes" ? format.span(value) : format.percent(value));
  const { verdict } = tested;
  const known = verdict === "confirmed" || verdict === "contradicted" || verdict === "undecided";
  return (
    <div className={styles.verdict} data-verdict={verdict}>
      {verdict === "confirmed" ? <IconCheck {...PICTURE} /> : verdict === "contradicted" ? <IconX {...PICTURE} /> : <IconHelp {...PICTURE} />}
      <span>
        <strong>{say(verdict === "no data" ? "notes.verdict.empty" : `notes.verdict.${verdict}`)}</strong> {claim(note.claim)}{" "}
        {known ? <span className="dim">{say("notes.measured", { value: show(tested.value), low: show(tested.low), high: show(tested.high), n: tested.n, open: tested.high === null ? "yes" : "no" })}</span> : null}
      </span>
    </div>
  );
}

/** For and against, one vote each; a second one takes the place of the first. */
export function VoteButtons({ journey, on, name, votes, editable }: { journey: string; on: string; name: string; votes: Votes | undefined; editable: boolean }) {
  const say = useText();
  const { tellError } = useToasts();
  const { add } = useNoteChange(journey);
  const vote = (good: boolean) => add.mutate({ kind: "vote", on, good }, { onError: tellError });
  return (
    <div className="row" role="group" aria-label={say("notes.votes", { name })}>
      {([true, false] as const).map((good) => {
        const count = (good ? votes?.up : votes?.down) ?? 0;
        return (
          <Button
            key={String(good)}
            size="compact-sm"
            variant={votes?.mine === good ? "light" : "default"}
            disabled={!editable}
            aria-pressed={votes?.mine === good}
            leftSection={good ? <IconThumbUp size={14} aria-hidden="true" /> : <IconThumbDown size={14} aria-hidden="true" />}
            onClick={() => vote(good)}
          >
            <span className="visually-hidden">{say(good ? "notes.for" : "notes.against")} </span>
            {count}
          </Button>
        );
      })}
    </div>
  );
}
