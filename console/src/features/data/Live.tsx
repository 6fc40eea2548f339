import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBroadcast, IconPlayerPause, IconPlayerPlay, IconRoute2 } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type FormEvent } from "react";
import { useLiveStart, type LiveEvent, type LiveFilter } from "../../api/live";
import { useSources } from "../../api/sources";
import { Pill, Simulated } from "../../design/Badges";
import { ChannelIcon } from "../../design/channels";
import { Drawer } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { objectOf, Properties } from "../../design/Properties";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import styles from "./Data.module.css";
import { TraceSteps } from "./TraceSteps";
import { useLive } from "./useLive";

/** Events as they arrive, and the way of any one of them. */
export function Live() {
  const say = useText();
  const navigate = useNavigate({ from: "/data/live" });
  const search = useSearch({ from: "/rooms/data/live" });
  const filter = useMemo<LiveFilter>(
    () => ({ ...(search.source ? { source: search.source } : {}), ...(search.name ? { name: search.name } : {}), ...(search.customer ? { customer: search.customer } : {}) }),
    [search.source, search.name, search.customer],
  );
  const start = useLiveStart(filter);
  return (
    <section className="stack" aria-labelledby="live">
      <h2 id="live" className="visually-hidden">
        {say("data.live")}
      </h2>
      <div className={styles.livebar}>
        <Filters filter={filter} />
        <Where />
      </div>
      <Answer of={start}>{({ items }) => <Stream key={JSON.stringify(filter)} start={items} filter={filter} />}</Answer>
      {search.message ? (
        <Drawer
          opened
          onClose={() => void navigate({ search: (old) => ({ ...old, message: undefined }) })}
          title={<strong>{say("trace.title")}</strong>}
          size={480}
          closeButtonProps={{ "aria-label": say("action.close") }}
        >
          <TraceSteps message={search.message} />
        </Drawer>
      ) : null}
    </section>
  );
}

function Filters({ filter }: { filter: LiveFilter }) {
  const say = useText();
  const navigate = useNavigate({ from: "/data/live" });
  const sources = useSources().data?.items ?? [];
  const [name, setName] = useState(filter.name ?? "");
  const [customer, setCustomer] = useState(filter.customer ?? "");
  const [asked] = useDebouncedValue({ name: name.trim(), customer: customer.trim() }, 300);
  useEffect(() => {
    void navigate({ search: (old) => ({ ...old, name: asked.name || undefined, customer: asked.customer || undefined }), replace: true });
  }, [asked, navigate]);
  return (
    <div className="row">
      <NativeSelect
        size="xs"
        aria-label={say("word.source")}
        value={filter.source ?? ""}
        data={[{ value: "", label: say("live.allSources") }, ...sources.map((source) => ({ value: source.key, label: source.name }))]}
        onChange={(event) => {
          const source = event.currentTarget.value || undefined;
          void navigate({ search: (old) => ({ ...old, source }), replace: true });
        }}
      />
      <TextInput size="xs" aria-label={say("live.name")} placeholder={say("live.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput size="xs" aria-label={say("live.customer")} placeholder={say("live.customer")} value={customer} onChange={(event) => setCustomer(event.currentTarget.value)} />
    </div>
  );
}

/** "Where is my event?" */
function Where() {
  const say = useText();
  const navigate = useNavigate({ from: "/data/live" });
  const [message, setMessage] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (message.trim()) void navigate({ search: (old) => ({ ...old, message: message.trim() }) });
  };
  return (
    <form onSubmit={submit} className="row">
      <TextInput size="xs" w={240} leftSection={<IconRoute2 size={14} aria-hidden="true" />} aria-label={say("trace.ask")} placeholder={say("trace.ask")} value={message} onChange={(event) => setMessage(event.currentTarget.value)} />
      <Button size="xs" variant="default" type="submit">
        {say("trace.go")}
      </Button>
    </form>
  );
}

function Stream({ start, filter }: { start: LiveEvent[]; filter: LiveFilter }) {
  const say = useText();
  const [paused, setPaused] = useState(false);
  const { events, waiting, connection } = useLive(start, filter, paused);
  return (
    <>
      <div className="row-between">
        <span className="row small">
          <span className={styles.pulse} data-live={connection === "open" && !paused} aria-hidden="true" />
          {paused ? say("live.paused", { count: waiting }) : say(connection === "open" ? "live.open.state" : `live.${connection}`)}
        </span>
        <Button
          size="xs"
          variant="default"
          leftSection={paused ? <IconPlayerPlay size={14} aria-hidden="true" /> : <IconPlayerPause size={14} aria-hidden="true" />}
          onClick={() => setPaused(!paused)}
        >
          {paused ? say("live.resume") : say("live.pause")}
        </Button>
      </div>
      {events.length === 0 ? (
        <Empty icon={<IconBroadcast />} title={say("live.empty")} action={<Link to="/data/sources">{say("home.empty.do")}</Link>}>
          {say("live.empty.words")}
        </Empty>
      ) : (
        <ol className={`card flush ${styles.events}`} aria-label={say("data.live")}>
          {events.map((event) => (
            <LiveRow key={event.row} event={event} />
          ))}
        </ol>
      )}
    </>
  );
}

function LiveRow({ event }: { event: LiveEvent }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const id = `live-${event.row}`;
  const kind = sayOr(`type.${event.type}`, event.type);
  return (
    <li>
      <button type="button" className={styles.event} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <time dateTime={event.received_at} className="dim small">
          {format.time(event.received_at)}
        </time>
        <ChannelIcon channel={event.channel} />
        <span className={styles.eventname}>
          <strong>{event.name || kind}</strong>
          {event.type === "track" ? null : <Pill>{kind}</Pill>}
          {event.page_path ? <span className="dim small clip">{event.page_path}</span> : null}
        </span>
        <span className={styles.marks}>
          {event.simulated ? <Simulated short /> : null}
          {event.bot ? <Pill>{say("live.bot")}</Pill> : null}
        </span>
        <span className={`dim small clip ${styles.eventwho}`}>{event.identity}</span>
      </button>
      {open ? (
        <div id={id} className={styles.eventmore}>
          <div className="row">
            {event.profile ? (
              <Link to="/customers/$profile" params={{ profile: event.profile }}>
                {say("live.open", { customer: event.profile })}
              </Link>
            ) : null}
            <Link to="/data/live" search={(old) => ({ ...old, message: event.message_id })}>
              {say("event.trace")}
            </Link>
          </div>
          <Properties values={{ [say("trace.message")]: event.message_id, [say("word.source")]: event.source, [say("word.identity")]: event.identity, [say("live.time")]: format.dateTime(event.time) }} />
          <h3>{say("event.properties")}</h3>
          <Properties values={objectOf(event.properties)} />
          <h3>{say("event.context")}</h3>
          <Properties values={objectOf(event.context)} />
        </div>
      ) : null}
    </li>
  );
}
