import { NativeSelect, SegmentedControl, Tooltip } from "@mantine/core";
import { IconAffiliate } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { MODELS, useAttribution, type Attribution, type AttributionItem, type Model } from "../../api/attribution";
import { useJourneys } from "../../api/journeys";
import type { Match } from "../../api/questions";
import { useSession } from "../../api/session";
import { useChannelName } from "../../design/channels";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../lens/lens";
import { LensBar } from "../../lens/LensBar";
import { MatchEditor } from "../../matching/MatchEditor";
import { disagreementOf, shareOf } from "./attribution/disagreement";
import styles from "./attribution/Attribution.module.css";

const WINDOWS = [1, 7, 14, 30, 60, 90];
const ORDER: Match = { type: "track", name: "Order Completed", where: [], channel: null };

/** Which touches stood before conversions, and what six models make of it, side by side, each with its reading. */
export function AttributionPage() {
  const say = useText();
  const navigate = useNavigate({ from: "/attribution" });
  const search = useSearch({ from: "/rooms/attribution" });
  const { workspace } = useSession();
  const journeys = useJourneys().data?.items ?? [];
  const lens = lensOf({ ...search });
  const now = Math.floor(Date.now() / 900_000) * 900_000;
  const key = JSON.stringify(lens);
  const query = useMemo(() => queryOf(JSON.parse(key) as Partial<Lens>, now, workspace.timezone, usualPeriod(workspace.demo)), [key, now, workspace]);
  const { touch = "channel", days = 30, order = 1, event = ORDER } = search;
  const answer = useAttribution(event.type === "track" && !event.name ? null : { conversion: { any: [event] }, touch, window_days: days, order }, query);
  const put = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <Page title={say("attribution.title")} lead={say("attribution.lead")} wide>
      <LensBar lens={lens} onChange={(next) => void navigate({ search: (old) => ({ ...next, touch: old.touch, event: old.event, days: old.days, order: old.order }) })} comparable={false} whose />
      <div className={styles.question}>
        <div className={styles.conversion}>
          <span className={styles.label}>{say("attribution.conversion")}</span>
          <MatchEditor label={say("attribution.conversion")} value={event} save={(next) => put({ event: next })} />
        </div>
        <NativeSelect
          size="xs"
          label={say("attribution.touch")}
          value={touch}
          onChange={(change) => put({ touch: change.currentTarget.value === "channel" ? undefined : change.currentTarget.value })}
          data={[
            { value: "channel", label: say("attribution.touch.channel") },
            { value: "campaign_source", label: say("attribution.touch.campaign") },
            ...journeys.map((journey) => ({ value: `touchpoint:${journey.key}`, label: say("attribution.touch.journey", { name: journey.name }) })),
          ]}
        />
        <NativeSelect size="xs" label={say("attribution.window")} value={String(days)} onChange={(change) => put({ days: Number(change.currentTarget.value) })} data={[...new Set([...WINDOWS, days])].sort((a, b) => a - b).map((one) => ({ value: String(one), label: say("period.day", { count: one }) }))} />
        <NativeSelect size="xs" label={say("attribution.order")} value={String(order)} onChange={(change) => put({ order: Number(change.currentTarget.value) })} data={[1, 2, 3, 4].map((one) => ({ value: String(one), label: say("attribution.order.of", { order: one }) }))} />
      </div>
      <Answer of={answer}>
        {(data) =>
          data.conversions === 0 ? (
            <Empty icon={<IconAffiliate />} title={say("attribution.none")}>
              {say("attribution.none.words")}
            </Empty>
          ) : (
            <div className={styles.answer} data-fading={answer.isPlaceholderData}>
              <Told data={data} />
            </div>
          )
        }
      </Answer>
    </Page>
  );
}

function useTouchName(data: Attribution): (item: AttributionItem) => string {
  const say = useText();
  const channel = useChannelName();
  return (item) => {
    if (item.kind === "rest") return say("attribution.rest");
    if (item.kind === "none") return say("attribution.untouched");
    return data.touch === "channel" ? channel(item.touch) : item.name;
  };
}

function Told({ data }: { data: Attribution }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useTouchName(data);
  const [what, setWhat] = useState<"conversions" | "value">("conversions");
  const differs = disagreementOf(data);
  return (
    <>
      <div className="row-between">
        <p className={styles.summary}>
          {say("attribution.summary", { conversions: data.conversions, customers: data.customers, untouched: data.without_touch, share: format.percent(data.without_touch / data.conversions) })}{" "}
          {differs
            ? say("attribution.differs", { touch: nameOf(differs.item), high: format.percent(differs.high), most: say(`model.${differs.most}`), low: format.percent(differs.low), least: say(`model.${differs.least}`) })
            : say("attribution.agree")}
        </p>
        {data.value === null ? null : (
          <SegmentedControl
            size="xs"
            aria-label={say("attribution.what")}
            value={what}
            onChange={(value) => setWhat(value === "value" ? "value" : "conversions")}
            data={[
              { value: "conversions", label: say("attribution.conversions") },
              { value: "value", label: say("attribution.value") },
            ]}
          />
        )}
      </div>
      <Table data={data} what={what} nameOf={nameOf} />
      <section className={styles.readings} aria-labelledby="readings">
        <h2 id="readings">{say("attribution.readings")}</h2>
        <dl>
          {MODELS.filter((model) => data.reading[model]).map((model) => (
            <div key={model}>
              <dt>{say(`model.${model}`)}</dt>
              <dd>{data.reading[model]}</dd>
            </div>
          ))}
        </dl>
        <h2>{say("attribution.limits")}</h2>
        <ul>
          {data.limits.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Table({ data, what, nameOf }: { data: Attribution; what: "conversions" | "value"; nameOf: (item: AttributionItem) => string }) {
  const say = useText();
  const format = useFormat();
  // What no touch preceded would dwarf the touches that are compared.
  const most = Math.max(0.001, ...data.items.filter((item) => item.kind !== "none").flatMap((item) => MODELS.map((model) => shareOf(item, model, data.conversions) ?? 0)));
  return (
    <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("attribution.table")}>
      <table className={`plain ${styles.table}`}>
        <thead>
          <tr>
            <th scope="col">{say("attribution.touch")}</th>
            <th scope="col" className="num">
              {say("attribution.touches")}
            </th>
            {MODELS.map((model) => (
              <th key={model} scope="col">
                <Tooltip label={data.reading[model] ?? say(`model.${model}`)}>
                  <span>{say(`model.${model}`)}</span>
                </Tooltip>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.items.map((item) => (
            <tr key={`${item.kind} ${item.touch}`} data-kind={item.kind}>
              <th scope="row">{nameOf(item)}</th>
              <td className="num">{item.kind === "none" ? null : format.number(item.touches)}</td>
              {MODELS.map((model) => (
                <td key={model}>
                  <Cell item={item} model={model} data={data} most={most} what={what} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ item, model, data, most, what }: { item: AttributionItem; model: Model; data: Attribution; most: number; what: "conversions" | "value" }) {
  const format = useFormat();
  const share = shareOf(item, model, data.conversions);
  if (share === null) return <span className="dim">–</span>;
  const money = item.values.find((one) => one.currency === data.currency)?.[model];
  return (
    <span className={styles.cell}>
      <span className={styles.figure}>
        <strong>{what === "value" && money !== null && money !== undefined ? format.money(money, data.currency ?? "") : format.number(Math.round((item[model] ?? 0) * 10) / 10)}</strong>
        <span className="dim">{format.percent(share)}</span>
      </span>
      {item.kind === "none" ? null : (
        <span className={styles.track} aria-hidden="true">
          <span style={{ inlineSize: `${(share / most) * 100}%` }} />
        </span>
      )}
    </span>
  );
}
