import { Button, Menu, SegmentedControl, Skeleton } from "@mantine/core";
import { IconChevronDown, IconPencil } from "@tabler/icons-react";
import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useMetric, useMetricChange, useMetricValues, type Metric, type MetricValue } from "../../api/metrics";
import type { Interval } from "../../api/asked";
import { useMay } from "../../api/session";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Answer, Failed, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { LensBar } from "../../lens/LensBar";
import { useAddress, useThan } from "../../questions/address";
import type { Line } from "../../questions/charts/LineChart";
import { stillRunning, usualInterval } from "../../questions/intervals";
import { useGroupName } from "../../questions/groups";
import { PeopleDrawer, SplitBy } from "../../questions/later";
import question from "../../questions/Question.module.css";
import { useAtWords } from "../../questions/words";
import { Change, LeftOut, Range, Refused, useFigure } from "./figures";
import { behind } from "./metric";
import styles from "./Metrics.module.css";
import { useMeasureWords } from "./words";

const MetricEditor = lazy(async () => ({ default: (await import("./MetricEditor")).MetricEditor }));
const LineChart = lazy(() => import("../../questions/charts/LineChart"));

/** One metric: how it stands, how it went, who differs, and what exactly is counted. */
export function MetricPage() {
  const say = useText();
  const { key } = useParams({ strict: false });
  const metric = useMetric(key);
  if (metric.data) return <Loaded key={key} metric={metric.data} />;
  return <Page title={say("room.metrics")}>{metric.error ? <Failed error={metric.error} retry={() => void metric.refetch()} /> : <Lines count={6} />}</Page>;
}

function Loaded({ metric }: { metric: Metric }) {
  const say = useText();
  const navigate = useNavigate();
  const may = useMay("write");
  const { lens, query, days, search, setLens, go } = useAddress();
  const { discard, save } = useMetricChange();
  const [editing, setEditing] = useState(false);
  const interval = usualInterval(days);
  const values = useMetricValues([metric.key], query, { interval, by: lens.by });
  const words = useMeasureWords();
  const people = behind(metric.body.measure);
  const remove = useRemoval();
  const drop = () =>
    remove({ discard, save }, metric, say("explore.dropped", { name: metric.body.name }), () => void navigate({ to: "/metrics" }));
  if (editing)
    return (
      <Suspense fallback={<Lines count={6} />}>
        <MetricEditor metric={metric} close={() => setEditing(false)} />
      </Suspense>
    );
  return (
    <Page
      title={metric.body.name}
      lead={metric.body.description}
      actions={
        may ? (
          <>
            <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={() => setEditing(true)}>
              {say("action.edit")}
            </Button>
            <Menu>
              <Menu.Target>
                <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
                  {say("metric.more")}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={drop}>{say("action.remove")}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        ) : null
      }
    >
      <div className="row-between">
        <LensBar lens={lens} onChange={setLens} whose />
        <SegmentedControl
          size="xs"
          aria-label={say("board.view")}
          value={search.view ?? "picture"}
          onChange={(view) => go({ view: view === "table" ? "table" : undefined })}
          data={[
            { value: "picture", label: say("explore.view.picture") },
            { value: "table", label: say("board.view.table") },
          ]}
        />
      </div>
      <Answer of={values} skeleton={<Skeleton height={320} radius="md" />}>
        {(answer) => {
          const item = answer.items[0];
          if (!item) return null;
          return (
            <div className="stack" style={{ opacity: values.isPlaceholderData ? 0.55 : 1 }}>
              <Standing item={item} people={people ? () => go({ people: "all" }) : null} />
              {item.refused ? null : <Course item={item} interval={interval} asOf={answer.as_of} table={search.view === "table"} />}
              <section className="card stack-s" aria-label={say("metric.differs")}>
                <h2>{say("metric.differs")}</h2>
                <div style={{ maxWidth: 352 }} className="stack-s">
                  <SplitBy match={people?.[0] ?? null} />
                </div>
                <Groups item={item} />
              </section>
            </div>
          );
        }}
      </Answer>
      <section className="card stack-s" aria-label={say("metric.definition")}>
        <h2>{say("metric.definition")}</h2>
        <p style={{ margin: 0 }}>{words(metric.body)}</p>
        <span className="dim small">{[say("history.version", { version: metric.version }), metric.author, metric.body.owner ? say("metric.owner", { owner: metric.body.owner }) : ""].filter(Boolean).join(" · ")}</span>
      </section>
      {search.people && people ? (
        <PeopleDrawer kind="funnel" title={say("metric.people.title")} body={{ steps: [{ label: metric.body.name, any: people }], window_seconds: 86_400, order: "ordered", exclude: [] }} lens={{ ...query, compare: "none" }} of={{ step: 0, kind: "reached" }} close={() => go({ people: undefined })} />
      ) : null}
    </Page>
  );
}

function Standing({ item, people }: { item: MetricValue; people: (() => void) | null }) {
  const say = useText();
  const figure = useFigure();
  const than = useThan();
  if (item.refused) return <Refused why={item.refused} />;
  return (
    <div className="row" style={{ gap: 16, alignItems: "baseline" }}>
      <span className={`${styles.big} figures`}>{figure(item.value, item)}</span>
      <Range of={item} low={item.low} high={item.high} />
      <Change item={item} than={than} />
      <span className="dim small">{say(`metric.n.${item.unit}`, { count: item.n })}</span>
      <LeftOut of={item} />
      {people ? (
        <button type="button" className={question.verb} onClick={people}>
          {say("about.people")}
        </button>
      ) : null}
    </div>
  );
}

function Course({ item, interval, asOf, table }: { item: MetricValue; interval: Interval; asOf: string; table: boolean }) {
  const say = useText();
  const figure = useFigure();
  const format = useFormat();
  const at = useAtWords();
  const lines = useMemo<Line[]>(() => [{ name: item.name, values: item.series.map((point) => point.value), color: "--cat-1", symbol: "circle" }], [item]);
  const categories = useMemo(() => item.series.map((point) => at(point.at, interval)), [item, at, interval]);
  const number = useMemo(() => (value: number) => figure(value, item), [figure, item]);
  if (item.series.length === 0) return null;
  const running = stillRunning(item.series.at(-1)?.at, interval, asOf);
  if (!table)
    return (
      <section className="card" aria-label={say("metric.course")}>
        <Suspense fallback={<Skeleton height={260} radius="md" />}>
          <LineChart label={say("trends.picture", { what: item.name })} categories={categories} lines={lines} number={number} most={item.shows === "share" ? 1 : undefined} height={260} />
        </Suspense>
        {running ? (
          <p className="dim small" style={{ margin: "8px 0 0" }}>
            {say(`explore.running.${interval}`)}
          </p>
        ) : null}
      </section>
    );
  return (
    <section className="card flush scroll-x" tabIndex={0} aria-label={say("metric.course")}>
      <table className="plain">
        <caption className="visually-hidden">{say("metric.course")}</caption>
        <thead>
          <tr>
            <th scope="col">{say(`explore.interval.${interval}`)}</th>
            <th scope="col" className="num">
              {say("metric.value")}
            </th>
            <th scope="col" className="num">
              {say("metric.rests")}
            </th>
          </tr>
        </thead>
        <tbody>
          {item.series.map((point) => (
            <tr key={point.at}>
              <th scope="row" style={{ color: "var(--ink)" }}>
                {at(point.at, interval)}
              </th>
              <td className="num">{figure(point.value, item)}</td>
              <td className="num">{format.number(point.n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Each group's value with its interval, drawn on one scale. */
function Groups({ item }: { item: MetricValue }) {
  const say = useText();
  const figure = useFigure();
  const format = useFormat();
  const nameOf = useGroupName();
  if (item.groups.length === 0) return null;
  const most = Math.max(...item.groups.map((group) => group.high ?? group.value ?? 0), 1e-12);
  const part = (value: number | null) => `${Math.max(0, Math.min(1, (value ?? 0) / most)) * 100}%`;
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={say("metric.differs")}>
      <table className="plain">
        <caption className="visually-hidden">{say("metric.differs")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("explore.by")}</th>
            <th scope="col" className="num">
              {say("metric.value")}
            </th>
            <th scope="col" className="num">
              {say("explore.table.interval")}
            </th>
            <th scope="col" className="num">
              {say("metric.rests")}
            </th>
            <th scope="col" aria-hidden="true" style={{ width: "40%" }} />
          </tr>
        </thead>
        <tbody>
          {[...item.groups]
            .sort((a, b) => b.n - a.n)
            .map((group) => (
              <tr key={group.group}>
                <th scope="row" style={{ color: "var(--ink)" }}>
                  {nameOf(group.group)}
                </th>
                <td className="num">
                  <strong>{figure(group.value, item)}</strong>
                </td>
                <td className="num">
                  <Range of={item} low={group.low} high={group.high} />
                </td>
                <td className="num">{format.number(group.n)}</td>
                <td aria-hidden="true">
                  <div className={styles.way} style={{ marginTop: 6 }}>
                    <span className={styles.gone} style={{ width: part(group.value) }} />
                    {group.low !== null && group.high !== null ? (
                      <span style={{ position: "absolute", top: 3, height: 2, background: "var(--ink)", opacity: 0.6, insetInlineStart: part(group.low), width: `calc(${part(group.high)} - ${part(group.low)})` }} />
                    ) : null}
                  </div>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
