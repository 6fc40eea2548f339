import { Alert, Button, Group } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconDeviceFloppy, IconPencil } from "@tabler/icons-react";
import { useEffect, useReducer, useState } from "react";
import { ApiError } from "../../../api/client";
import { fetchJourney, fetchJourneyVersion, useJourneyChange, type Clause, type Journey, type JourneyBody, type JourneyNumbers } from "../../../api/journeys";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { Unmapped } from "../Unmapped";
import { draftOf, reduceDraft } from "./draft";
import { EditBoard } from "./EditBoard";
import { Editor, MapEditor } from "./Editors";

interface Props {
  journey: Journey;
  numbers: JourneyNumbers | undefined;
  point: string | undefined;
  open: (point: string | undefined) => void;
  done: () => void;
}

const keptKey = (journey: string) => `resa.draft.${journey}`;

interface Kept {
  version: number;
  body: JourneyBody;
}

/** A draft left behind (a closed tab, a crash) is found again here. */
function keptDraft(journey: Journey): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(keptKey(journey.key)) ?? "null") as Kept | null;
    return kept && Array.isArray(kept.body?.stages) ? kept : null;
  } catch {
    return null;
  }
}

/** Editing: a draft in this browser, saved as one new version; nothing is lost on a conflict or a closed tab. */
export function EditMode({ journey, numbers, point, open, done }: Props) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { save } = useJourneyChange();
  const [base, setBase] = useState(() => keptDraft(journey)?.version ?? journey.version);
  const [draft, change] = useReducer(reduceDraft, journey, (start) => draftOf(keptDraft(start)?.body ?? start.body));
  const [restored, setRestored] = useState(() => keptDraft(journey) !== null);
  const [conflict, setConflict] = useState<number | null>(null);
  const [about, setAbout] = useState(false);
  const [moved, setMoved] = useState("");
  const dirty = restored || draft.past.length > 0;

  useEffect(() => {
    if (dirty) localStorage.setItem(keptKey(journey.key), JSON.stringify({ version: base, body: draft.body } satisfies Kept));
  }, [dirty, draft.body, base, journey.key]);

  const forget = () => localStorage.removeItem(keptKey(journey.key));
  const leave = () => {
    const kept: Kept = { version: base, body: draft.body };
    forget();
    done();
    if (dirty) tell(say("edit.discarded"), () => localStorage.setItem(keptKey(journey.key), JSON.stringify(kept)));
  };
  const saveOver = (expected: number) =>
    save.mutate(
      { key: journey.key, expected, body: draft.body },
      {
        onSuccess: (saved) => {
          forget();
          done();
          const undo = () =>
            void fetchJourneyVersion(journey.key, expected)
              .then((old) => save.mutateAsync({ key: journey.key, expected: saved.version, body: old.body }))
              .catch(tellError);
          tell(say("edit.saved", { version: saved.version }), undo);
        },
        onError: (error) => {
          if (!(error instanceof ApiError) || error.status !== 409) return tellError(error);
          // The server's current version: from its answer where it tells it, else asked for.
          const current = (error.body.current as { version?: number } | undefined)?.version;
          if (current !== undefined) return setConflict(current);
          return void fetchJourney(journey.key)
            .then((now) => setConflict(Math.max(now.version, ...now.history.map((one) => one.version))))
            .catch(tellError);
        },
      },
    );

  return (
    <div className="stack">
      <Group justify="space-between">
        <div className="row">
          <Button variant="default" size="xs" disabled={draft.past.length === 0} leftSection={<IconArrowBackUp size={14} aria-hidden="true" />} onClick={() => change({ do: "undo" })}>
            {say("action.undo")}
          </Button>
          <Button variant="default" size="xs" disabled={draft.future.length === 0} leftSection={<IconArrowForwardUp size={14} aria-hidden="true" />} onClick={() => change({ do: "redo" })}>
            {say("action.redo")}
          </Button>
          <Button variant="default" size="xs" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={() => setAbout(true)}>
            {say("edit.about")}
          </Button>
        </div>
        <div className="row">
          <Button variant="default" size="xs" onClick={leave}>
            {dirty ? say("edit.discard") : say("action.close")}
          </Button>
          <Button size="xs" disabled={!dirty} loading={save.isPending} leftSection={<IconDeviceFloppy size={14} aria-hidden="true" />} onClick={() => saveOver(base)}>
            {say("action.save")}
          </Button>
        </div>
      </Group>
      {restored ? (
        <Alert color="yellow" title={say("edit.restored")} withCloseButton closeButtonLabel={say("action.close")} onClose={() => setRestored(false)}>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              forget();
              setBase(journey.version);
              change({ do: "reset", body: journey.body });
              setRestored(false);
            }}
          >
            {say("edit.startOver", { version: journey.version })}
          </Button>
        </Alert>
      ) : null}
      {conflict === null ? null : (
        <Alert color="orange" title={say("edit.conflict", { version: conflict })} role="alert">
          <p style={{ margin: "0 0 8px" }}>{say("edit.conflict.words")}</p>
          <div className="row">
            <Button size="xs" onClick={() => (setBase(conflict), setConflict(null), saveOver(conflict))}>
              {say("edit.conflict.mine")}
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() =>
                void fetchJourneyVersion(journey.key, conflict)
                  .then((theirs) => {
                    setBase(conflict);
                    setConflict(null);
                    // Mine stays one undo away.
                    change({ do: "map", change: theirs.body });
                  })
                  .catch(tellError)
              }
            >
              {say("edit.conflict.theirs")}
            </Button>
          </div>
        </Alert>
      )}
      <EditBoard body={draft.body} change={change} open={open} told={setMoved} />
      <div className="visually-hidden" role="status">
        {moved}
      </div>
      {numbers ? (
        <Unmapped
          unmapped={stillUnmapped(numbers, draft.body)}
          stages={draft.body.stages}
          add={(stage, name, clause: Clause) => change({ do: "addTouchpoint", stage, name, clause })}
        />
      ) : null}
      {point ? <Editor body={draft.body} point={point} change={change} close={() => open(undefined)} /> : null}
      {about ? <MapEditor journey={journey.key} body={draft.body} change={change} close={() => setAbout(false)} /> : null}
    </div>
  );
}

function stillUnmapped(numbers: JourneyNumbers, body: JourneyBody): JourneyNumbers["unmapped"] {
  const rules = body.stages.flatMap((stage) => stage.touchpoints.flatMap((touchpoint) => touchpoint.rule.any));
  return numbers.unmapped.filter((one) => !rules.some((clause) => clause.type === one.type && (clause.name ?? "") === (one.type === "track" ? one.name : (clause.name ?? ""))));
}
