import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type FormEvent } from "react";
import { useWordsLook } from "../../../api/email";
import { useInboxChange, type AnswerRow } from "../../../api/inbox";
import { useReplyDraft, useReplyTemplates, type FilledReply } from "../../../api/replies";
import { Failed, Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { MailLook } from "../../../mail/MailLook";
import { isRefusal, problemsUnder } from "../../../questions/problems";
import { ReplyTemplates } from "./ReplyTemplates";

/** Milliseconds of rest after which the mail is drawn anew. */
const REST = 400;

/** A reply by mail: begun from a template or from nothing, looked at, sent. */
export function Reply({ answer }: { answer: AnswerRow }) {
  const say = useText();
  const [open, setOpen] = useState(false);
  if (open) return <Writing answer={answer} done={() => setOpen(false)} />;
  return (
    <Button size="xs" variant="default" onClick={() => setOpen(true)} style={{ justifySelf: "start" }}>
      {say("inbox.reply")}
    </Button>
  );
}

function Writing({ answer, done }: { answer: AnswerRow; done: () => void }) {
  const say = useText();
  const { reply } = useInboxChange();
  const { tell } = useToasts();
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const [language, setLanguage] = useState<string | null>(null);
  const [seen, setSeen] = useState(false);
  const [words] = useDebouncedValue({ subject, text, language }, REST);
  const look = useWordsLook(`/api/inbox/${answer.id}/reply-look`, seen ? words : null);
  const problems = problemsUnder(reply.error, "");
  const begin = (filled: FilledReply) => {
    setSubject(filled.subject);
    setText(filled.text);
    setLanguage(filled.language);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reply.mutate(
      { id: answer.id, subject, text },
      {
        onSuccess: () => {
          tell(say("inbox.replied"));
          done();
        },
      },
    );
  };
  return (
    <form className="stack-s" aria-label={say("inbox.reply")} onSubmit={submit}>
      <Begin answer={answer} begin={begin} />
      <TextInput size="xs" required maxLength={200} label={say("inbox.subject")} value={subject} error={problems.subject} onChange={(event) => setSubject(event.currentTarget.value)} />
      <Textarea size="xs" required maxLength={10_000} autosize minRows={4} label={say("inbox.text")} value={text} error={problems.text} onChange={(event) => setText(event.currentTarget.value)} />
      {reply.error && !problems.subject && !problems.text ? isRefusal(reply.error) ? <Problem>{Object.values(problems).join(" ")}</Problem> : <Failed error={reply.error} /> : null}
      <div className="row">
        <Button size="xs" type="submit" loading={reply.isPending}>
          {say("inbox.send")}
        </Button>
        <Button size="xs" variant="default" aria-expanded={seen} disabled={!subject.trim() && !text.trim()} onClick={() => setSeen(!seen)}>
          {say(seen ? "inbox.unlook" : "inbox.look")}
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={done}>
          {say("action.cancel")}
        </Button>
      </div>
      {seen ? <MailLook label={say("inbox.look.label")} look={look} lines="few" /> : null}
    </form>
  );
}

/** Saved words, filled with who this customer is; where the template is in several languages, in theirs. */
function Begin({ answer, begin }: { answer: AnswerRow; begin: (filled: FilledReply) => void }) {
  const say = useText();
  const templates = useReplyTemplates().data?.items ?? [];
  const draft = useReplyDraft(answer.id);
  const [editing, setEditing] = useState(false);
  const take = (template: string) => template && draft.mutate({ template }, { onSuccess: begin });
  return (
    <div className="row" style={{ alignItems: "flex-end" }}>
      {templates.length > 0 ? (
        <NativeSelect
          size="xs"
          className="grow"
          label={say("reply.begin")}
          description={say("reply.begin.words")}
          value=""
          error={isRefusal(draft.error) ? Object.values(problemsUnder(draft.error, "")).join(" ") : undefined}
          data={[{ value: "", label: say("reply.choose") }, ...templates.map((one) => ({ value: one.key, label: one.name }))]}
          onChange={(event) => take(event.currentTarget.value)}
        />
      ) : null}
      <Button size="xs" variant="subtle" onClick={() => setEditing(true)}>
        {say(templates.length > 0 ? "reply.manage" : "reply.first")}
      </Button>
      {draft.error && !isRefusal(draft.error) ? <Failed error={draft.error} /> : null}
      {editing ? <ReplyTemplates answer={answer.id} close={() => setEditing(false)} /> : null}
    </div>
  );
}
