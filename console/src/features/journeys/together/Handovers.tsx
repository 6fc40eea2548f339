import { Button } from "@mantine/core";
import { IconArrowRight, IconLinkOff } from "@tabler/icons-react";
import { useState } from "react";
import { useHandovers, type Pair } from "../../../api/handovers";
import type { Journey, LensQuery } from "../../../api/journeys";
import { ChannelIcon, useChannelName } from "../../../design/channels";
import { Door } from "../../../design/Door";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import styles from "./Together.module.css";

const FEW = 8;

interface Row extends Pair {
  key: string;
  stage: string;
  next: string;
}

/** Changes of channel between stages, and whether they lose more customers than staying on the channel does. */
export function Handovers({ journey, lens, people }: { journey: Journey; lens: LensQuery; people: (cell: string) => void }) {
  const say = useText();
  const [all, setAll] = useState(false);
  const handovers = useHandovers(journey.key, journey.version, lens);
  const { data } = handovers;
  if (!data) return null;
  const nameOf = (key: string) => journey.body.stages.find((stage) => stage.key === key)?.name ?? key;
  const rows: Row[] = data.transitions
    .flatMap((transition) => transition.pairs.filter((pair) => pair.from !== pair.to).map((pair) => ({ ...pair, key: transition.from, stage: nameOf(transition.from), next: nameOf(transition.to) })))
    .sort((a, b) => Number(b.broken) - Number(a.broken) || Number(b.difference !== null) - Number(a.difference !== null) || b.customers - a.customers);
  if (rows.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="handovers">
      <h2 id="handovers">{say("handovers.title")}</h2>
      <p className="dim">{data.compared === 0 ? say("handovers.few") : say("handovers.lead", { broken: data.broken, compared: data.compared })}</p>
      <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("handovers.table")}>
        <table className={`plain ${styles.handovers}`}>
          <thead>
            <tr>
              <th scope="col">{say("handovers.change")}</th>
              <th scope="col" className="num">
                {say("word.customers")}
              </th>
              <th scope="col" className="num">
                {say("handovers.on")}
              </th>
              <th scope="col" className="num">
                {say("handovers.stayed")}
              </th>
              <th scope="col">{say("handovers.reading")}</th>
            </tr>
          </thead>
          <tbody>
            {(all ? rows : rows.slice(0, FEW)).map((row) => (
              <HandoverRow key={`${row.stage} ${row.from} ${row.to}`} row={row} people={people} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > FEW && !all ? (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
            {say("unmapped.all", { count: rows.length })}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

function HandoverRow({ row, people }: { row: Row; people: (cell: string) => void }) {
  const say = useText();
  const format = useFormat();
  const channel = useChannelName();
  return (
    <tr data-broken={row.broken}>
      <th scope="row">
        <span className={styles.change}>
          <ChannelIcon channel={row.from} named /> {channel(row.from)} <IconArrowRight size={14} aria-hidden="true" />
          <span className="visually-hidden">{say("handovers.to")}</span> <ChannelIcon channel={row.to} named /> {channel(row.to)}
        </span>
        <span className={styles.where}>{say("handovers.stages", { from: row.stage, to: row.next })}</span>
      </th>
      <td className="num">
        <Door label={say("handovers.people", { count: row.customers })} open={() => people(`crossed:${row.key}:${row.from}:${row.to}`)}>
          {format.number(row.customers)}
        </Door>
      </td>
      <td className="num">
        {row.share ? (
          <Door label={say("handovers.people", { count: row.went_on ?? 0 })} open={() => people(`went_on:${row.key}:${row.from}:${row.to}`)}>
            {format.percent(row.share.value)}
          </Door>
        ) : null}
      </td>
      <td className="num">
        {row.against ? (
          <Door label={say("handovers.people", { count: row.against.went_on })} open={() => people(`went_on:${row.key}:${row.to}:${row.to}`)}>
            {format.percent(row.against.share)}
          </Door>
        ) : null}
      </td>
      <td>
        {row.difference ? (
          <span className={styles.reading}>
            {row.broken ? <IconLinkOff size={16} aria-hidden="true" /> : null}
            {say(row.broken ? "handovers.broken" : row.difference.low > 0 ? "handovers.better" : "handovers.same", {
              low: points(row.difference.low, format.number),
              high: points(row.difference.high, format.number),
            })}
          </span>
        ) : (
          <span className="dim small">{say("handovers.uncompared")}</span>
        )}
      </td>
    </tr>
  );
}

/** A difference of shares in percentage points. */
const points = (value: number, number: (value: number) => string): string => number(Math.round(Math.abs(value) * 100));
