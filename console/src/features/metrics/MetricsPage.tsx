import { Button, Menu, Skeleton } from "@mantine/core";
import { IconChevronDown, IconGauge, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMetrics, useMetricValues, type MetricRow, type MetricValue } from "../../api/metrics";
import { useMay } from "../../api/session";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty, Failed, Stale } from "../../design/states";
import { useText } from "../../design/text";
import { LensBar } from "../../lens/LensBar";
import { lensOf } from "../../lens/lens";
import { useAddress, useThan } from "../../questions/address";
import { stillRunning, usualInterval } from "../../questions/intervals";
import { Change, LeftOut, Range, Refused, Sparkline, useFigure } from "./figures";
import { Goals } from "./Goals";
import styles from "./Metrics.module.css";
import { Starters } from "./Starters";

/** The numbers the team has agreed on, how they stand, and the goals set on them. */
export function MetricsPage() {
  const say = useText();
  const may = useMay("write");
  const { lens, setLens } = useAddress();
  const metrics = useMetrics();
  const [starting, setStarting] = useState(false);
  const none = metrics.data?.items.length === 0;
  const add = may ? (
    <Menu>
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} aria-hidden="true" />} rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
          {say("metric.new")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => setStarting(true)}>{say("metric.new.starter")}</Menu.Item>
        <Menu.Item renderRoot={(props) => <Link to="/metrics/new" {...props} />}>{say("metric.new.own")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  ) : null;
  return (
    <Page title={say("room.metrics")} lead={say("metrics.lead")} actions={none ? null : add}>
      <Answer of={metrics}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              icon={<IconGauge />}
              title={say("metrics.empty")}
              action={
                may ? (
                  <div className="row">
                    <Button onClick={() => setStarting(true)}>{say("metric.new.starter")}</Button>
                    <Button variant="default" renderRoot={(props) => <Link to="/metrics/new" {...props} />}>
                      {say("metric.new.own")}
                    </Button>
                  </div>
                ) : null
              }
            >
              {say("metrics.empty.words")}
            </Empty>
          ) : (
            <>
              <Goals metrics={items} />
              <div className="stack-s">
                <div className="row-between">
                  <h2>{say("metrics.now")}</h2>
                  <LensBar lens={lens} onChange={setLens} whose />
                </div>
                <Values rows={items} />
              </div>
            </>
          )
        }
      </Answer>
      {starting ? <Starters taken={metrics.data?.items.map((one) => one.key) ?? []} close={() => setStarting(false)} /> : null}
    </Page>
  );
}

function Values({ rows }: { rows: MetricRow[] }) {
  const say = useText();
  const format = useFormat();
  const { query, days } = useAddress();
  const than = useThan();
  const values = useMetricValues(
    rows.map((row) => row.key),
    query,
    { interval: usualInterval(days) },
  );
  const found = new Map(values.data?.items.map((item) => [item.key, item]));
  return (
    <>
      {values.error && values.data ? <Stale at={values.dataUpdatedAt} retry={() => void values.refetch()} /> : null}
      {values.error && !values.data ? <Failed error={values.error} retry={() => void values.refetch()} /> : null}
      <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("room.metrics")} style={{ opacity: values.isPlaceholderData ? 0.55 : 1 }}>
        <table className="plain">
          <caption className="visually-hidden">{say("room.metrics")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("metric.metric")}</th>
              <th scope="col" className="num">
                {say("metric.value")}
              </th>
              {than ? <th scope="col">{say("table.change")}</th> : null}
              <th scope="col" className={styles.sparkcell}>
                {say("metric.course")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.key} row={row} item={found.get(row.key)} asOf={values.data?.as_of ?? ""} waiting={values.isPending} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="dim small" style={{ margin: 0 }}>
        {say("metrics.interval")} {values.data ? say("state.asOf", { when: format.clock(values.data.as_of) }) : ""}
      </p>
    </>
  );
}

function Row({ row, item, asOf, waiting }: { row: MetricRow; item: MetricValue | undefined; asOf: string; waiting: boolean }) {
  const say = useText();
  const figure = useFigure();
  const than = useThan();
  const { days } = useAddress();
  // The stretch that is not over yet would look like a fall.
  const finished = (of: MetricValue) => of.series.filter((point) => !stillRunning(point.at, usualInterval(days), asOf)).map((point) => point.value);
  return (
    <tr>
      <th scope="row" className={styles.name}>
        <Link to="/metrics/$key" params={{ key: row.key }} search={((old: Record<string, unknown>) => lensOf(old)) as never} style={{ fontWeight: 550, fontSize: "var(--text-m)" }}>
          {row.name}
        </Link>
        {row.description ? <span className={`${styles.about} dim small`}>{row.description}</span> : null}
      </th>
      {item?.refused ? (
        <td colSpan={than ? 2 : 1}>
          <Refused why={item.refused} />
        </td>
      ) : (
        <>
          <td className={`num ${styles.number}`}>
            <Link to="/metrics/$key" params={{ key: row.key }} search={((old: Record<string, unknown>) => lensOf(old)) as never} style={{ color: "var(--ink)" }}>
              {waiting ? <Skeleton height={28} width={72} style={{ display: "inline-block" }} /> : <span className={styles.value}>{item ? figure(item.value, item) : "–"}</span>}
              <span className="visually-hidden">{` – ${row.name}`}</span>
            </Link>
            <br />
            {item && item.value === null ? <span className="dim small">{say("metric.nothing")}</span> : null}
            {item ? <Range of={item} low={item.low} high={item.high} /> : null} {item ? <LeftOut of={item} /> : null}
          </td>
          {than ? <td>{item ? <Change item={item} than={than} /> : null}</td> : null}
        </>
      )}
      <td className={styles.sparkcell}>{item ? <Sparkline values={finished(item)} label={say("metric.spark", { name: row.name })} /> : null}</td>
    </tr>
  );
}
