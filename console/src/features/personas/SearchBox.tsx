import { Button, Progress } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { usePersonaChange, type Kind, type PersonaSearch } from "../../api/personas";
import { useFormat } from "../../design/format";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { Differences } from "./Differences";
import styles from "./Personas.module.css";
import { Portrait } from "./Portrait";

/** The newest search: how far it is, and what it found until somebody takes it over. Leaving the page does not end it. */
export function SearchBox({ search, current, editor }: { search: PersonaSearch; current: number | null; editor: boolean }) {
  const client = useQueryClient();
  useEffect(() => {
    if (search.state === "done") void client.invalidateQueries({ queryKey: ["personas"] });
  }, [search.state, client]);
  if (search.state === "waiting" || search.state === "running") return <Going search={search} editor={editor} />;
  if (search.state === "done" && search.id !== current) return <Found search={search} editor={editor} />;
  if (search.state === "failed") return <Ended words={search.error ?? ""} />;
  return search.state === "done" ? <Drift search={search} /> : null;
}

function Going({ search, editor }: { search: PersonaSearch; editor: boolean }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const { cancel } = usePersonaChange();
  const step = search.step ? sayOr(`personas.step.${search.step}`, search.step) : say("personas.step.waiting");
  return (
    <section className={styles.box} aria-label={say("personas.search")}>
      <div className="row-between">
        <strong role="status">{say("personas.going", { step })}</strong>
        {editor ? (
          <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(search.id, { onSuccess: () => tell(say("personas.stopped")), onError: tellError })}>
            {say("action.cancel")}
          </Button>
        ) : null}
      </div>
      <Progress value={search.progress * 100} aria-label={say("personas.progress", { share: format.percent(search.progress) })} />
      <p className="dim small">{say("personas.leave")}</p>
    </section>
  );
}

function Ended({ words }: { words: string }) {
  const say = useText();
  return (
    <section className={styles.box} aria-label={say("personas.search")}>
      <strong>{say("personas.failed")}</strong>
      <p className="dim">{words}</p>
    </section>
  );
}

function Found({ search, editor }: { search: PersonaSearch; editor: boolean }) {
  const say = useText();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const { adopt } = usePersonaChange();
  const { result } = search;
  if (!result) return null;
  return (
    <section className={styles.box} aria-label={say("personas.search")}>
      <div className="row-between">
        <h2>{say("personas.found", { count: result.kinds.length })}</h2>
        {editor && result.kinds.length > 0 ? (
          <Button loading={adopt.isPending} onClick={() => adopt.mutate(search.id, { onSuccess: () => tell(say("personas.adopted", { count: result.kinds.length })), onError: tellError })}>
            {say("personas.adopt")}
          </Button>
        ) : null}
      </div>
      <p>
        {result.kinds.length + result.tried.length === 0 ? say("personas.verdict.few", { customers: result.customers }) : say("personas.verdict", { count: result.kinds.length, distinct: result.distinct || result.kinds.length === 0 ? "yes" : "no" })} <span className="dim">{say("personas.of", { customers: result.customers, when: format.ago(search.ended_at ?? search.started_at) })}</span>
      </p>
      {result.kinds.length > 0 ? (
        <ul className={styles.found}>
          {result.kinds.map((kind) => (
            <FoundKind key={kind.id} kind={kind} />
          ))}
        </ul>
      ) : null}
      {result.gone.length > 0 ? <p className="dim">{say("personas.gone", { names: format.list(result.gone) })}</p> : null}
      <Tried search={search} />
    </section>
  );
}

function FoundKind({ kind }: { kind: Kind }) {
  const say = useText();
  const format = useFormat();
  return (
    <li>
      <div className={styles.cardhead}>
        <Portrait face={kind.face} size={48} />
        <div className="grow">
          <strong>{kind.name}</strong>
          <div className="dim small">
            {say("persona.size", { count: kind.size, share: format.percent(kind.share) })}
            {kind.before ? ` · ${say("persona.before", { share: format.percent(kind.before.share) })}` : ""}
          </div>
        </div>
      </div>
      <Differences differences={kind.differences.slice(0, 3)} currency={kind.worth.currency} />
    </li>
  );
}

/** Why that many: each number that was tried, and how it did. */
function Tried({ search }: { search: PersonaSearch }) {
  const say = useText();
  const format = useFormat();
  const tried = search.result?.tried ?? [];
  if (tried.length === 0) return null;
  return (
    <details className={styles.tried}>
      <summary>{say("personas.tried")}</summary>
      <p className="dim small">{say("personas.tried.words")}</p>
      <div className="scroll-x">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{say("personas.tried.kinds")}</th>
              <th scope="col" className="num">
                {say("personas.tried.again")}
              </th>
              <th scope="col" className="num">
                {say("personas.tried.explained")}
              </th>
              <th scope="col" className="num">
                {say("personas.tried.chance")}
              </th>
              <th scope="col">{say("personas.tried.verdict")}</th>
            </tr>
          </thead>
          <tbody>
            {tried.map((one) => (
              <tr key={one.kinds}>
                <th scope="row">{one.kinds}</th>
                <td className="num">{format.percent(Math.min(...one.jaccard))}</td>
                <td className="num">{format.percent(one.explained)}</td>
                <td className="num">{format.percent(one.by_chance)}</td>
                <td>{say(one.stable ? "personas.tried.stable" : "personas.tried.unstable")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** What has moved since the search before: quiet unless something has. */
function Drift({ search }: { search: PersonaSearch }) {
  const say = useText();
  const format = useFormat();
  const moved = (search.result?.drift ?? []).filter((one) => one.reading !== "settled");
  if (moved.length === 0) return null;
  return (
    <section className={styles.box} aria-label={say("personas.drift")}>
      <strong>{say("personas.drift")}</strong>
      <p>{say("personas.drift.words", { what: format.list(moved.slice(0, 5).map((one) => one.label)), strongly: moved.some((one) => one.reading === "moved") ? "yes" : "no" })}</p>
    </section>
  );
}
