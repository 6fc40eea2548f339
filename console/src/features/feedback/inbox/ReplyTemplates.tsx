import { Button, Menu, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useRef, useState, type FormEvent } from "react";
import { blankReplyTemplate, useFilledReply, useReplyTemplate, useReplyTemplateChange, useReplyTemplates, type ReplyTemplate, type ReplyVersion } from "../../../api/replies";
import { Modal } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { languageName } from "../../../design/languages";
import { useLocale } from "../../../design/locale";
import { Answer, Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { problemsUnder } from "../../../questions/problems";
import styles from "./Inbox.module.css";

const REST = 400;
const SPOKEN = ["en", "sv", "de", "da", "nb", "fi", "fr", "es", "it", "nl", "pl", "pt", "sr", "hu"];

/** What a template may put in, and what it says where nothing is known. */
const PIECES = ["first_name", "name", "score", "comment", "survey", "survey_score"] as const;
const WRITTEN: Record<(typeof PIECES)[number], (fallback: string) => string> = {
  first_name: (fallback) => `{{ customer.first_name | default: "${fallback}" }}`,
  name: (fallback) => `{{ customer.name | default: "${fallback}" }}`,
  score: () => "{{ answer.score }}",
  comment: () => "{{ answer.comment }}",
  survey: () => "{{ survey.name }}",
  survey_score: () => "{{ survey.score }}",
};

/** Words a team begins its replies with: chosen, written, and seen filled for the answer that is open. */
export function ReplyTemplates({ answer, close }: { answer: number; close: () => void }) {
  const say = useText();
  const { locale } = useLocale();
  const templates = useReplyTemplates().data?.items ?? [];
  const [key, setKey] = useState<string | null>(null);
  const saved = useReplyTemplate(key);
  return (
    <Modal opened size="lg" onClose={close} title={say("reply.templates")}>
      <div className="stack">
        {templates.length > 0 ? <NativeSelect size="xs" label={say("reply.which")} value={key ?? ""} data={[{ value: "", label: say("reply.new") }, ...templates.map((one) => ({ value: one.key, label: one.name }))]} onChange={(event) => setKey(event.currentTarget.value || null)} /> : null}
        {key === null ? <Editor key="new" answer={answer} at={null} version={0} body={blankReplyTemplate(locale)} opened={setKey} taken={templates.map((one) => one.key)} /> : <Answer of={saved}>{(one) => <Editor key={`${key}-${one.version}`} answer={answer} at={key} version={one.version} body={one.body} opened={setKey} taken={[]} />}</Answer>}
      </div>
    </Modal>
  );
}

interface EditorProps {
  answer: number;
  at: string | null;
  version: number;
  body: ReplyTemplate;
  taken: string[];
  opened: (key: string | null) => void;
}

function Editor({ answer, at, version, body, taken, opened }: EditorProps) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { create, save, discard } = useReplyTemplateChange();
  const [draft, setDraft] = useState(body);
  const [place, setPlace] = useState(0);
  const now = draft.versions[place] ?? draft.versions[0];
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const put = (change: Partial<ReplyVersion>) => setDraft({ ...draft, versions: draft.versions.map((one, index) => (index === place ? { ...one, ...change } : one)) });
  const done = { onSuccess: (made: { key: string; body: ReplyTemplate }) => (tell(say("reply.saved", { name: made.body.name })), opened(made.key)) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation(); // the dialog lies within the reply's form: its own submit must not send the mail
    if (at === null) create.mutate({ key: keyFor(draft.name, taken), body: draft }, done);
    else save.mutate({ key: at, expected: version, body: draft }, done);
  };
  const drop = () => at && discard.mutate(at, { onSuccess: (gone) => (opened(null), tell(say("exp.removed", { name: draft.name }), () => save.mutate({ key: at, expected: gone.expected_version, body: draft }, { onError: tellError }))), onError: tellError });
  if (!now) return null;
  return (
    <form className="stack-s" onSubmit={submit}>
      <TextInput size="xs" required maxLength={120} label={say("field.name")} value={draft.name} error={problems.name} onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })} />
      <Languages draft={draft} place={place} choose={setPlace} save={setDraft} problem={problems[`versions[${place}].language`]} />
      <TextInput size="xs" required maxLength={200} label={say("inbox.subject")} value={now.subject} error={problems[`versions[${place}].subject`] ?? problems.subject} onChange={(event) => put({ subject: event.currentTarget.value })} />
      <Piped value={now.text} error={problems[`versions[${place}].text`] ?? problems.text} save={(text) => put({ text })} />
      <Filled answer={answer} body={draft} language={now.language} />
      {error && Object.keys(problems).length === 0 ? <Failed error={error} /> : null}
      <div className="row">
        <Button size="xs" type="submit" loading={create.isPending || save.isPending}>
          {say("action.save")}
        </Button>
        {at === null ? null : (
          <Button size="xs" variant="subtle" color="gray" onClick={drop}>
            {say("action.remove")}
          </Button>
        )}
      </div>
    </form>
  );
}

function Languages({ draft, place, choose, save, problem }: { draft: ReplyTemplate; place: number; choose: (place: number) => void; save: (draft: ReplyTemplate) => void; problem: string | undefined }) {
  const say = useText();
  const there = draft.versions.map((one) => one.language);
  const add = (language: string) => {
    save({ ...draft, versions: [...draft.versions, { language, subject: "", text: "" }] });
    choose(draft.versions.length);
  };
  return (
    <div className="row" style={{ alignItems: "flex-end" }}>
      <NativeSelect size="xs" label={say("reply.language")} value={String(place)} error={problem} data={there.map((language, index) => ({ value: String(index), label: languageName(language) }))} onChange={(event) => choose(Number(event.currentTarget.value))} />
      <NativeSelect size="xs" aria-label={say("told.language.add")} value="" data={[{ value: "", label: say("told.language.add") }, ...SPOKEN.filter((one) => !there.includes(one)).map((value) => ({ value, label: languageName(value) }))]} onChange={(event) => event.currentTarget.value && add(event.currentTarget.value)} />
      {there.length > 1 ? (
        <Button size="xs" variant="subtle" color="gray" onClick={() => (save({ ...draft, versions: draft.versions.filter((_, index) => index !== place) }), choose(0))}>
          {say("told.language.remove", { language: languageName(there[place] ?? "") })}
        </Button>
      ) : null}
    </div>
  );
}

/** The text, with a menu of what can be put in where the cursor stands. */
function Piped({ value, error, save }: { value: string; error: string | undefined; save: (text: string) => void }) {
  const say = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const insert = (piece: (typeof PIECES)[number]) => {
    const at = field.current?.selectionStart ?? value.length;
    save(value.slice(0, at) + WRITTEN[piece](say("reply.fallback")) + value.slice(field.current?.selectionEnd ?? at));
  };
  return (
    <div>
      <Textarea ref={field} size="xs" required maxLength={10_000} autosize minRows={5} maxRows={14} label={say("inbox.text")} value={value} error={error} onChange={(event) => save(event.currentTarget.value)} />
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="compact-xs" variant="subtle" mt={4}>
            {say("reply.insert")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {PIECES.map((piece) => (
            <Menu.Item key={piece} onClick={() => insert(piece)}>
              {say(`reply.piece.${piece}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** What this customer would read, so that a fall-back that is missing shows before it is sent. */
function Filled({ answer, body, language }: { answer: number; body: ReplyTemplate; language: string }) {
  const say = useText();
  const [asked] = useDebouncedValue(body, REST);
  const whole = asked.name.trim() !== "" && asked.versions.every((one) => one.subject.trim() && one.text.trim());
  const filled = useFilledReply(answer, whole ? asked : null, language).data;
  if (!filled) return null;
  return (
    <div>
      <span className="dim small">{say("reply.filled")}</span>
      <div className={styles.letter} lang={filled.language}>
        <strong>{filled.subject}</strong>
        <p>{filled.text}</p>
      </div>
    </div>
  );
}
