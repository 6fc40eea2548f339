import { Button, Textarea, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useThemeSplit, type ThemeRow } from "../../../api/comments";
import { Modal } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { Failed, Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { problemsUnder } from "../../../questions/problems";
import { Picks } from "../builder/Picks";

/** A part of a theme becomes one of its own, known by phrases: comments with them leave the rest, also when themes are found anew. */
export function Split({ theme, taken, close }: { theme: ThemeRow; taken: string[]; close: () => void }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { split, undo } = useThemeSplit();
  const [name, setName] = useState("");
  const [picked, setPicked] = useState<string[]>([]);
  const [own, setOwn] = useState("");
  const phrases = [...new Set([...picked, ...own.split("\n").map((line) => line.trim()).filter(Boolean)])];
  const problems = problemsUnder(split.error, "");
  const wrong = Object.entries(problems).find(([path]) => path.startsWith("phrases"))?.[1];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    split.mutate(
      { key: keyFor(name, taken), body: { name: name.trim(), phrases, out_of: theme.key } },
      {
        onSuccess: (made) => {
          close();
          tell(say("comments.split.done", { name: made.body.name, from: theme.name }), () => undo.mutate(made.key, { onError: tellError }));
        },
      },
    );
  };
  return (
    <Modal opened onClose={close} title={say("comments.split")}>
      <form className="stack" onSubmit={submit}>
        <p className="dim small" style={{ margin: 0 }}>
          {say("comments.split.words", { name: theme.name })}
        </p>
        <TextInput label={say("comments.split.name")} required maxLength={120} value={name} error={problems.name} onChange={(event) => setName(event.currentTarget.value)} />
        {theme.phrases.length > 0 ? <Picks label={say("comments.split.phrases")} options={theme.phrases.map((value) => ({ value, label: value }))} value={picked} save={setPicked} /> : null}
        <Textarea label={say("comments.split.own")} description={say("comments.split.own.words")} autosize minRows={2} value={own} onChange={(event) => setOwn(event.currentTarget.value)} />
        <Problem>{wrong ?? problems.out_of}</Problem>
        {split.error && Object.keys(problems).length === 0 ? <Failed error={split.error} /> : null}
        <Button type="submit" disabled={name.trim() === "" || phrases.length === 0} loading={split.isPending}>
          {say("comments.split.do")}
        </Button>
      </form>
    </Modal>
  );
}
