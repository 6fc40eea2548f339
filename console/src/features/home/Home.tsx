import { SegmentedControl, Skeleton, Switch } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { IconPlugConnected, IconTrendingDown, IconTrendingUp } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { useHome, type HomeAnswer, type HomeTotals } from "../../api/home";
import { useSession } from "../../api/session";
import { Pill, Simulated } from "../../design/Badges";
import { changeOf } from "../../design/change";
import { ChannelIcon, channelColor, useChannelName } from "../../design/channels";
import { Delta } from "../../design/Delta";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { comparable } from "./comparable";
import styles from "./Home.module.css";
import { HomeGoals } from "./HomeGoals";
import { NextSteps } from "./NextSteps";

const TrendChart = lazy(() => import("../../design/TrendChart"));
const SPANS = [7, 30, 90, 365] as const;

/** What changed, the few numbers, where people come in, and what to do next. */
export function Home() {
  const say = useText();
  const format = useFormat();
  const navigate = useNavigate({ from: "/" });
  const { days = 30, simulated = true } = useSearch({ from: "/rooms/" });
  const home = useHome(days, simulated);
  const { user, workspace } = useSession();
  const first = user?.name?.split(" ")[0];
  return (
    <Page
      title={first ? say("home.hello", { name: first }) : say("room.home")}
      lead={
        home.data ? (
          <span className="row" style={{ gap: 12 }}>
            <span>{say("home.lead", { workspace: workspace.name, days })}</span>
            <span className="small">{say("state.asOf", { when: format.clock(home.data.as_of) })}</span>
          </span>
        ) : null
      }
      actions={
        <>
          <Switch
            size="xs"
            label={say("lens.simulated")}
            checked={simulated}
            onChange={(event) => {
              const wanted = event.currentTarget.checked ? undefined : false;
              void navigate({ search: (old) => ({ ...old, simulated: wanted }), replace: true });
            }}
          />
          <SegmentedControl
            size="xs"
            aria-label={say("lens.period")}
            value={String(days)}
            onChange={(value) => void navigate({ search: (old) => ({ ...old, days: Number(value) === 30 ? undefined : Number(value) }), replace: true })}
            data={SPANS.map((span) => ({ value: String(span), label: say("home.span", { days: span }) }))}
          />
        </>
      }
    >
      <Answer of={home} skeleton={<Waiting />}>
        {(data) => (data.totals.events === 0 ? <Nothing /> : <Told data={data} days={days} />)}
      </Answer>
    </Page>
  );
}

function Nothing() {
  const say = useText();
  return (
    <>
      <Empty icon={<IconPlugConnected />} title={say("home.empty")} action={<Link to="/data/sources">{say("home.empty.do")}</Link>}>
        {say("home.empty.words")}
      </Empty>
      <NextSteps />
    </>
  );
}

function Waiting() {
  return (
    <div className={styles.grid}>
      <Skeleton height={88} className={styles.whole} radius="md" />
      <Skeleton height={300} className={styles.wide} radius="md" />
      <Skeleton height={300} radius="md" />
    </div>
  );
}

function Told({ data, days }: { data: HomeAnswer; days: number }) {
  const say = useText();
  const format = useFormat();
  const { workspace } = useSession();
  const before = comparable(data.trend) ? data.previous : null;
  const than = say("than.before", { days });
  const { totals } = data;
  return (
    <div className={styles.grid}>
      <dl className={`${styles.numbers} figures`}>
        <Figure name={say("word.customers")} to="/customers" value={format.compact(totals.customers)} delta={<Delta now={totals.customers} before={before?.customers} than={than} />} />
        <Figure
          name={say("word.events")}
          to="/data/live"
          value={format.compact(totals.events)}
          delta={<Delta now={totals.events} before={before?.events} than={than} sum />}
          note={say("home.today", { count: data.events_today })}
        />
        <Figure name={say("home.orders")} to="/journeys" value={format.compact(totals.orders)} delta={<Delta now={totals.orders} before={before?.orders} than={than} />} />
        {totals.revenue.slice(0, 2).map((money) => (
          <Figure
            key={money.currency}
            name={say("home.revenue")}
            to="/explore"
            value={format.money(money.total, money.currency ?? "")}
            delta={<Delta now={Number(money.total)} before={before ? revenueBefore(before, money.currency) : null} than={than} sum write={(value) => format.money(value, money.currency ?? "")} />}
          />
        ))}
      </dl>
      {before ? <Changes now={totals} before={before} than={than} /> : <NotCompared />}
      <HomeGoals />
      <Trend data={data} />
      <NextSteps />
      <ChannelMix data={data} />
      <TopEvents data={data} />
      {workspace.as_of_original ? <p className={`${styles.whole} dim small`}>{say("home.shifted", { date: format.dayDate(workspace.as_of_original) })}</p> : null}
    </div>
  );
}

/** The clearest changes as sentences, with what chance leaves open; silent when nothing clearly changed. */
function Changes({ now, before, than }: { now: HomeTotals; before: HomeTotals; than: string }) {
  const say = useText();
  const format = useFormat();
  const told = (["orders", "customers"] as const).flatMap((what) => {
    const change = changeOf(now[what], before[what]);
    if (change.share === null || !change.clear || Math.abs(change.share) < 0.01) return [];
    const bounds = [Math.abs(change.low), Math.abs(change.high)].sort((a, b) => a - b).map((bound) => format.percent(bound));
    if (change.share >= 1) return [{ what, down: false, words: say(`home.change.${what}.times`, { times: format.times(change.share + 1), than }) }];
    return [{ what, down: change.share < 0, words: say(`home.change.${what}`, { share: format.percent(Math.abs(change.share)), way: change.share < 0 ? "fewer" : "more", than, low: bounds[0] ?? "", high: bounds[1] ?? "" }) }];
  });
  if (told.length === 0) return null;
  return (
    <ul className={styles.changes} aria-label={say("home.changes")}>
      {told.map(({ what, down, words }) => (
        <li key={what} data-down={down}>
          {down ? <IconTrendingDown size={18} stroke={1.75} aria-hidden="true" /> : <IconTrendingUp size={18} stroke={1.75} aria-hidden="true" />}
          <span>
            {words} <Link to={what === "orders" ? "/journeys" : "/customers"}>{say(`home.change.${what}.do`)}</Link>
          </span>
        </li>
      ))}
    </ul>
  );
}

function NotCompared() {
  const say = useText();
  return (
    <p className={`${styles.whole} dim small`} style={{ margin: 0 }}>
      {say("home.begun")}{" "}
      <Link to="/" search={(old) => ({ ...old, simulated: false })} replace>
        {say("home.begun.do")}
      </Link>
    </p>
  );
}

const revenueBefore = (before: HomeTotals, currency: string | null): number | undefined => {
  const found = before.revenue.find((one) => one.currency === currency);
  return found ? Number(found.total) : undefined;
};

function Figure({ name, to, value, delta, note }: { name: string; to: "/customers" | "/data/live" | "/journeys" | "/explore"; value: string; delta: ReactNode; note?: string | undefined }) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd>
        <Link to={to} className={styles.value}>
          {value}
        </Link>{" "}
        {delta}
        {note ? <span className={styles.note}>{note}</span> : null}
      </dd>
    </div>
  );
}

function Trend({ data }: { data: HomeAnswer }) {
  const say = useText();
  const format = useFormat();
  const [table, setTable] = useState(false);
  const simulated = data.trend.some((one) => one.simulated > 0);
  const categories = useMemo(() => data.trend.map((one) => format.dayShort(one.day)), [data.trend, format]);
  const series = useMemo(
    () => [
      { name: say("trend.real"), values: data.trend.map((one) => one.events - one.simulated), color: "--flow-strong" },
      ...(simulated ? [{ name: say("trend.simulated"), values: data.trend.map((one) => one.simulated), color: "--cat-2", dashed: true }] : []),
    ],
    [data.trend, simulated, say],
  );
  return (
    <section className={`card ${styles.wide}`} aria-labelledby="trend">
      <div className="row-between">
        <h2 id="trend">{say("trend.title")}</h2>
        <div className="row">
          <span className={styles.key}>
            <span style={{ background: "var(--flow-strong)" }} />
            {say("trend.real")}
          </span>
          {simulated ? (
            <span className={styles.key}>
              <span style={{ background: "var(--cat-2)" }} />
              {say("trend.simulated")} <Simulated short />
            </span>
          ) : null}
          <button type="button" className={styles.twin} aria-pressed={table} onClick={() => setTable(!table)}>
            {table ? say("chart.asChart") : say("chart.asTable")}
          </button>
        </div>
      </div>
      {table ? (
        <div className={styles.table} tabIndex={0} role="region" aria-label={say("trend.title")}>
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{say("word.day")}</th>
                <th scope="col" className="num">
                  {say("trend.real")}
                </th>
                <th scope="col" className="num">
                  {say("trend.simulated")}
                </th>
                <th scope="col" className="num">
                  {say("word.customers")}
                </th>
              </tr>
            </thead>
            <tbody>
              {[...data.trend].reverse().map((one) => (
                <tr key={one.day}>
                  <td>{format.dayDate(one.day)}</td>
                  <td className="num">{format.number(one.events - one.simulated)}</td>
                  <td className="num">{format.number(one.simulated)}</td>
                  <td className="num">{format.number(one.customers)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Suspense fallback={<Skeleton height={220} />}>
          <TrendChart label={say("trend.label", { days: data.trend.length })} categories={categories} series={series} number={format.compact} />
        </Suspense>
      )}
    </section>
  );
}

function ChannelMix({ data }: { data: HomeAnswer }) {
  const say = useText();
  const nameOf = useChannelName();
  const channels = [...data.channels].sort((a, b) => b.customers - a.customers);
  const most = Math.max(1, ...channels.map((one) => one.customers));
  return (
    <section className={`card ${styles.wide}`} aria-labelledby="mix">
      <h2 id="mix">{say("home.channels")}</h2>
      <table className={styles.bars}>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{say("word.channel")}</th>
            <th scope="col">{say("word.customers")}</th>
            <th scope="col">{say("word.events")}</th>
          </tr>
        </thead>
        <tbody>
          {channels.map((one) => (
            <tr key={one.key}>
              <th scope="row">
                <span className="row" style={{ flexWrap: "nowrap" }}>
                  <ChannelIcon channel={one.key} named /> {nameOf(one.key)}
                </span>
              </th>
              <td className={styles.barcell}>
                <span className={styles.bar} style={{ inlineSize: `${(one.customers / most) * 100}%`, background: channelColor(one.key) }} />
                <span>{say("home.customers", { count: one.customers })}</span>
              </td>
              <td className="num dim small">{say("home.events", { count: one.events })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function TopEvents({ data }: { data: HomeAnswer }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  return (
    <section className="card" aria-labelledby="names">
      <h2 id="names">{say("home.names")}</h2>
      <ol className={styles.names}>
        {data.names.slice(0, 8).map((one) => (
          <li key={`${one.type} ${one.key}`}>
            <Link to="/data/live" search={{ name: one.key }} className="clip">
              {one.key === one.type ? sayOr(`type.${one.type}`, one.key) : one.key}
            </Link>
            {one.type && one.type !== "track" && one.key !== one.type ? <Pill>{sayOr(`type.${one.type}`, one.type)}</Pill> : null}
            <span className={styles.count}>{format.compact(one.events)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
