import { Button, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useQuestionChange, type SavedKind } from "../../api/questions";
import { Modal } from "../../design/dialogs";
import { keyFor } from "../../design/keys";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { useAddress } from "../../questions/address";
import { savedBody } from "./saved";

/** Asks for the name of a question to keep. */
export function Naming({ kind, words, asked, taken, close, saved }: { kind: SavedKind; words: string; asked: object; taken: string[]; close: () => void; saved: (key: string) => void }) {
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
