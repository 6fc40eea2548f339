import { NativeSelect, Skeleton } from "@mantine/core";
import { IconRepeat } from "@tabler/icons-react";
import { lazy, Suspense, useId, useMemo } from "react";
import { useRetention, type Cohort, type RetentionAnswer, type RetentionBody } from "../../api/questions";
import { useFormat } from "../../design/format";
import { Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useClauseWords } from "../../matching/clauses";
import { Door } from "../../design/Door";
import { useAddress } from "../../questions/address";
import styles from "../../questions/Question.module.css";
import type { Line } from "../../questions/charts/LineChart";
import { AnyEditor, PeopleDrawer, SplitBy } from "../../questions/later";
import { useGroupName } from "../../questions/groups";
import { IntervalSelect } from "../../questions/fields";
import { problemsUnder } from "../../questions/problems";
import { useAtWords } from "../../questions/words";
import { useUsualStarts } from "./Beginnings";
import { QuestionPage } from "./QuestionPage";
import { askedRetention, retentionOf } from "./question";
import looks from "./Retention.module.css";

const LineChart = lazy(() => import("../../questions/charts/LineChart"));

/** Do they come back? Customers by when they began, and the share of them that came again. */
export function RetentionPage() {
  const say = useText();
  const { search, lens, query, go } = useAddress();
  const starts = useUsualStarts();
  const draft = retentionOf(search.q ?? starts.data?.retention[0]);
  const asked = askedRetention(draft);
  const retention = useRetention(asked, query, lens.by);
  const wordsOf = useClauseWords();
  const format = useFormat();
  const list = (any: RetentionBody["start"]["any"]) => format.list(any.map(wordsOf));
  const words = asked ? say("retention.words", { start: list(asked.start.any), back: list(asked.back.any) }) : say("explore.retention");
  return (
    <>
      <QuestionPage
        kind="retention"
        words={words}
        asked={asked}
        beginning={search.q === undefined && starts.isPending}
        of={retention}
        table={false}
        comparable={false}
        builder={<Builder draft={draft} save={(body) => go({ q: { ...body } as unknown as Record<string, unknown> })} error={retention.error} />}
        empty={<Empty icon={<IconRepeat />} title={say("retention.empty")}>{say("retention.empty.words")}</Empty>}
      >
        {(answer) => <Told answer={answer} draft={draft} />}
      </QuestionPage>
      {asked && retention.data && search.people ? <People asked={asked} answer={retention.data} people={search.people} /> : null}
    </>
  );
}

/** Who began together, or who of them came back; of stickiness who came at least so often. */
function People({ asked, answer, people }: { asked: RetentionBody; answer: RetentionAnswer; people: string }) {
  const say = useText();
  const at = useAtWords();
  const { query, go } = useAddress();
  const [row = "", column] = people.split(":");
  const cohort = answer.cohorts[Number(row)];
  const offset = column === undefined ? undefined : Number(column);
  const sticky = asked.kind === "stickiness";
  if (!sticky && !cohort) return null;
  const when = say(`retention.when.${asked.interval}`, { number: offset ?? 0 });
  const began = cohort ? at(cohort.at, asked.interval) : "";
  return (
    <PeopleDrawer
      kind="retention"
      title={sticky ? say("retention.people.times", { count: (offset ?? 0) + 1 }) : offset === undefined ? say("retention.people.began", { began }) : say("retention.people.back", { began, when })}
      body={asked}
      lens={query}
      of={sticky ? { least: (offset ?? 0) + 1 } : { cohort: Number(row), ...(offset === undefined ? {} : { offset }) }}
      close={() => go({ people: undefined })}
    />
  );
}

function Builder({ draft, save, error }: { draft: RetentionBody; save: (draft: RetentionBody) => void; error: unknown }) {
  const say = useText();
  const id = useId();
  const problem = (field: string) => Object.values(problemsUnder(error, field))[0];
  return (
    <div className="stack-s">
      <section className={styles.step} aria-label={say("retention.start")}>
        <span className="dim small">{say("retention.start")}</span>
        <AnyEditor any={draft.start.any.length > 0 ? draft.start.any : [null]} label={say("retention.start")} problems={problemsUnder(error, "start")} save={(any) => save({ ...draft, start: { any } })} />
      </section>
      <section className={styles.step} aria-label={say("retention.back")}>
        <span className="dim small">{say("retention.back")}</span>
        <AnyEditor any={draft.back.any.length > 0 ? draft.back.any : [null]} label={say("retention.back")} problems={problemsUnder(error, "back")} save={(any) => save({ ...draft, back: { any } })} />
        {draft.back.any.length === 0 ? <span className="dim small">{say("retention.back.same")}</span> : null}
      </section>
      <div className={styles.field}>
        <label htmlFor={`${id}-interval`}>{say("explore.interval")}</label>
        <IntervalSelect id={`${id}-interval`} value={draft.interval} error={problem("interval")} save={(interval) => save({ ...draft, interval })} />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-kind`}>{say("retention.kind")}</label>
        <NativeSelect
          id={`${id}-kind`}
          size="xs"
          error={problem("kind")}
          value={draft.kind}
          data={(["retention", "stickiness"] as const).map((kind) => ({ value: kind, label: say(`retention.kind.${kind}`) }))}
          onChange={(event) => save({ ...draft, kind: event.currentTarget.value as RetentionBody["kind"] })}
        />
      </div>
      <span className="dim small">{say(`retention.kind.${draft.kind}.words`)}</span>
      <SplitBy match={draft.start.any[0] ?? null} problem={problem("by")} />
    </div>
  );
}

function Told({ answer, draft }: { answer: RetentionAnswer; draft: RetentionBody }) {
  const say = useText();
  const format = useFormat();
  const { total, cohorts } = answer;
  const sticky = draft.kind === "stickiness";
  const step = (index: number) => (sticky ? say("retention.times", { count: index + 1 }) : say(`retention.step.${draft.interval}`, { number: index }));
  const lines = useMemo<Line[]>(
    () => [{ name: say("retention.all"), values: total.share, color: "--cat-1", symbol: "circle", low: total.low, high: total.high }],
    [total, say],
  );
  const columns = total.share.length;
  const categories = useMemo(() => Array.from({ length: columns }, (_, index) => (sticky ? String(index + 1) : String(index))), [columns, sticky]);
  const percent = useMemo(() => (value: number) => format.percent(value), [format]);
  if (total.size === 0) return <Empty icon={<IconRepeat />} title={say("people.none")}>{say("people.none.words")}</Empty>;
  const share = total.share[1];
  return (
    <>
        {!sticky && share !== null && share !== undefined ? (
          <p className={styles.finding}>
            <strong>{say("retention.headline", { count: total.size, share: format.percent(share), when: say(`retention.when.${draft.interval}`, { number: 1 }) })}</strong>{" "}
            <span className="dim">{say("explore.between", { low: format.percent(total.low[1] ?? share), high: format.percent(total.high[1] ?? share) })}</span>
          </p>
        ) : (
          <p className={styles.finding}>
            <strong>{say("people.total", { count: total.size })}</strong>
          </p>
        )}
        <section className="card" aria-label={say("retention.curve")}>
          <Suspense fallback={<Skeleton height={220} radius="md" />}>
            <LineChart label={say("retention.curve.label")} categories={categories} lines={lines} number={percent} most={1} height={220} />
          </Suspense>
          <p className={styles.foot} style={{ margin: "8px 0 0" }}>
            {say(sticky ? `retention.sticky.${draft.interval}` : `retention.since.${draft.interval}`)}
          </p>
        </section>
        <Cohorts cohorts={cohorts} total={total} columns={columns} step={step} interval={draft.interval} sticky={sticky} />
    </>
  );
}

/** Each row is those who began together; the deeper the colour, the more of them came again. The figures are the table. */
function Cohorts({ cohorts, total, columns, step, interval, sticky }: { sticky: boolean; cohorts: Cohort[]; total: RetentionAnswer["total"]; columns: number; step: (index: number) => string; interval: RetentionBody["interval"] }) {
  const say = useText();
  const format = useFormat();
  const at = useAtWords();
  const groupName = useGroupName();
  const { go } = useAddress();
  const grouped = cohorts.some((cohort) => cohort.group !== null && cohort.group !== undefined);
  return (
    <section className={`card flush ${looks.box}`} tabIndex={0} aria-label={say("retention.table")}>
      <table className={looks.heat}>
        <caption className="visually-hidden">{say("retention.table")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("retention.began")}</th>
            <th scope="col" className="num">
              {say("word.customers")}
            </th>
            {Array.from({ length: columns }, (_, index) => (
              <th key={index} scope="col">
                {step(index)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr className={looks.all}>
            <th scope="row">{say("retention.all")}</th>
            <td className="num">{format.number(total.size)}</td>
            {total.share.map((share, index) => (
              <Cell key={index} share={share} low={total.low[index]} high={total.high[index]} />
            ))}
          </tr>
          {cohorts.map((cohort, row) => (
            <tr key={`${cohort.at}-${cohort.group ?? ""}`}>
              <th scope="row">
                {at(cohort.at, interval)}
                {grouped ? ` · ${groupName(cohort.group)}` : ""}
              </th>
              <td className="num">
                {grouped ? (
                  format.number(cohort.size)
                ) : (
                  <Door label={say("explore.people.show")} open={() => go({ people: sticky ? "0:0" : String(row) })}>
                    {format.number(cohort.size)}
                  </Door>
                )}
              </td>
              {Array.from({ length: columns }, (_, index) => (
                <Cell key={index} share={cohort.share[index] ?? null} low={cohort.low[index]} high={cohort.high[index]} count={cohort.returned[index]} open={grouped ? undefined : () => go({ people: `${row}:${index}` })} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ share, low, high, count, open }: { open?: (() => void) | undefined; share: number | null; low?: number | null | undefined; high?: number | null | undefined; count?: number | null | undefined }) {
  const say = useText();
  const format = useFormat();
  if (share === null) return <td className={looks.later} />;
  const range = low !== null && low !== undefined && high !== null && high !== undefined ? say("explore.range", { low: format.percent(low), high: format.percent(high) }) : "";
  const words = [count !== null && count !== undefined ? say("people.total", { count }) : "", range].filter(Boolean).join(", ");
  return (
    <td style={{ background: `color-mix(in srgb, var(--flow) ${Math.round(Math.min(1, share) * 100)}%, var(--surface))` }} title={words}>
      {open ? (
        <Door label={say("explore.people.show")} open={open}>
          {format.percent(share, 0)}
        </Door>
      ) : (
        format.percent(share, 0)
      )}
    </td>
  );
}
