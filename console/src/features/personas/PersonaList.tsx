import { Button } from "@mantine/core";
import { IconPencilPlus, IconSparkles, IconUserHeart } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { usePersonaChange, usePersonas, usePersonaSearches, type PersonaRow } from "../../api/personas";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Personas.module.css";
import { Portrait } from "./Portrait";
import { SearchBox } from "./SearchBox";

/** Kinds of customers with a face: drawn by hand, or found in the data. */
export function PersonaList() {
  const say = useText();
  const { tellError } = useToasts();
  const personas = usePersonas();
  const searches = usePersonaSearches();
  const { find } = usePersonaChange();
  const editor = useMay("write");
  const newest = searches.data?.items[0];
  const busy = newest?.state === "running" || newest?.state === "waiting";
  const verbs = editor ? (
    <div className="row">
      <Button variant="default" leftSection={<IconPencilPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/customers/personas/$key" params={{ key: "new" }} search={{ edit: true }} {...props} />}>
        {say("personas.draw")}
      </Button>
      <Button leftSection={<IconSparkles size={16} aria-hidden="true" />} disabled={busy} loading={find.isPending} onClick={() => find.mutate(undefined, { onError: tellError })}>
        {say("personas.find")}
      </Button>
    </div>
  ) : null;
  return (
    <>
      <div className="row-between">
        <p className={styles.lead}>{say("personas.lead")}</p>
        {verbs}
      </div>
      {newest ? <SearchBox search={newest} current={personas.data?.run ?? null} editor={editor} /> : null}
      <Answer of={personas}>
        {({ items }) =>
          items.length === 0 ? newest && newest.state !== "stopped" ? null : (
            <Empty icon={<IconUserHeart />} title={say("personas.empty")}>
              {say("personas.empty.words")}
            </Empty>
          ) : (
            <ul className={styles.cards} aria-label={say("personas.title")}>
              {[...items]
                .sort((a, b) => (b.members ?? -1) - (a.members ?? -1))
                .map((persona) => (
                  <li key={persona.key}>
                    <Card persona={persona} />
                  </li>
                ))}
            </ul>
          )
        }
      </Answer>
    </>
  );
}

function Card({ persona }: { persona: PersonaRow }) {
  const say = useText();
  const format = useFormat();
  const { worth } = persona;
  return (
    <Link to="/customers/personas/$key" params={{ key: persona.key }} className={styles.card}>
      <span className={styles.cardhead}>
        <Portrait face={persona.face || persona.key} />
        <span className="grow">
          <strong className={styles.name}>{persona.name}</strong>
          <Pill tone={persona.kind === "found" ? "accent" : "quiet"}>{say(`persona.kind.${persona.kind}`)}</Pill>
        </span>
      </span>
      {persona.summary ? <span className={styles.summary}>{persona.summary}</span> : null}
      <span className={styles.facts}>
        <span>
          <strong>{persona.members === null ? "–" : format.number(persona.members)}</strong>
          <span className="dim small">{persona.members === null ? say("persona.uncounted") : persona.share === null ? say("segment.members.unit", { count: persona.members }) : say("persona.share", { share: format.percent(persona.share) })}</span>
        </span>
        {worth ? (
          <span>
            <strong>{format.money(worth.per_customer.mean, worth.currency ?? "")}</strong>
            <span className="dim small">{say("persona.each", { low: format.money(worth.per_customer.low, worth.currency ?? ""), high: format.money(worth.per_customer.high, worth.currency ?? "") })}</span>
          </span>
        ) : null}
      </span>
    </Link>
  );
}
