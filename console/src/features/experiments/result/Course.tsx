import { NativeSelect, SegmentedControl, Skeleton } from "@mantine/core";
import { lazy, Suspense, useMemo, useState } from "react";
import type { MetricRead, Results } from "../../../api/results";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { useSigned } from "../../../design/signed";
import type { Line } from "../../../questions/charts/LineChart";

const LineChart = lazy(() => import("../../../questions/charts/LineChart"));
const COLORS = ["--cat-1", "--cat-2", "--cat-3", "--cat-4", "--cat-6", "--cat-7"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond"];

/** How the effect was known over time, with the interval that may be looked at every day; the line of no difference is the boundary. */
export function Course({ results, table, look }: { results: Results; table: boolean; look: (table: boolean) => void }) {
  const say = useText();
  const drawn = results.metrics.filter((one) => one.path.filter((point) => point.value !== null).length > 1);
  const [chosen, setChosen] = useState("");
  const metric = drawn.find((one) => one.key === chosen) ?? drawn[0];
  if (!metric) return null;
  return (
    <section className="card stack-s" aria-label={say("result.course")}>
      <div className="row-between">
        <h2>{say("result.course")}</h2>
        <span className="row">
          {drawn.length > 1 ? <NativeSelect size="xs" aria-label={say("metric.metric")} value={metric.key} data={drawn.map((one) => ({ value: one.key, label: one.name }))} onChange={(event) => setChosen(event.currentTarget.value)} /> : null}
          <SegmentedControl
            size="xs"
            aria-label={say("board.view")}
            value={table ? "table" : "picture"}
            onChange={(view) => look(view === "table")}
            data={[
              { value: "picture", label: say("explore.view.picture") },
              { value: "table", label: say("board.view.table") },
            ]}
          />
        </span>
      </div>
      {table ? <Table metric={metric} results={results} /> : <Picture metric={metric} results={results} />}
      <p className="dim small" style={{ margin: 0 }}>
        {say(results.method === "fixed" ? "result.course.fixed" : "result.course.words")}
      </p>
    </section>
  );
}

const nameOf = (results: Results, variation: string): string => results.exposures.arms.find((one) => one.variation === variation)?.name || variation;

function Picture({ metric, results }: { metric: MetricRead; results: Results }) {
  const say = useText();
  const format = useFormat();
  const signed = useSigned();
  const days = useMemo(() => [...new Set(metric.path.map((one) => one.at))].toSorted(), [metric]);
  const lines = useMemo<Line[]>(() => {
    const variations = [...new Set(metric.path.map((one) => one.variation))];
    const drawn = variations.map((variation, index): Line => {
      const at = new Map(metric.path.filter((one) => one.variation === variation).map((one) => [one.at, one]));
      const pick = (of: "value" | "low" | "high") => days.map((day) => at.get(day)?.[of] ?? null);
      return { name: nameOf(results, variation), values: pick("value"), low: pick("low"), high: pick("high"), color: COLORS[index % COLORS.length] ?? "--cat-1", symbol: SYMBOLS[index % SYMBOLS.length] };
    });
    return [...drawn, { name: say("result.noDifference"), values: days.map(() => 0), color: "--ink-dim", dash: [4, 4], quiet: true }];
  }, [metric, days, results, say]);
  const categories = useMemo(() => days.map((day) => format.dayShort(format.dayOf(day))), [days, format]);
  const number = useMemo(() => (value: number) => signed(value), [signed]);
  return (
    <Suspense fallback={<Skeleton height={280} radius="md" />}>
      <LineChart label={say("result.course.picture", { metric: metric.name })} categories={categories} lines={lines} number={number} height={280} />
    </Suspense>
  );
}

function Table({ metric, results }: { metric: MetricRead; results: Results }) {
  const say = useText();
  const format = useFormat();
  const signed = useSigned();
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={say("result.course.picture", { metric: metric.name })}>
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{say("word.day")}</th>
            <th scope="col">{say("result.variation")}</th>
            <th scope="col" className="num">{say("result.units.all")}</th>
            <th scope="col" className="num">{say("result.effect")}</th>
            <th scope="col" className="num">{say("result.low")}</th>
            <th scope="col" className="num">{say("result.high")}</th>
          </tr>
        </thead>
        <tbody>
          {metric.path.map((one) => (
            <tr key={`${one.at} ${one.variation}`}>
              <td>{format.dayDate(format.dayOf(one.at))}</td>
              <td>{nameOf(results, one.variation)}</td>
              <td className="num">{format.number(one.units)}</td>
              <td className="num">{signed(one.value)}</td>
              <td className="num">{signed(one.low)}</td>
              <td className="num">{signed(one.high)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
