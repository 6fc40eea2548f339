import { Button, NativeSelect } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../../api/session";
import { useTimeline, type TimelineEvent } from "../../api/timeline";
import { Pill, Simulated } from "../../design/Badges";
import { ChannelIcon, useChannelName } from "../../design/channels";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { objectOf, Properties } from "../../design/Properties";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { byDay } from "./days";
import styles from "./Timeline.module.css";

/** A customer's events across all channels, newest first, in days. */
export function Timeline({ profile, channels }: { profile: string; channels: string[] }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useChannelName();
  const { timezone } = useSession().workspace;
  const navigate = useNavigate({ from: "/customers/$profile" });
  const filter = useSearch({ from: "/rooms/customers/$profile" });
  const timeline = useTimeline(profile, filter);
  return (
    <>
      <div className="row-between" style={{ marginBottom: 8 }}>
        <h2 id="timeline">{say("timeline.title")}</h2>
        <div className="row">
          {filter.name ? (
            <Button size="compact-sm" variant="light" onClick={() => void navigate({ search: { ...filter, name: undefined } })}>
              {say("timeline.only", { name: filter.name })}
            </Button>
          ) : null}
          {channels.length > 1 ? (
            <NativeSelect
              size="xs"
              aria-label={say("word.channel")}
              value={filter.channel ?? ""}
              data={[{ value: "", label: say("lens.channel.all") }, ...channels.map((value) => ({ value, label: nameOf(value) }))]}
              onChange={(event) => void navigate({ search: { ...filter, channel: event.currentTarget.value || undefined }, replace: true })}
            />
          ) : null}
        </div>
      </div>
      <Answer of={timeline}>
        {(data) => {
          const days = byDay(
            data.pages.flatMap((page) => page.items),
            timezone,
          );
          if (days.length === 0) return <Empty title={say("timeline.empty")}>{say("timeline.empty.words")}</Empty>;
          return (
            <>
              {days.map(({ day, events }) => (
                <section key={day} className={styles.day} aria-label={format.dayLong(day)}>
                  <h3>{format.dayLong(day)}</h3>
                  <ol>
                    {events.map((event) => (
                      <Moment key={event.row} event={event} />
                    ))}
                  </ol>
                </section>
              ))}
              <More of={timeline} />
            </>
          );
        }}
      </Answer>
    </>
  );
}

function Moment({ event }: { event: TimelineEvent }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const nameOf = useChannelName();
  const navigate = useNavigate({ from: "/customers/$profile" });
  const [open, setOpen] = useState(false);
  const kind = sayOr(`type.${event.type}`, event.type);
  const title = event.type === "page" || event.type === "screen" ? event.page_title || event.page_path || event.name || kind : event.name || kind;
  const id = `event-${event.row}`;
  return (
    <li className={styles.moment}>
      <span className={styles.icon}>
        <ChannelIcon channel={event.channel} size={15} />
      </span>
      <div className="grow">
        <button type="button" className={styles.line} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          <IconChevronRight size={14} className={styles.arrow} data-open={open} aria-hidden="true" />
          <span className={styles.title}>{title}</span>
          {event.type === "track" ? null : <Pill>{kind}</Pill>}
          {event.stage ? <Pill tone="accent">{event.stage}</Pill> : null}
          {event.simulated ? <Simulated short /> : null}
          {event.revenue === null ? null : <span className={styles.money}>{format.money(event.revenue, event.currency ?? "")}</span>}
          <time dateTime={event.time} className={styles.time}>
            {format.time(event.time)}
          </time>
        </button>
        {open ? (
          <div id={id} className={styles.details}>
            <Properties
              values={{
                [say("word.channel")]: nameOf(event.channel),
                [say("word.source")]: event.source,
                [say("word.identity")]: event.identity,
                ...(event.page_path ? { [say("word.page")]: event.page_path } : {}),
                ...(event.order_id ? { [say("word.order")]: event.order_id } : {}),
              }}
            />
            <h4>{say("event.properties")}</h4>
            <Properties values={objectOf(event.properties)} />
            <details>
              <summary>{say("event.context")}</summary>
              <Properties values={objectOf(event.context)} />
            </details>
            <div className="row">
              {event.name ? (
                <Button size="compact-xs" variant="default" onClick={() => void navigate({ search: (old) => ({ ...old, name: event.name }) })}>
                  {say("timeline.onlyThese")}
                </Button>
              ) : null}
              <Link to="/data/live" search={{ message: event.message_id }} className="small">
                {say("event.trace")}
              </Link>
            </div>
          </div>
        ) : null}
      </div>
    </li>
  );
}
