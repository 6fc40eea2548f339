import { ActionIcon, Button, NativeSelect, SegmentedControl, Skeleton } from "@mantine/core";
import { IconChartLine, IconPlus, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useId, useMemo } from "react";
import { useMetrics } from "../../api/metrics";
import type { Interval } from "../../api/asked";
import { useTrends, type MetricLine, type TrendsAnswer, type TrendsBody, type TrendSeries } from "../../api/questions";
import { Delta } from "../../design/Delta";
import { Door } from "../../design/Door";
import { useFormat } from "../../design/format";
import { Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useClauseWords } from "../../matching/clauses";
import { MatchEditor, PeopleDrawer, SplitBy } from "../../questions/later";
import { useAddress, useThan } from "../../questions/address";
import { look } from "../../questions/charts/look";
import type { Line } from "../../questions/charts/LineChart";
import styles from "../../questions/Question.module.css";
import { LeftOut, Range, useFigure } from "../../questions/figures";
import { useGroupName } from "../../questions/groups";
import { IntervalSelect } from "../../questions/fields";
import { problemsUnder } from "../../questions/problems";
import { stillRunning } from "../../questions/intervals";
import { useAtWords } from "../../questions/words";
import { useUsualStarts } from "./Beginnings";
import { QuestionPage } from "./QuestionPage";
import { askedTrends, trendsOf, type TrendsDraft } from "./question";

const LineChart = lazy(() => import("../../questions/charts/LineChart"));

/** How does it develop? Events or the customers who did them, by day, week or month. */
export function TrendsPage() {
  const say = useText();
  const { search, lens, query, days, go } = useAddress();
  const starts = useUsualStarts();
  const first = starts.data?.trends[0];
  const draft = trendsOf(search.q ?? (first && { series: first.series }), days);
  const wordsOf = useClauseWords();
  const asked = askedTrends(draft, wordsOf);
  const trends = useTrends(asked, query, lens.by);
  const save = (body: TrendsDraft) => go({ q: { ...body } as unknown as Record<string, unknown> });
  return (
    <>
      <QuestionPage
        kind="trends"
        words={asked ? asked.series.map((one) => one.label || one.metric).join(", ") : say("explore.trends")}
        asked={asked}
        beginning={search.q === undefined && starts.isPending}
        of={trends}
        builder={<Builder draft={draft} save={save} error={trends.error} />}
        empty={<Empty icon={<IconChartLine />} title={say("trends.empty")}>{say("trends.empty.words")}</Empty>}
        skeleton={<Skeleton height={340} radius="md" />}
      >
        {(answer) => (search.view === "table" ? <Table answer={answer} draft={draft} /> : <Picture answer={answer} draft={draft} />)}
      </QuestionPage>
      {trends.data && asked && search.people ? <People answer={trends.data} asked={asked} people={search.people} /> : null}
    </>
  );
}

interface BuilderProps {
  draft: TrendsDraft;
  save: (draft: TrendsDraft) => void;
  error: unknown;
}

function Builder({ draft, save, error }: BuilderProps) {
  const say = useText();
  const id = useId();
  const metrics = useMetrics().data?.items ?? [];
  const { series } = draft;
  const put = (index: number, one: TrendSeries) => save({ ...draft, series: series.map((other, at) => (at === index ? one : other)) });
  const problem = (field: string) => Object.values(problemsUnder(error, field))[0];
  return (
    <div className="stack-s">
      {series.map((one, index) => {
        const remove =
          series.length > 1 ? (
            <ActionIcon variant="subtle" color="gray" aria-label={say("trends.remove", { number: index + 1 })} onClick={() => save({ ...draft, series: series.filter((_, at) => at !== index) })}>
              <IconX size={15} aria-hidden="true" />
            </ActionIcon>
          ) : null;
        const problems = problemsUnder(error, `series[${index}]`);
        if (one.metric !== undefined) {
          return (
            <div key={`${index}-${series.length}`} className={styles.step}>
              <div className="row" style={{ flexWrap: "nowrap" }}>
                <NativeSelect
                  className="grow"
                  size="xs"
                  aria-label={say("trends.metric", { number: index + 1 })}
                  value={one.metric}
                  error={problems.metric}
                  data={[{ value: "", label: say("trends.metric.choose") }, ...metrics.map(({ key, name }) => ({ value: key, label: name }))]}
                  onChange={(event) => put(index, { label: "", metric: event.currentTarget.value })}
                />
                {remove}
              </div>
            </div>
          );
        }
        return (
          <div key={`${index}-${series.length}`} className={styles.step}>
            <MatchEditor value={one.match ?? null} label={say("trends.series", { number: index + 1 })} save={(match) => put(index, { ...one, match })} problems={under(problems)} actions={remove} />
          </div>
        );
      })}
      <div className="row">
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save({ ...draft, series: [...series, { label: "" }] })}>
          {say("rule.add")}
        </Button>
        {metrics.length > 0 ? (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save({ ...draft, series: [...(series.length === 1 && !series[0]?.match && series[0]?.metric === undefined ? [] : series), { label: "", metric: "" }] })}>
            {say("trends.metric.add")}
          </Button>
        ) : null}
      </div>
      {problem("series") && !Object.keys(problemsUnder(error, "series"))[0]?.startsWith("[") ? <span className={styles.refused} role="alert">{problem("series")}</span> : null}
      <div className={styles.field}>
        <span>{say("trends.measure")}</span>
        <SegmentedControl
          size="xs"
          aria-label={say("trends.measure")}
          value={draft.measure}
          onChange={(measure) => save({ ...draft, measure: measure as TrendsDraft["measure"] })}
          data={[
            { value: "customers", label: say("word.customers") },
            { value: "events", label: say("word.events") },
          ]}
        />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-interval`}>{say("explore.interval")}</label>
        <IntervalSelect id={`${id}-interval`} value={draft.interval} error={problem("interval")} save={(interval) => save({ ...draft, interval })} />
      </div>
      <SplitBy match={series.find((one) => one.match)?.match ?? null} problem={problem("by")} />
    </div>
  );
}

const under = (problems: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(problems).map(([path, words]) => [path.replace(/^match\.?/, ""), words]));

function useLineName(): (one: { label: string; group: string | null }) => string {
  const groupName = useGroupName();
  return useCallback((one) => (one.group === null || one.group === undefined ? one.label : `${one.label} · ${groupName(one.group)}`), [groupName]);
}

function Picture({ answer, draft }: { answer: TrendsAnswer; draft: TrendsDraft }) {
  const say = useText();
  const nameOf = useLineName();
  const format = useFormat();
  const than = useThan();
  const at = useAtWords();
  const { go } = useAddress();
  const { measure } = draft;
  const previous = measure === "customers" ? "previous_customers" : "previous_events";
  const first = answer.series[0];
  const few = answer.series.length <= 2;
  // A time from before the first event is no comparison.
  const compared = answer.series.some((one) => (one.total.previous_events ?? 0) > 0);
  const lines = useMemo<Line[]>(
    () => [
      ...answer.series.map((one, index) => ({ name: nameOf(one), values: one.points.map((point) => point[measure]), ...look(index) })),
      ...(few && than && compared
        ? answer.series.flatMap((one, index) =>
            one.total.previous_events
              ? [{ name: `${nameOf(one)}, ${than}`, values: one.points.map((point) => point[previous]), color: look(index).color, dash: [2, 4], quiet: true }]
              : [],
          )
        : []),
    ],
    [answer, measure, previous, few, compared, than, nameOf],
  );
  const categories = useMemo(() => first?.points.map((point) => at(point.at, answer.interval)) ?? [], [first, at, answer.interval]);
  if (!first && answer.metrics.length === 0) return <Empty icon={<IconChartLine />} title={say("trends.nothing")}>{say("people.none.words")}</Empty>;
  const metrics = answer.metrics.length > 0 ? <MetricPictures answer={answer} than={than} /> : null;
  if (!first) return metrics;
  return (
    <>
    <div className="card stack">
      <Legend answer={answer} draft={draft} />
      <Suspense fallback={<Skeleton height={320} radius="md" />}>
        <LineChart
          label={say("trends.picture", { what: lines.map((line) => line.name).join(", ") })}
          categories={categories}
          lines={lines}
          number={format.compact}
          height={320}
          pick={(line, point) => (line < answer.series.length ? go({ people: `${line}:${point}` }) : undefined)}
        />
      </Suspense>
      <span className={styles.foot}>
        {few && than && compared ? `${say("trends.before.legend", { than })} ` : ""}
        {stillRunning(first.points.at(-1)?.at, answer.interval, answer.as_of) ? `${say(`explore.running.${answer.interval}`)} ` : ""}
        {say("trends.pick")} {say("state.asOf", { when: format.clock(answer.as_of) })}
      </span>
    </div>
    {metrics}
    </>
  );
}

/** Each metric on a scale of its own, with what chance leaves open as a band: amounts and shares don't share an axis. */
function MetricPictures({ answer, than }: { answer: TrendsAnswer; than: string }) {
  const at = useAtWords();
  const asked = [...new Set(answer.metrics.map((one) => one.one))];
  const categories = answer.metrics[0]?.points.map((point) => at(point.at, answer.interval)) ?? [];
  const last = answer.metrics[0]?.points.at(-1)?.at;
  const running = stillRunning(last, answer.interval, answer.as_of) ? answer.interval : null;
  return asked.map((one) => <MetricPicture key={one} lines={answer.metrics.filter((line) => line.one === one)} categories={categories} than={than} running={running} />);
}

function MetricPicture({ lines, categories, than, running }: { lines: MetricLine[]; categories: string[]; than: string; running: Interval | null }) {
  const say = useText();
  const nameOf = useLineName();
  const figure = useFigure();
  const [first] = lines;
  if (!first) return null;
  const alone = lines.length === 1;
  const compared = alone && than && first.points.some((point) => point.previous_value !== null);
  const drawn: Line[] = lines.map((line, index) => ({
    name: nameOf(line),
    values: line.points.map((point) => point.value),
    ...(alone ? { low: line.points.map((point) => point.low), high: line.points.map((point) => point.high) } : {}),
    ...look(index),
  }));
  if (compared) drawn.push({ name: `${nameOf(first)}, ${than}`, values: first.points.map((point) => point.previous_value), color: look(0).color, dash: [2, 4], quiet: true });
  return (
    <section className="card stack" aria-label={first.label}>
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "flex", flexWrap: "wrap", gap: "12px 32px" }}>
        {lines.map((line) => (
          <li key={line.group ?? ""}>
            <Link to="/metrics/$key" params={{ key: line.key }} className="small">
              {nameOf(line)}
            </Link>
            <div className="row" style={{ gap: 8 }}>
              <strong className="figures">{figure(line.total.value, line)}</strong>
              <Range of={line} low={line.total.low} high={line.total.high} />
              {than && line.total.previous && line.total.previous.value !== null ? <span className="dim small">{say("trends.metric.before", { than, value: figure(line.total.previous.value, line) })}</span> : null}
            </div>
            <LeftOut of={line} />
            {line.refused ? <span className="small dim">{`${line.refused.rule} ${line.refused.remedy}`}</span> : null}
          </li>
        ))}
      </ul>
      {first.refused ? null : (
        <Suspense fallback={<Skeleton height={220} radius="md" />}>
          <LineChart label={say("trends.picture", { what: drawn.map((line) => line.name).join(", ") })} categories={categories} lines={drawn} number={(value) => figure(value, first)} most={first.shows === "share" ? 1 : undefined} height={220} />
        </Suspense>
      )}
      <span className={styles.foot}>
        {compared ? `${say("trends.before.legend", { than })} ` : ""}
        {running ? say(`explore.running.${running}`) : ""}
      </span>
    </section>
  );
}

/** The marks of the lines: a dot, a square, a triangle, a diamond. */
const MARKS = ["M11 3a3 3 0 1 0 0 6 3 3 0 1 0 0-6z", "M8 3h6v6h-6z", "M11 2l4 7h-8z", "M11 2l4 4-4 4-4-4z"];

/** The lines by name, with their sums and how these changed; each sum opens the people. */
function Legend({ answer, draft }: { answer: TrendsAnswer; draft: TrendsDraft }) {
  const say = useText();
  const nameOf = useLineName();
  const format = useFormat();
  const than = useThan();
  const { go } = useAddress();
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "flex", flexWrap: "wrap", gap: "12px 32px" }} aria-label={say("trends.lines")}>
      {answer.series.map((one, index) => {
        const { total } = one;
        const sum = total[draft.measure];
        const before = draft.measure === "customers" ? total.previous_customers : total.previous_events;
        return (
          <li key={`${one.label}-${one.group ?? ""}`}>
            <span className="row small" style={{ gap: 6 }}>
              <svg width="22" height="12" viewBox="0 0 22 12" aria-hidden="true">
                <line x1="0" x2="22" y1="6" y2="6" stroke={`var(${look(index).color})`} strokeWidth="2" strokeDasharray={look(index).dash?.join(" ")} />
                <path d={MARKS[index % 4]} fill={`var(${look(index).color})`} />
              </svg>
              {nameOf(one)}
            </span>
            <span className="row" style={{ gap: 8 }}>
              <Door tone="big" label={say("explore.people.show")} open={() => go({ people: `${index}:all` })}>
                {format.compact(sum)}
              </Door>
              <span className="dim small">{draft.measure === "customers" ? say("trends.customers", { count: sum, events: format.compact(total.events) }) : say("trends.events", { count: sum, customers: format.compact(total.customers) })}</span>
              {than && before ? <Delta now={sum} before={before} than={than} sum={draft.measure === "events"} /> : null}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Table({ answer, draft }: { answer: TrendsAnswer; draft: TrendsDraft }) {
  const say = useText();
  const nameOf = useLineName();
  const format = useFormat();
  const than = useThan();
  const at = useAtWords();
  const { go } = useAddress();
  const figure = useFigure();
  const first = answer.series[0];
  const rows = first?.points ?? answer.metrics[0]?.points ?? [];
  return (
    <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("explore.trends")}>
      <table className="plain">
        <caption className="visually-hidden">{say("explore.trends")}</caption>
        <thead>
          <tr>
            <th scope="col">{say(`explore.interval.${answer.interval}`)}</th>
            {answer.series.map((one, index) => (
              <th key={index} scope="col" className="num">
                {nameOf(one)}
              </th>
            ))}
            {answer.metrics.map((one, index) => (
              <th key={`metric-${index}`} scope="col" className="num">
                {nameOf(one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((point, row) => (
            <tr key={point.at}>
              <th scope="row" style={{ color: "var(--ink)" }}>
                {at(point.at, answer.interval)}
              </th>
              {answer.series.map((one, index) => {
                const here = one.points[row];
                return (
                  <td key={index} className="num">
                    <Door label={say("explore.people.show")} open={() => go({ people: `${index}:${row}` })}>
                      {format.number(here?.[draft.measure] ?? 0)}
                    </Door>{" "}
                    {than && first?.total.previous_events ? <Delta now={here?.[draft.measure] ?? 0} before={draft.measure === "customers" ? here?.previous_customers : here?.previous_events} than={than} sum={draft.measure === "events"} /> : null}
                  </td>
                );
              })}
              {answer.metrics.map((one, index) => (
                <td key={`metric-${index}`} className="num">
                  {figure(one.points[row]?.value, one)} <Range of={one} low={one.points[row]?.low ?? null} high={one.points[row]?.high ?? null} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The people behind a point, or behind a whole line. */
function People({ answer, asked, people }: { answer: TrendsAnswer; asked: TrendsBody; people: string }) {
  const say = useText();
  const nameOf = useLineName();
  const at = useAtWords();
  const { query, lens, go } = useAddress();
  const [line = "", point = ""] = people.split(":");
  const shown = answer.series[Number(line)];
  const here = point === "all" ? undefined : shown?.points[Number(point)];
  if (!shown || (point !== "all" && !here)) return null;
  return (
    <PeopleDrawer
      kind="trends"
      title={here ? say("trends.people.at", { what: nameOf(shown), when: at(here.at, answer.interval) }) : nameOf(shown)}
      body={asked}
      lens={query}
      of={{ one: shown.one, ...(here ? { at: here.at } : {}), ...(shown.group !== null ? { group: shown.group } : {}) }}
      by={lens.by}
      close={() => go({ people: undefined })}
    />
  );
}
