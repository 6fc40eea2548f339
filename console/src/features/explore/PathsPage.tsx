import { NativeSelect, SegmentedControl, Skeleton, Switch } from "@mantine/core";
import { IconArrowsSplit2 } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useId, useMemo, useState } from "react";
import type { Match } from "../../api/asked";
import { usePaths, type PathNode, type PathsAnswer, type PathsBody } from "../../api/questions";
import { useFormat } from "../../design/format";
import { Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useClauseWords } from "../../matching/clauses";
import { MatchEditor, PeopleDrawer } from "../../questions/later";
import { Door } from "../../design/Door";
import { useAddress } from "../../questions/address";
import type { Stop, Stream } from "../../questions/charts/Sankey";
import styles from "../../questions/Question.module.css";
import looks from "./Paths.module.css";
import { WindowSelect } from "../../questions/fields";
import { problemsUnder } from "../../questions/problems";
import { useUsualStarts } from "./Beginnings";
import { QuestionPage } from "./QuestionPage";
import { askedPaths, DIRECTIONS, pathsOf } from "./question";

const Sankey = lazy(() => import("../../questions/charts/Sankey"));

/** Which ways do they go? Steps from, to or between events. */
export function PathsPage() {
  const say = useText();
  const { search, query, go } = useAddress();
  const starts = useUsualStarts();
  const beginning = search.q === undefined && starts.isPending;
  const draft = pathsOf(search.q ?? starts.data?.paths[0]);
  const asked = beginning ? null : askedPaths(draft);
  const paths = usePaths(asked, query);
  const wordsOf = useClauseWords();
  const save = (body: PathsBody) => go({ q: { ...body } as unknown as Record<string, unknown> });
  const words = draft.anchor ? say(`paths.words.${draft.direction}`, { what: wordsOf(draft.anchor.match), end: draft.to ? wordsOf(draft.to.match) : "" }) : say("explore.paths");
  return (
    <>
      <QuestionPage
        kind="paths"
        comparable={false}
        words={words}
        asked={asked}
        beginning={beginning}
        of={paths}
        builder={<Builder draft={draft} save={save} error={paths.error} />}
        empty={<Empty icon={<IconArrowsSplit2 />} title={say("paths.empty")}>{say(draft.direction === "between" ? "paths.empty.between" : "paths.empty.words")}</Empty>}
        skeleton={<Skeleton height={420} radius="md" />}
      >
        {(answer) =>
          answer.customers === 0 ? (
            <Empty icon={<IconArrowsSplit2 />} title={say("people.none")}>{say("people.none.words")}</Empty>
          ) : (
            <Told answer={answer} ends={draft.direction === "from" ? draft.steps : null} table={search.view === "table"} anchor={(match) => save({ ...draft, anchor: { match }, direction: draft.direction === "between" ? "from" : draft.direction })} />
          )
        }
      </QuestionPage>
      {asked && search.people ? <People asked={asked} people={search.people} /> : null}
    </>
  );
}

/** Who was at a stop, or went from one to the next. */
function People({ asked, people }: { asked: PathsBody; people: string }) {
  const say = useText();
  const wordsOf = useNodeWords();
  const { query, go } = useAddress();
  const [step = "", name = "", next] = people.split("|");
  if (!/^\d$/.test(step)) return null;
  return (
    <PeopleDrawer
      kind="paths"
      title={next === undefined ? say("paths.people", { name: wordsOf(name) }) : say("paths.people.next", { from: wordsOf(name), to: wordsOf(next) })}
      body={asked}
      lens={query}
      of={{ step: Number(step), name, ...(next === undefined ? {} : { next }) }}
      close={() => go({ people: undefined })}
    />
  );
}

function Builder({ draft, save, error }: { draft: PathsBody; save: (draft: PathsBody) => void; error: unknown }) {
  const say = useText();
  const id = useId();
  const problem = (field: string) => Object.values(problemsUnder(error, field))[0];
  const [one, two] = draft.direction === "between" ? (["paths.start", "paths.end"] as const) : draft.direction === "to" ? (["paths.end", null] as const) : (["paths.start", null] as const);
  return (
    <div className="stack-s">
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={say("paths.direction")}
        value={draft.direction}
        onChange={(direction) => save({ ...draft, direction: direction as PathsBody["direction"] })}
        data={DIRECTIONS.map((value) => ({ value, label: say(`paths.direction.${value}`) }))}
      />
      <section className={styles.step} aria-label={say(one)}>
        <span className="dim small">{say(one)}</span>
        <MatchEditor value={draft.anchor?.match ?? null} label={say(one)} save={(match) => save({ ...draft, anchor: { match } })} problems={under(problemsUnder(error, "anchor"))} />
        {draft.anchor === null && draft.direction === "from" ? (
          <span className="dim small">{say("paths.anywhere")}</span>
        ) : draft.anchor && draft.direction === "from" ? (
          <button type="button" className={`${styles.verb} small`} onClick={() => save({ ...draft, anchor: null })}>
            {say("paths.anywhere.do")}
          </button>
        ) : null}
      </section>
      {two ? (
        <section className={styles.step} aria-label={say(two)}>
          <span className="dim small">{say(two)}</span>
          <MatchEditor value={draft.to?.match ?? null} label={say(two)} save={(match) => save({ ...draft, to: { match } })} problems={under(problemsUnder(error, "to"))} />
        </section>
      ) : null}
      <div className={styles.field}>
        <label htmlFor={`${id}-steps`}>{say("paths.steps")}</label>
        <NativeSelect id={`${id}-steps`} size="xs" error={problem("steps")} value={String(draft.steps)} data={["2", "3", "4", "5", "6", "7", "8", "9", "10"]} onChange={(event) => save({ ...draft, steps: Number(event.currentTarget.value) })} />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-most`}>{say("paths.most")}</label>
        <NativeSelect
          id={`${id}-most`}
          size="xs"
          error={problem("most")}
          value={String(draft.most)}
          data={[...new Set([5, 8, 12, 20, draft.most])].sort((a, b) => a - b).map(String)}
          onChange={(event) => save({ ...draft, most: Number(event.currentTarget.value) })}
        />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-gap`}>{say("paths.gap")}</label>
        <WindowSelect id={`${id}-gap`} value={draft.gap_seconds} error={problem("gap_seconds")} save={(gap_seconds) => save({ ...draft, gap_seconds })} />
      </div>
      <Switch size="xs" label={say("paths.fold")} checked={draft.fold} onChange={(event) => save({ ...draft, fold: event.currentTarget.checked })} />
      <Switch
        size="xs"
        label={say("paths.pages")}
        checked={draft.by_page ?? false}
        onChange={(event) => {
          const { by_page: _, ...rest } = draft;
          save(event.currentTarget.checked ? { ...rest, by_page: true } : rest);
        }}
      />
    </div>
  );
}

const under = (problems: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(problems).map(([path, words]) => [path.replace(/^match\.?/, ""), words]));

const idOf = (step: number, name: string): string => `${step}|${name}`;
const matchOfNode = (node: PathNode): Match | null => {
  if (node.type === "other" || node.type === "end" || node.type === "start") return null;
  if (node.type === "track") return { type: "track", name: node.name };
  // A page's name is its address where pages are told apart.
  return { type: node.type, name: null, ...(node.name.startsWith("/") ? { where: [{ property: "page_path", op: "is", value: node.name }] } : {}) };
};

function useNodeWords(): (name: string) => string {
  const say = useText();
  return useCallback((name) => (name === "End" ? say("paths.node.end") : name === "Other" ? say("paths.node.other") : name === "Start" ? say("paths.node.start") : name === "page" || name === "screen" ? say(`type.${name}`) : name), [say]);
}

function Told({ answer, ends, table, anchor }: { answer: PathsAnswer; ends: number | null; table: boolean; anchor: (match: Match) => void }) {
  const say = useText();
  const format = useFormat();
  const wordsOf = useNodeWords();
  const [chosen, setChosen] = useState<string | null>(null);
  const stops = useMemo<Stop[]>(() => {
    const names = [...new Set(answer.nodes.filter((node) => matchOfNode(node)).map((node) => node.name))];
    return answer.nodes.map((node) => ({
      id: idOf(node.step, node.name),
      step: node.step,
      words: wordsOf(node.name),
      color: matchOfNode(node) ? `--cat-${(names.indexOf(node.name) % 7) + 1}` : "--cat-8",
      customers: say("people.total", { count: node.customers }),
      thin: node.customers < answer.customers * 0.02,
    }));
  }, [answer, say, wordsOf]);
  const streams = useMemo<Stream[]>(() => {
    const known = new Set(answer.nodes.map((node) => idOf(node.step, node.name)));
    return answer.links
      .map((link) => ({ from: idOf(link.step, link.from), to: idOf(link.step + 1, link.to), value: link.customers, words: say("paths.link", { count: link.customers, from: wordsOf(link.from), to: wordsOf(link.to) }) }))
      .filter((stream) => known.has(stream.from) && known.has(stream.to));
  }, [answer, say, wordsOf]);
  const tallest = Math.max(...answer.nodes.map((node) => answer.nodes.filter((other) => other.step === node.step).length), 1);
  const show = (id: string) => setChosen(id);
  const most = answer.top.find((way) => way.names.length > 1);
  const wayOf = (names: string[]) => [...names, ...(ends && names.length < ends ? ["End"] : [])].map(wordsOf).join(" → ");
  const node = answer.nodes.find((one) => idOf(one.step, one.name) === chosen);
  return (
    <>
        <p className={styles.finding}>
          <strong>{say("paths.headline", { count: answer.customers })}</strong>{" "}
          {most ? <span className="dim">{say("paths.headline.top", { path: most.names.map(wordsOf).join(" → "), count: most.customers })}</span> : null}
        </p>
        {table ? (
          <Links answer={answer} choose={show} />
        ) : (
          <section className={`card ${looks.box}`} tabIndex={0} aria-label={say("explore.paths")}>
            <div className={looks.wide}>
              <Suspense fallback={<Skeleton height={380} radius="md" />}>
                <Sankey label={say("paths.picture")} stops={stops} streams={streams} pick={show} pickStream={(_, to) => show(to)} height={Math.min(720, Math.max(300, tallest * 44))} />
              </Suspense>
            </div>
          </section>
        )}
        {node ? <Stop node={node} answer={answer} anchor={anchor} close={() => setChosen(null)} choose={show} /> : <p className={styles.foot}>{say("paths.pick")}</p>}
        <section className="card flush scroll-x" tabIndex={0} aria-label={say("paths.top")}>
          <table className="plain">
            <caption className={looks.caption}>{say("paths.top")}</caption>
            <thead>
              <tr>
                <th scope="col">{say("paths.top.way")}</th>
                <th scope="col" className="num">
                  {say("word.customers")}
                </th>
                <th scope="col" className="num">
                  {say("paths.top.times")}
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.top.map((way, index) => (
                <tr key={index}>
                  <th scope="row" style={{ whiteSpace: "normal", color: "var(--ink)" }}>
                    {wayOf(way.names)}
                  </th>
                  <td className="num">{format.number(way.customers)}</td>
                  <td className="num">{format.number(way.times)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
    </>
  );
}

/** One stop: from where and to where, and paths anew from there. */
function Stop({ node, answer, anchor, close, choose }: { node: PathNode; answer: PathsAnswer; anchor: (match: Match) => void; close: () => void; choose: (id: string) => void }) {
  const say = useText();
  const { go } = useAddress();
  const format = useFormat();
  const wordsOf = useNodeWords();
  const match = matchOfNode(node);
  const after = answer.links.filter((link) => link.step === node.step && link.from === node.name);
  const before = answer.links.filter((link) => link.step === node.step - 1 && link.to === node.name);
  const list = (title: string, links: typeof after, other: (link: (typeof after)[number]) => string, step: number) =>
    links.length > 0 ? (
      <div className="grow">
        <h3>{title}</h3>
        <ul className={looks.links}>
          {[...links]
            .sort((a, b) => b.customers - a.customers)
            .map((link) => (
              <li key={other(link)}>
                <button type="button" className={styles.verb} onClick={() => choose(idOf(step, other(link)))}>
                  {wordsOf(other(link))}
                </button>
                <span className="figures">
                  <Door label={say("explore.people.show")} open={() => go({ people: `${link.step}|${link.from}|${link.to}` })}>
                    {format.number(link.customers)}
                  </Door>{" "}
                  <span className="dim small">{format.percent(node.customers > 0 ? link.customers / node.customers : 0)}</span>
                </span>
              </li>
            ))}
        </ul>
      </div>
    ) : null;
  return (
    <section className="card stack" aria-label={wordsOf(node.name)}>
      <div className="row-between">
        <h2>
          {wordsOf(node.name)} <span className="dim small">{say("paths.stop", { number: node.step + 1, count: node.customers })}</span>
        </h2>
        <span className="row" style={{ gap: 16 }}>
          <button type="button" className={styles.verb} aria-haspopup="dialog" onClick={() => go({ people: idOf(node.step, node.name) })}>
            {say("about.people")}
          </button>
          {match ? (
            <button type="button" className={styles.verb} onClick={() => anchor(match)}>
              {say("paths.from.here")}
            </button>
          ) : null}
          <button type="button" className={styles.verb} onClick={close}>
            {say("action.close")}
          </button>
        </span>
      </div>
      <div className="row" style={{ alignItems: "flex-start", gap: 32 }}>
        {list(say("paths.before"), before, (link) => link.from, node.step - 1)}
        {list(say("paths.after"), after, (link) => link.to, node.step + 1)}
      </div>
    </section>
  );
}

/** The picture's twin: every flow on a line. */
function Links({ answer, choose }: { answer: PathsAnswer; choose: (id: string) => void }) {
  const say = useText();
  const { go } = useAddress();
  const format = useFormat();
  const wordsOf = useNodeWords();
  return (
    <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("explore.paths")}>
      <table className="plain">
        <caption className="visually-hidden">{say("explore.paths")}</caption>
        <thead>
          <tr>
            <th scope="col" className="num">
              {say("funnel.table.step")}
            </th>
            <th scope="col">{say("paths.from")}</th>
            <th scope="col">{say("paths.to")}</th>
            <th scope="col" className="num">
              {say("word.customers")}
            </th>
          </tr>
        </thead>
        <tbody>
          {answer.links.map((link) => (
            <tr key={`${link.step}-${link.from}-${link.to}`}>
              <td className="num">{link.step + 1}</td>
              <td>
                <button type="button" className={styles.verb} onClick={() => choose(idOf(link.step, link.from))}>
                  {wordsOf(link.from)}
                </button>
              </td>
              <td>
                <button type="button" className={styles.verb} onClick={() => choose(idOf(link.step + 1, link.to))}>
                  {wordsOf(link.to)}
                </button>
              </td>
              <td className="num">
                <Door label={say("explore.people.show")} open={() => go({ people: `${link.step}|${link.from}|${link.to}` })}>
                  {format.number(link.customers)}
                </Door>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
