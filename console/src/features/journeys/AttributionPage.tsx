import { NativeSelect, SegmentedControl, Tooltip } from "@mantine/core";
import { IconAffiliate } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { MODELS, useAttribution, type Attribution, type AttributionBody, type AttributionFigure, type AttributionItem, type Model } from "../../api/attribution";
import { useJourneys, type LensQuery } from "../../api/journeys";
import type { Match } from "../../api/asked";
import { useSession } from "../../api/session";
import { useChannelName } from "../../design/channels";
import { Door } from "../../design/Door";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../lens/lens";
import { LensBar } from "../../lens/LensBar";
import { MatchEditor } from "../../questions/later";
import { disagreementOf, shareOf } from "./attribution/disagreement";
import styles from "./attribution/Attribution.module.css";

const Behind = lazy(async () => ({ default: (await import("./attribution/Behind")).Behind }));

type Figure = AttributionFigure & { kind: AttributionItem["kind"]; item: string };

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
  const body = event.type === "track" && !event.name ? null : { conversion: { any: [event] }, touch, window_days: days, order };
  const answer = useAttribution(body, query);
  const put = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, people: undefined, item: undefined, converting: undefined, ...change }), replace: true });
  const open = ({ kind, item, converting }: Figure) => void navigate({ search: (old) => ({ ...old, people: kind, item, converting }) });
  return (
    <Page title={say("attribution.title")} lead={say("attribution.lead")} wide>
      <LensBar lens={lens} onChange={(next) => void navigate({ search: (old) => ({ ...next, touch: old.touch, event: old.event, days: old.days, order: old.order, what: old.what }) })} comparable={false} whose />
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
              <Told data={data} what={search.what ?? "conversions"} choose={(what) => put({ what: what === "value" ? "value" : undefined })} open={open} />
              {search.people && search.item !== undefined && body ? (
                <Suspense>
                  <Opened data={data} of={{ kind: search.people, item: search.item, converting: search.converting === true }} body={body} lens={query} close={() => put({})} />
                </Suspense>
              ) : null}
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

/** The people behind the figure that the address names. */
function Opened({ data, of, body, lens, close }: { data: Attribution; of: Figure; body: AttributionBody; lens: LensQuery; close: () => void }) {
  const say = useText();
  const nameOf = useTouchName(data);
  const item = data.items.find((one) => one.kind === of.kind && one.touch === of.item);
  const title = say(of.kind === "none" ? "attribution.people.untouched" : of.converting ? "attribution.people.converting" : "attribution.people.touched", { touch: item ? nameOf(item) : of.item });
  return <Behind body={body} lens={lens} of={of.converting ? of : { kind: of.kind, item: of.item }} title={title} close={close} />;
}

interface ToldProps {
  data: Attribution;
  what: What;
  choose: (what: What) => void;
  open: (figure: Figure) => void;
}

function Told({ data, what, choose, open }: ToldProps) {
  const say = useText();
  const format = useFormat();
  const nameOf = useTouchName(data);
  const textOr = useTextOr();
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
            onChange={(value) => choose(value === "value" ? "value" : "conversions")}
            data={[
              { value: "conversions", label: say("attribution.conversions") },
              { value: "value", label: say("attribution.value") },
            ]}
          />
        )}
      </div>
      <Table data={data} what={what} nameOf={nameOf} open={open} />
      <section className={styles.readings} aria-labelledby="readings">
        <h2 id="readings">{say("attribution.readings")}</h2>
        <dl>
          {MODELS.filter((model) => data.reading[model]).map((model) => (
            <div key={model}>
              <dt>{say(`model.${model}`)}</dt>
              <dd>{say(`attribution.reading.${model}`, { days: data.half_life_days })}</dd>
            </div>
          ))}
        </dl>
        <h2>{say("attribution.limits")}</h2>
        <ul>
          {data.mind.map(({ code, values, text }) => (
            <li key={code}>{textOr(`attribution.mind.${code}`, text, values)}</li>
          ))}
        </ul>
      </section>
    </>
  );
}

type What = "conversions" | "value";

interface Rows {
  data: Attribution;
  what: What;
  nameOf: (item: AttributionItem) => string;
  open: (figure: Figure) => void;
}

function Table({ data, what, nameOf, open }: Rows) {
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
                <Tooltip multiline maw={360} label={say(`attribution.reading.${model}`, { days: data.half_life_days })}>
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
              <td className="num">
                {item.kind === "none" ? null : (
                  <Door label={say("attribution.people")} open={() => open({ kind: item.kind, item: item.touch })}>
                    {format.number(item.touches)}
                  </Door>
                )}
              </td>
              {MODELS.map((model) => (
                <td key={model}>
                  <Cell item={item} model={model} data={data} most={most} what={what} open={() => open({ kind: item.kind, item: item.touch, converting: true })} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ item, model, data, most, what, open }: { item: AttributionItem; model: Model; data: Attribution; most: number; what: "conversions" | "value"; open: () => void }) {
  const say = useText();
  const format = useFormat();
  const share = shareOf(item, model, data.conversions);
  if (share === null) return <span className="dim">–</span>;
  const money = item.values.find((one) => one.currency === data.currency)?.[model];
  return (
    <span className={styles.cell}>
      <span className={styles.figure}>
        <Door label={say("attribution.people")} open={open}>
          {what === "value" && money !== null && money !== undefined ? format.money(money, data.currency ?? "") : format.number(Math.round((item[model] ?? 0) * 10) / 10)}
        </Door>
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
