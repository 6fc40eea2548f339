import { Button, NativeSelect } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useState } from "react";
import { useDryRun, type DryRun, type DryRunWish } from "../../api/decisions";
import type { ExperienceBody } from "../../api/experiences";
import { Door } from "../../design/Door";
import { useFormat } from "../../design/format";
import { Answer, Lines } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { Behind } from "./Behind";
import styles from "./Experiences.module.css";

/** What would have happened on past days: who would have seen it, and what held the others back. `body`: not saved yet. */
export function DryRunPanel({ of, body }: { of: string | null; body: ExperienceBody | null }) {
  const say = useText();
  const format = useFormat();
  const [days, setDays] = useState(1);
  const [wish, setWish] = useState<DryRunWish | null>(null);
  const tried = useDryRun(wish);
  const key = of ?? "unsaved";
  const ask = () => setWish({ days, drafts: true, ...(body ? { key, body } : {}) });
  return (
    <section className={styles.panel} aria-labelledby="dry-run">
      <div className="row-between">
        <h2 id="dry-run">{say("dry.title")}</h2>
        <div className="row">
          <NativeSelect size="xs" aria-label={say("dry.days")} value={days} data={[1, 7, 30].map((value) => ({ value: String(value), label: say("dry.last", { days: value }) }))} onChange={(event) => setDays(Number(event.currentTarget.value))} />
          <Button size="xs" variant="default" leftSection={<IconHistory size={14} aria-hidden="true" />} loading={tried.isFetching} onClick={ask}>
            {say("dry.try")}
          </Button>
        </div>
      </div>
      {wish === null ? (
        <p className="dim">{say("dry.what")}</p>
      ) : (
        <Answer of={tried} skeleton={<Lines count={3} />}>
          {(data) => {
            const item = data.items.find((one) => one.experience === key);
            return (
              <div aria-live="polite" className="stack-s">
                {item ? <Outcomes of={data} item={item} wish={wish} /> : <p className="dim">{say("dry.nothing")}</p>}
                <p className="dim small">{say("dry.foot", { views: data.views, people: data.people, from: format.dateTime(new Date(data.start).toISOString()), whole: data.whole ? "yes" : "no" })}</p>
              </div>
            );
          }}
        </Answer>
      )}
    </section>
  );
}

function Outcomes({ of, item, wish }: { of: DryRun; item: DryRun["items"][number]; wish: DryRunWish }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const [opened, setOpened] = useState<{ outcome: string; title: string } | null>(null);
  const most = Math.max(1, ...item.outcomes.map((one) => one.people));
  const shown = item.outcomes.filter((one) => one.outcome === "shown");
  const held = item.outcomes.filter((one) => one.outcome !== "shown");
  const nameOf = (one: (typeof item.outcomes)[number]) => (one.outcome === "shown" ? say("dry.seen", { variation: one.variation ?? "" }) : sayOr(`held.${one.outcome}`, one.text));
  return (
    <>
      <p>
        <span className={`${styles.big} figures`}>{format.number(item.people)}</span> {say("dry.people", { count: item.people, of: of.people })}
      </p>
      {[
        { rows: shown, title: "dry.would" as const },
        { rows: held, title: "dry.held" as const },
      ].map(({ rows, title }) =>
        rows.length === 0 ? null : (
          <div key={title}>
            <h3>{say(title)}</h3>
            <ul className={styles.outcomes}>
              {rows.map((one) => (
                <li key={`${one.outcome}:${one.variation ?? ""}`}>
                  <span>{nameOf(one)}</span>
                  <Door label={nameOf(one)} open={() => setOpened({ outcome: one.variation ? `${one.outcome}:${one.variation}` : one.outcome, title: nameOf(one) })}>
                    {say("people.total", { count: one.people })}
                  </Door>
                  <span className={styles.bar} data-held={one.outcome !== "shown"} aria-hidden="true">
                    <span style={{ inlineSize: `${(one.people / most) * 100}%` }} />
                  </span>
                </li>
              ))}
            </ul>
          </div>
        ),
      )}
      {opened ? <Behind wish={{ ...wish, people: `${item.experience}:${opened.outcome}` }} title={opened.title} close={() => setOpened(null)} /> : null}
    </>
  );
}
