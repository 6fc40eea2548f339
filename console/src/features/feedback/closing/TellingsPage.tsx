import { Button } from "@mantine/core";
import { IconSpeakerphone } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../../api/session";
import { useRows } from "../../../api/shelf";
import { useTelling, useTellings, type Telling } from "../../../api/tellings";
import { Pill } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "./Closing.module.css";
import { Composer, type ThemeChoice } from "./Composer";
import { Figure } from "./Figure";

/** You told us, we did: what customers were told that they had asked for, and telling them. */
export function TellingsPage() {
  const say = useText();
  const may = useMay("write");
  const navigate = useNavigate({ from: "/feedback/told" });
  const { theme, write } = useSearch({ from: "/rooms/listening/feedback/told" });
  const tellings = useTellings();
  const themes = useRows<ThemeChoice>("/api/themes");
  const open = (next: boolean) => void navigate({ search: next ? { write: true } : {} });
  const start = may ? (
    <Button size="xs" onClick={() => open(true)}>
      {say("told.new")}
    </Button>
  ) : null;
  if (may && (write || theme)) return <Answer of={themes}>{({ items }) => <Composer themes={items} theme={theme} done={() => open(false)} />}</Answer>;
  return (
    <section className="stack" aria-labelledby="told">
      <div className="row-between">
        <h2 id="told">{say("told.title")}</h2>
        {tellings.data?.items.length ? start : null}
      </div>
      <Answer of={tellings}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconSpeakerphone />} title={say("told.empty")} action={start}>
              {say("told.empty.words")}
            </Empty>
          ) : (
            <ul className={styles.plain}>
              {items.map((one) => (
                <Told key={one.id} one={one} themes={themes.data?.items ?? []} />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}

function Told({ one, themes }: { one: Telling; themes: ThemeChoice[] }) {
  const say = useText();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const { theme, survey, text } = one.about;
  const name = themes.find((each) => each.key === theme)?.body.name ?? theme;
  const about = [name, survey, text ? `“${text}”` : null].filter(Boolean).join(" · ");
  return (
    <li className="card stack-s">
      <div className="row-between">
        <h3 className={styles.bare}>{one.title}</h3>
        <span className="dim small">{say("told.by", { author: one.author, when: format.dateTime(one.at) })}</span>
      </div>
      <p className={`dim small ${styles.bare}`}>{say("told.about", { about, days: one.about.days })}</p>
      <dl className={styles.figures}>
        <Figure name={say("told.sent")} value={format.number(one.sent)} />
        {one.waiting ? <Figure name={say("told.waiting")} value={format.number(one.waiting)} /> : null}
        {one.held_back ? <Figure name={say("told.heldBack")} value={format.number(one.held_back)} /> : null}
        <Figure name={say("told.cameBack")} value={format.number(one.came_back)} hint={say("told.cameBack.what")} />
      </dl>
      <div>
        <Button size="xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          {say(open ? "told.less" : "told.more")}
        </Button>
      </div>
      {open ? <Details id={one.id} /> : null}
    </li>
  );
}

function Details({ id }: { id: string }) {
  const say = useText();
  const telling = useTelling(id);
  return (
    <Answer of={telling}>
      {(one) => (
        <div className="stack">
          {Object.entries(one.texts).map(([language, message]) => (
            <blockquote key={language} className={styles.letter} lang={language}>
              <strong>{message.subject}</strong>
              <p>{message.text}</p>
            </blockquote>
          ))}
          <ul className={styles.people} aria-label={say("told.people")}>
            {one.people.map((person, at) => (
              <li key={person.profile ?? at}>
                {person.profile ? (
                  <Link to="/customers/$profile" params={{ profile: person.profile }}>
                    {person.name ?? person.profile}
                  </Link>
                ) : (
                  <span>{say("told.erased")}</span>
                )}
                <Pill tone={person.state === "sent" ? "accent" : person.state === "waiting" ? "gold" : "quiet"}>{say(`told.state.${person.state}`)}</Pill>
                {person.problem ? <span className="dim small">{person.problem}</span> : null}
              </li>
            ))}
          </ul>
          {one.sent + one.waiting + one.held_back > one.people.length ? <p className="dim small">{say("told.some", { count: one.people.length })}</p> : null}
        </div>
      )}
    </Answer>
  );
}
