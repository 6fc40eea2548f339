import { Button, NativeSelect } from "@mantine/core";
import { IconAd2, IconCircleCheck, IconCircleDashed } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useExperiences } from "../../api/experiences";
import { useMessageMatch, type Kept, type Landing } from "../../api/messageMatch";
import { useMay } from "../../api/session";
import { useFormat } from "../../design/format";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

const DAYS = [7, 28, 90];
const AT_ONCE = 20;
/** Pages where fewer land are many, and none of them is worth an experience of its own: asked for. */
const WORTH = 10;

/** Which campaigns bring people to which pages, and whether the page keeps there what the ad promised. */
export function CampaignList() {
  const say = useText();
  const format = useFormat();
  const navigate = useNavigate({ from: "/experiences/campaigns" });
  const { days = 28 } = useSearch({ from: "/rooms/experiencing/experiences/campaigns" });
  const found = useMessageMatch(days);
  return (
    <div className="stack">
      <div className="row-between">
        <p className={styles.lead}>{say("match.lead")}</p>
        <NativeSelect size="xs" aria-label={say("match.days")} value={String(days)} data={DAYS.map((one) => ({ value: String(one), label: say("match.lastDays", { days: one }) }))} onChange={(event) => void navigate({ search: { days: Number(event.currentTarget.value) } })} />
      </div>
      <Answer of={found}>
        {({ items }) => {
          if (items.length === 0)
            return (
              <Empty icon={<IconAd2 />} title={say("match.empty")}>
                {say("match.empty.words")}
              </Empty>
            );
          const all = items.reduce((sum, one) => sum + one.people, 0);
          const met = items.filter((one) => one.kept.length > 0).reduce((sum, one) => sum + one.people, 0);
          return (
            <>
              <strong role="status">{say("match.share", { share: format.percent(all ? met / all : 0) })}</strong>
              <Landings items={items} />
            </>
          );
        }}
      </Answer>
    </div>
  );
}

/** The pages most people land on; the many where one or two did are asked for. */
function Landings({ items }: { items: Landing[] }) {
  const say = useText();
  const format = useFormat();
  const [most, setMost] = useState(Math.min(AT_ONCE, Math.max(5, items.filter((one) => one.people >= WORTH).length)));
  return (
    <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("match.title")}>
      <table className="plain">
        <caption className="visually-hidden">{say("match.title")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("match.campaign")}</th>
            <th scope="col">{say("match.page")}</th>
            <th scope="col" className="num">
              {say("match.people")}
            </th>
            <th scope="col">{say("match.says")}</th>
          </tr>
        </thead>
        <tbody>
          {items.slice(0, most).map((one) => (
            <tr key={[one.source, one.medium, one.name, one.page].join(" ")}>
              <th scope="row" className={styles.broken} style={{ verticalAlign: "top" }}>
                <span style={{ color: "var(--ink)" }}>{one.name || one.source}</span>
                <span className="dim small" style={{ display: "block" }}>
                  {[one.name ? one.source : "", one.medium].filter(Boolean).join(" · ")}
                </span>
              </th>
              <td className={`mono ${styles.broken}`}>{one.page ?? "–"}</td>
              <td className="num">{format.number(one.people)}</td>
              <td style={{ whiteSpace: "normal", minWidth: 220 }}>
                <Match landing={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {items.length > most ? (
        <div style={{ padding: 12, textAlign: "center" }}>
          <Button variant="subtle" onClick={() => setMost(most + 5 * AT_ONCE)}>
            {say("match.more", { count: items.length - most })}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** What these people are told there: what the ad said, or what everybody is told, and the way to mend that. */
function Match({ landing }: { landing: Landing }) {
  const say = useText();
  const editor = useMay("write");
  const { kept, waiting, source, medium, name, page } = landing;
  const whom = name || source;
  if (kept.length > 0) return <Experiences items={kept} live />;
  return (
    <span className="stack-s">
      <span className="dim">{say("match.none")}</span>
      {waiting.length > 0 ? <Experiences items={waiting} live={false} /> : null}
      {editor && waiting.length === 0 ? (
        <span>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={say("match.make.for", { name: whom, page: page ?? "–" })}
            renderRoot={(props) => <Link to="/experiences/$key" params={{ key: "new" }} search={{ source: source || undefined, medium: medium || undefined, campaign: name || undefined, page: page ?? undefined }} {...props} />}
          >
            {say("match.make")}
          </Button>
        </span>
      ) : null}
    </span>
  );
}

function Experiences({ items, live }: { items: Kept[]; live: boolean }) {
  const say = useText();
  const names = new Map(useExperiences().data?.items.map((one) => [one.key, one.name]));
  return (
    <ul className={styles.plain}>
      {items.map((one) => (
        <li key={one.experience}>
          <span className="row" style={{ flexWrap: "nowrap" }}>
            {live ? <IconCircleCheck size={16} aria-hidden="true" style={{ flex: "none", color: "var(--accent-ink)" }} /> : <IconCircleDashed size={16} aria-hidden="true" style={{ flex: "none" }} />}
            <Link to="/experiences/$key" params={{ key: one.experience }} search={{}}>
              {names.get(one.experience) ?? one.experience}
            </Link>
            {live ? null : <span className="dim small">{say("match.waiting")}</span>}
          </span>
          {one.promise ? <span className="dim small">{say("match.promise", { promise: one.promise })}</span> : null}
        </li>
      ))}
    </ul>
  );
}
