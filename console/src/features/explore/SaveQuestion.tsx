import { Button, TextInput } from "@mantine/core";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useQuestionChange, useSavedQuestions, type SavedKind } from "../../api/questions";
import { useMay } from "../../api/session";
import { Modal } from "../../design/dialogs";
import { keyFor } from "../../design/keys";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { useAddress } from "../../questions/address";
import { savedBody } from "./saved";

/** Keeps the question under a name; a saved one that was changed is saved anew, with undo. */
export function SaveQuestion({ kind, words, asked }: { kind: SavedKind; words: string; asked: object }) {
  const say = useText();
  const may = useMay("write");
  const [naming, setNaming] = useState(false);
  const { search, go } = useAddress();
  const all = useSavedQuestions();
  const { tell, tellError } = useToasts();
  const { save } = useQuestionChange();
  if (!may) return null;
  const row = all.data?.items.find((one) => one.key === search.saved);
  const again = () => {
    if (!row) return;
    save.mutate(
      { key: row.key, expected: row.version, body: { name: row.name, kind, body: savedBody(search, asked) } },
      { onSuccess: () => tell(say("explore.save.again", { name: row.name })), onError: tellError },
    );
  };
  return (
    <>
      <Button size="xs" variant={row ? "default" : "filled"} leftSection={<IconDeviceFloppy size={14} aria-hidden="true" />} loading={save.isPending} onClick={() => (row ? again() : setNaming(true))}>
        {say("action.save")}
      </Button>
      {naming ? <Naming kind={kind} words={words} asked={asked} taken={all.data?.items.map((one) => one.key) ?? []} close={() => setNaming(false)} saved={(key) => go({ saved: key })} /> : null}
    </>
  );
}

function Naming({ kind, words, asked, taken, close, saved }: { kind: SavedKind; words: string; asked: object; taken: string[]; close: () => void; saved: (key: string) => void }) {
  const say = useText();
  const { search } = useAddress();
  const [name, setName] = useState(words.slice(0, 120));
  const { tell } = useToasts();
  const { create } = useQuestionChange();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { key: keyFor(name, [...taken, "search"]), body: { name: name.trim(), kind, body: savedBody(search, asked) } },
      {
        onSuccess: (made) => {
          tell(say("explore.save.done", { name: name.trim() }));
          saved(made.key);
          close();
        },
      },
    );
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("explore.save.title")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form onSubmit={submit} className="stack">
        <TextInput label={say("field.name")} description={say("explore.save.words")} required maxLength={120} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        {create.error ? <Failed error={create.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={create.isPending}>
            {say("action.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
