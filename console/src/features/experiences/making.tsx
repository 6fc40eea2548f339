import { TYPES, blankContent, useContentChange, useContents, type ContentType } from "../../api/content";
import { blankPlacement, usePlacementChange, usePlacements } from "../../api/placements";
import { Modal } from "../../design/dialogs";
import { useLocale } from "../../design/locale";
import { useText } from "../../design/text";
import { ContentFields } from "./ContentPage";
import { useEditing } from "./editing";
import { Ending } from "./parts";
import { PlacementFields } from "./PlacementPage";

interface Props {
  close: () => void;
  done: (key: string) => void;
}

/** A placement made on the way. */
export function NewPlacement({ close, done }: Props) {
  const say = useText();
  const rows = usePlacements().data?.items ?? [];
  const editing = useEditing({ saved: null, blank: blankPlacement(), change: usePlacementChange(), taken: rows.map((one) => one.key), done });
  return (
    <Modal opened onClose={close} size={560} title={<strong>{say("placement.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // The form it stands in is another.
          event.stopPropagation();
          editing.store();
        }}
      >
        <PlacementFields of={editing} />
        <Ending of={editing} ready={editing.draft.name.trim() !== ""} back={null} />
      </form>
    </Modal>
  );
}

/** Content written on the way; whoever writes it here lets it out. */
export function NewContent({ close, done, types = TYPES }: Props & { types?: readonly ContentType[] | undefined }) {
  const say = useText();
  const { locale } = useLocale();
  const rows = useContents().data?.items ?? [];
  const blank = { ...blankContent(types[0] ?? "banner", locale), approval: "approved" as const };
  const editing = useEditing({ saved: null, blank, change: useContentChange(), taken: rows.map((one) => one.key), done });
  return (
    <Modal opened onClose={close} size={640} title={<strong>{say("content.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          editing.store();
        }}
      >
        <ContentFields of={editing} fresh types={types} />
        <p className="dim small" style={{ margin: 0 }}>
          {say("content.letOutHere")}
        </p>
        <Ending of={editing} ready={editing.draft.name.trim() !== ""} back={null} />
      </form>
    </Modal>
  );
}
