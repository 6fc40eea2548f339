import { Button } from "@mantine/core";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useQuestionChange, useSavedQuestions, type SavedKind } from "../../api/questions";
import { useMay } from "../../api/session";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { useAddress } from "../../questions/address";
import { savedBody } from "./saved";

const Naming = lazy(async () => ({ default: (await import("./Naming")).Naming }));

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
      {naming ? <Suspense><Naming kind={kind} words={words} asked={asked} taken={all.data?.items.map((one) => one.key) ?? []} close={() => setNaming(false)} saved={(key) => go({ saved: key })} /></Suspense> : null}
    </>
  );
}
