import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconCheck, IconDots, IconHelp, IconPencil, IconRoute, IconTrash, IconX, IconAlertTriangle } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import { useJourneys } from "../../api/journeys";
import { blankPersona, usePersona, usePersonaChange, usePersonaCheck, usePersonaMembers, usePersonas, type Held, type Persona, type PersonaBody, type PersonaWorth, type Typical } from "../../api/personas";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useChannelName } from "../../design/channels";
import { useFormat } from "../../design/format";
import { keyFor } from "../../design/keys";
import { More } from "../../design/More";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Answer, Lines } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { Differences } from "./Differences";
import styles from "./Personas.module.css";
import { Portrait } from "./Portrait";

const PersonaEditor = lazy(async () => ({ default: (await import("./PersonaEditor")).PersonaEditor }));

/** One persona: who they are, what they want, what sets them apart, and what the data say to it. */
export function PersonaPage() {
  const { key } = useParams({ from: "/rooms/customers/personas/$key" });
  return key === "new" ? <NewPersona /> : <Known key={key} id={key} />;
}

function NewPersona() {
  const say = useText();
  const navigate = useNavigate();
  const { tell } = useToasts();
  const taken = usePersonas().data?.items.map((one) => one.key) ?? [];
  const { create } = usePersonaChange();
  const save = (body: PersonaBody) => {
    const key = keyFor(body.name, [...taken, "new", "jobs", "find", "adopt", "drift"]);
    create.mutate(
      { key, body },
      {
        onSuccess: () => {
          tell(say("persona.saved", { name: body.name }));
          void navigate({ to: "/customers/personas/$key", params: { key } });
        },
      },
    );
  };
  return (
    <Page title={say("personas.draw")} lead={say("personas.draw.lead")}>
      <Suspense fallback={<Lines count={6} />}>
        <PersonaEditor start={blankPersona()} saving={create.isPending} error={create.error} save={save} cancel={() => void navigate({ to: "/customers/personas" })} />
      </Suspense>
    </Page>
  );
}

function Known({ id }: { id: string }) {
  const say = useText();
  const navigate = useNavigate({ from: "/customers/personas/$key" });
  const { edit } = useSearch({ from: "/rooms/customers/personas/$key" });
  const { tell, tellError } = useToasts();
  const editor = useMay("write");
  const persona = usePersona(id);
  const { save } = usePersonaChange();
  const close = () => void navigate({ search: {} });
  if (!persona.data) {
    return (
      <Page title={say("personas.title")}>
        <Answer of={persona}>{() => null}</Answer>
      </Page>
    );
  }
  const { body, version } = persona.data;
  if (!edit || !editor) return <Shown persona={persona.data} editor={editor} />;
  const store = (next: PersonaBody) =>
    save.mutate(
      { key: id, expected: version, body: next },
      {
        onSuccess: (saved) => {
          close();
          tell(say("persona.saved", { name: next.name }), version === 0 ? undefined : () => save.mutate({ key: id, expected: saved.version, body }, { onError: tellError }));
        },
      },
    );
  return (
    <Page title={say("segment.edit", { name: body.name })} lead={say("personas.draw.lead")}>
      <Suspense fallback={<Lines count={6} />}>
        <PersonaEditor start={{ ...blankPersona(), ...body }} saving={save.isPending} error={save.error} save={store} cancel={close} />
      </Suspense>
    </Page>
  );
}

function Shown({ persona, editor }: { persona: Persona; editor: boolean }) {
  const say = useText();
  const { body, found } = persona;
  const known = persona.members !== null;
  return (
    <Page
      title={body.name}
      lead={
        <span className="row">
          <Link to="/customers/personas">{say("personas.title")}</Link>
          <Pill tone={body.found ? "accent" : "quiet"}>{say(body.found ? "persona.kind.found" : "persona.kind.drawn")}</Pill>
        </span>
      }
      actions={editor ? <Verbs persona={persona} /> : null}
    >
      <div className={styles.hero}>
        <Portrait face={body.face || persona.key} size={120} />
        <div className="grow">
          {body.summary ? <p className={styles.sentence}>{body.summary}</p> : null}
          {body.quote ? <blockquote className={styles.quote}>{body.quote}</blockquote> : null}
          <Facts body={body} />
          <Through id={persona.key} known={known} />
        </div>
        {found ? <Worth worth={found.worth} size={found.size} share={found.share} before={found.before?.share ?? null} /> : null}
      </div>
      <div className={styles.columns}>
        <div className="stack">
          <Wants body={body} editor={editor} />
          {found ? (
            <section className="card stack-s" aria-labelledby="apart">
              <h2 id="apart">{say("persona.apart")}</h2>
              <Differences differences={found.differences} currency={found.worth.currency} />
              <p className="dim small">{say("persona.stability", { share: Math.round(found.stability * 100) })}</p>
            </section>
          ) : null}
          <Checked id={persona.key} checkable={known} />
        </div>
        <People id={persona.key} known={known} typical={found?.typical ?? []} />
      </div>
    </Page>
  );
}

function Verbs({ persona }: { persona: Persona }) {
  const say = useText();
  const navigate = useNavigate();
  const { discard, save } = usePersonaChange();
  const remove = useRemoval();
  const drop = () =>
    remove({ discard, save }, persona, say("segment.removed", { name: persona.body.name }), () => void navigate({ to: "/customers/personas" }));
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden="true" />} renderRoot={(props) => <Link to="/customers/personas/$key" params={{ key: persona.key }} search={{ edit: true }} {...props} />}>
        {say("action.edit")}
      </Button>
      {persona.version > 0 ? (
        <Menu>
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label={say("persona.menu")}>
              <IconDots size={16} aria-hidden="true" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={drop}>
              {say("persona.remove")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </>
  );
}

/** The ways to look at everything through this persona. */
function Through({ id, known }: { id: string; known: boolean }) {
  const say = useText();
  const journey = useJourneys().data?.items[0];
  if (!known) return <p className="dim small">{say("persona.unknown")}</p>;
  const population = `persona:${id}`;
  return (
    <div className="row">
      {journey ? (
        <Link to="/journeys/$key" params={{ key: journey.key }} search={{ population }} className={styles.verb}>
          <IconRoute size={16} aria-hidden="true" /> {say("segment.seeJourney")}
        </Link>
      ) : null}
      <Link to="/friction" search={{ population }} className={styles.verb}>
        <IconAlertTriangle size={16} aria-hidden="true" /> {say("segment.seeFriction")}
      </Link>
    </div>
  );
}

function Facts({ body }: { body: PersonaBody }) {
  const say = useText();
  const channel = useChannelName();
  const told = (["age", "place", "family", "income", "education", "industry"] as const).filter((field) => body[field]);
  if (told.length === 0 && body.channels.length === 0) return null;
  return (
    <dl className={styles.about}>
      {told.map((field) => (
        <div key={field}>
          <dt>{say(`persona.${field}`)}</dt>
          <dd>{body[field]}</dd>
        </div>
      ))}
      {body.channels.length > 0 ? (
        <div>
          <dt>{say("persona.channels")}</dt>
          <dd>{body.channels.map(channel).join(", ")}</dd>
        </div>
      ) : null}
    </dl>
  );
}

function Worth({ worth, size, share, before }: { worth: PersonaWorth; size: number; share: number; before: number | null }) {
  const say = useText();
  const format = useFormat();
  const money = (value: number) => format.money(value, worth.currency ?? "");
  return (
    <dl className={styles.worth}>
      <div>
        <dt>{say("word.customers")}</dt>
        <dd>
          <strong>{format.number(size)}</strong>
          <span>{say("persona.share", { share: format.percent(share) })}</span>
          {before === null ? null : <span>{say("persona.before", { share: format.percent(before) })}</span>}
        </dd>
      </div>
      <div>
        <dt>{say("persona.worth")}</dt>
        <dd>
          <strong>{money(worth.per_customer.mean)}</strong>
          <span>{say("friction.between", { low: money(worth.per_customer.low), high: money(worth.per_customer.high) })}</span>
          {worth.share === null ? null : <span>{say("persona.revenue", { share: format.percent(worth.share) })}</span>}
        </dd>
      </div>
    </dl>
  );
}

function Wants({ body, editor }: { body: PersonaBody; editor: boolean }) {
  const say = useText();
  const lists: [MessageId, string[]][] = [
    ["persona.goals", body.goals],
    ["persona.needs", body.needs],
    ["persona.key_tasks", body.key_tasks.map((task) => task.text)],
    ["persona.pains", body.pains],
  ];
  const told = lists.filter(([, items]) => items.length > 0);
  return (
    <section className="card stack-s" aria-labelledby="wants">
      <h2 id="wants">{say("persona.part.wants")}</h2>
      {body.motivation ? <p>{body.motivation}</p> : null}
      {told.length === 0 && !body.motivation ? <p className="dim">{say(editor ? "persona.wants.none" : "persona.wants.empty")}</p> : null}
      <div className={styles.lists}>
        {told.map(([name, items]) => (
          <div key={name}>
            <h3>{say(name)}</h3>
            <ul>
              {items.map((item) => (
                <li key={item}>{item}</li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}

const VERDICTS: Record<Held["verdict"], ReactNode> = {
  confirmed: <IconCheck size={16} aria-hidden="true" />,
  contradicted: <IconX size={16} aria-hidden="true" />,
  open: <IconHelp size={16} aria-hidden="true" />,
  unknown: <IconHelp size={16} aria-hidden="true" />,
};

/** The picture held against the data: each assumption confirmed, contradicted or open, with its figures. */
function Checked({ id, checkable }: { id: string; checkable: boolean }) {
  const say = useText();
  const format = useFormat();
  const channel = useChannelName();
  const check = usePersonaCheck(id, checkable);
  if (!checkable) return null;
  return (
    <section className="card stack-s" aria-labelledby="checked">
      <h2 id="checked">{say("persona.check")}</h2>
      <Answer of={check}>
        {(data) => (
          <>
            <p>{say("persona.fit", { members: data.members, share: format.percent(data.fit.share), low: format.percent(data.fit.low), high: format.percent(data.fit.high) })}</p>
            {data.assumptions.length === 0 ? <p className="dim small">{say("persona.check.none")}</p> : null}
            <ul className={styles.held}>
              {data.assumptions.map((held) => (
                <li key={`${held.about} ${held.assumed}`} data-verdict={held.verdict}>
                  {VERDICTS[held.verdict]}
                  <div className="grow">
                    <strong>{held.about === "channel" ? channel(held.assumed) : held.assumed}</strong> <span className={styles.verdict}>{say(`persona.verdict.${held.verdict}`)}</span>
                    <span className={styles.origin}>
                      {held.members ? say("persona.held", { share: format.percent(held.members.share), low: format.percent(held.members.low), high: format.percent(held.members.high), n: held.members.n }) : say("persona.held.unknown")}
                      {held.others ? ` ${say("persona.held.others", { share: format.percent(held.others.share) })}` : ""}
                      {held.usual.length > 0 && held.verdict !== "confirmed" ? ` ${say("persona.held.usual", { usual: held.usual.join(", ") })}` : ""}
                    </span>
                  </div>
                </li>
              ))}
            </ul>
            {data.differences.length > 0 ? (
              <>
                <h3>{say("persona.apart")}</h3>
                <Differences differences={data.differences} currency={data.worth?.currency ?? null} />
              </>
            ) : null}
          </>
        )}
      </Answer>
    </section>
  );
}

function People({ id, known, typical }: { id: string; known: boolean; typical: Typical[] }) {
  const say = useText();
  const members = usePersonaMembers(id, known);
  const person = (one: Typical) => (
    <li key={one.profile}>
      <Link to="/customers/$profile" params={{ profile: one.profile }}>
        {one.name || one.email || one.profile}
      </Link>
    </li>
  );
  if (!known) return null;
  return (
    <aside className={styles.people}>
      {typical.length > 0 ? (
        <section aria-labelledby="typical">
          <h2 id="typical">{say("persona.typical")}</h2>
          <ul>{typical.map(person)}</ul>
        </section>
      ) : null}
      <section aria-labelledby="all">
        <h2 id="all">{say("persona.members")}</h2>
        <Answer of={members}>
          {(data) => (
            <>
              <p className="dim small">{say("people.total", { count: data.pages[0]?.total ?? 0 })}</p>
              <ul className={styles.scroller} tabIndex={0} aria-label={say("persona.members")}>
                {data.pages.flatMap((page) => page.items).map(person)}
                <li>
                  <More of={members} />
                </li>
              </ul>
            </>
          )}
        </Answer>
      </section>
    </aside>
  );
}
