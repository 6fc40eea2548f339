import type { JourneyBody, LensQuery } from "../../../api/journeys";
import { useNotes, type Note } from "../../../api/notes";
import { Drawer } from "../../../design/dialogs";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { Composer } from "./Composer";
import { NoteList, VoteButtons } from "./NoteList";
import { usePlaceName } from "./claims";

/** Everything the team wrote on the map: assumptions with their verdicts first, then the rest, newest first. */
export function NotesDrawer({ journey, body, lens, editable, about, close }: { journey: string; body: JourneyBody; lens: LensQuery; editable: boolean; about: (key: string) => void; close: () => void }) {
  const say = useText();
  const notes = useNotes(journey, lens);
  return (
    <Drawer opened onClose={close} title={<strong>{say("notes.title")}</strong>} size={500} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        {editable ? <Composer journey={journey} body={body} on="map" /> : null}
        <Answer of={notes}>
          {({ items }) => {
            const assumptions = items.filter((note) => note.kind === "assumption");
            const others = items.filter((note) => note.kind !== "assumption").reverse();
            if (items.length === 0) return <p className="dim">{say("notes.empty")}</p>;
            return (
              <>
                {assumptions.length > 0 ? (
                  <>
                    <h3>{say("notes.assumptions", { confirmed: count(assumptions, "confirmed"), contradicted: count(assumptions, "contradicted"), all: assumptions.length })}</h3>
                    <NoteList journey={journey} body={body} notes={assumptions} editable={editable} places={about} />
                  </>
                ) : null}
                {others.length > 0 ? <NoteList journey={journey} body={body} notes={others} editable={editable} places={about} /> : null}
              </>
            );
          }}
        </Answer>
      </div>
    </Drawer>
  );
}

const count = (notes: Note[], verdict: string): number => notes.filter((note) => note.tested?.verdict === verdict).length;

/** What the team wrote on one stage or touchpoint, and how it voted. */
export function NotesOn({ journey, body, on, lens, editable }: { journey: string; body: JourneyBody; on: string; lens: LensQuery; editable: boolean }) {
  const say = useText();
  const nameOf = usePlaceName(body);
  const notes = useNotes(journey, lens);
  const own = notes.data?.items.filter((note) => note.on === on) ?? [];
  return (
    <section className="stack-s" aria-labelledby="notes-on">
      <div className="row-between">
        <h3 id="notes-on">{say("notes.here")}</h3>
        <VoteButtons journey={journey} on={on} name={nameOf(on)} votes={notes.data?.votes.find((vote) => vote.on === on)} editable={editable} />
      </div>
      {notes.error && !notes.data ? <Answer of={notes}>{() => null}</Answer> : null}
      {own.length > 0 ? <NoteList journey={journey} body={body} notes={own} editable={editable} /> : null}
      {editable ? <Composer journey={journey} body={body} on={on} key={on} /> : null}
    </section>
  );
}
