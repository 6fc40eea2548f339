import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { IconBinaryTree } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { fetchBandit, useBanditChange, useBandits, useBanditUpdates, type BanditRow, type BanditUpdate } from "../../../api/bandits";
import type { Experiment } from "../../../api/experiments";
import { useMetrics } from "../../../api/metrics";
import { useMay } from "../../../api/session";
import { useFormat } from "../../../design/format";
import { keyFor } from "../../../design/keys";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import type { Line } from "../../../questions/charts/LineChart";
import { useFigure } from "../../../questions/figures";
import { Yesterday } from "./Yesterday";

const LineChart = lazy(() => import("../../../questions/charts/LineChart"));
const COLORS = ["--cat-1", "--cat-2", "--cat-3", "--cat-4", "--cat-6", "--cat-7", "--cat-8"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond"];

/** An experiment whose shares learn: how they moved, what the control keeps, what is earned; and any rule tried on the log. */
export function BanditPart({ experiment }: { experiment: Experiment }) {
  const say = useText();
  const bandits = useBandits();
  const may = useMay("write");
  const row = bandits.data?.items.find((one) => one.experiment === experiment.key);
  const live = experiment.body.status === "running" || experiment.body.status === "paused";
  return (
    <>
      {row ? <Learning row={row} experiment={experiment} /> : may && live && bandits.data ? <Offer experiment={experiment} taken={bandits.data.items.map((one) => one.key)} /> : null}
      <section className="card stack-s" aria-label={say("yesterday.title")}>
        <div>
          <h2>{say("yesterday.title")}</h2>
          <span className="dim small">{say("yesterday.words")}</span>
        </div>
        <Yesterday experiment={experiment} />
      </section>
    </>
  );
}

function Offer({ experiment, taken }: { experiment: Experiment; taken: string[] }) {
  const say = useText();
  const { create, save } = useBanditChange();
  const { tell, tellError } = useToasts();
  const metric = experiment.body.metrics?.primary?.[0];
  if (!metric) return null;
  const body = { name: experiment.body.name, experiment: experiment.key, metric, control: 0.1, floor: 0.02, every: 24 };
  const begin = () =>
    create.mutate({ key: keyFor(experiment.key, taken), body }, { onSuccess: (made) => tell(say("bandit.begun"), () => save.mutate({ key: made.key, expected: made.version, body: { ...body, active: false } }, { onError: tellError })), onError: tellError });
  return (
    <section className="card row-between" aria-label={say("bandit.title")}>
      <div className="grow">
        <h2>{say("bandit.title")}</h2>
        <span className="dim small">{say("bandit.offer")}</span>
      </div>
      <Button size="xs" variant="default" leftSection={<IconBinaryTree size={14} aria-hidden="true" />} loading={create.isPending} onClick={begin}>
        {say("bandit.begin")}
      </Button>
    </section>
  );
}

function Learning({ row, experiment }: { row: BanditRow; experiment: Experiment }) {
  const say = useText();
  const format = useFormat();
  const may = useMay("write");
  const updates = useBanditUpdates(row.key);
  const { update, save } = useBanditChange();
  const { tell, tellError } = useToasts();
  const turn = (active: boolean) =>
    void fetchBandit(row.key)
      .then(async (found) => {
        const saved = await save.mutateAsync({ key: row.key, expected: found.version, body: { ...found.body, active } });
        tell(say(active ? "bandit.goesOn" : "bandit.halted"), () => save.mutate({ key: row.key, expected: saved.version, body: found.body }, { onError: tellError }));
      })
      .catch(tellError);
  return (
    <section className="card stack-s" aria-label={say("bandit.title")}>
      <div className="row-between">
        <div>
          <h2>{say("bandit.title")}</h2>
          <span className="dim small">{row.updated ? say("bandit.updated", { when: format.ago(row.updated), count: row.updates }) : say("bandit.waiting")}</span>
        </div>
        {may ? (
          <span className="row">
            <Button size="xs" variant="default" loading={update.isPending} onClick={() => update.mutate(row.key, { onSuccess: (done) => tell(say(done.learned.moved ? "bandit.learned" : "bandit.learned.same")), onError: tellError })}>
              {say("bandit.now")}
            </Button>
            <Button size="xs" variant="default" onClick={() => turn(!row.active)}>
              {say(row.active ? "bandit.halt" : "bandit.goOn")}
            </Button>
          </span>
        ) : null}
      </div>
      <Answer of={updates} skeleton={<Skeleton height={220} radius="md" />}>
        {({ items }) => (items.length > 0 ? <Shares items={items.toReversed()} row={row} experiment={experiment} /> : <p className="dim">{say("bandit.none")}</p>)}
      </Answer>
    </section>
  );
}

function Shares({ items, row, experiment }: { items: BanditUpdate[]; row: BanditRow; experiment: Experiment }) {
  const say = useText();
  const format = useFormat();
  const figure = useFigure();
  const [table, setTable] = useState(false);
  const metric = useMetrics().data?.items.find((one) => one.key === row.metric);
  const arms = experiment.arms;
  const nameOf = useMemo(() => (arm: string) => experiment.body.variations?.find((one) => one.key === arm)?.name || arm, [experiment]);
  const lines = useMemo<Line[]>(() => arms.map((arm, index) => ({ name: nameOf(arm), values: items.map((one) => one.learned.weights[arm] ?? null), color: COLORS[index % COLORS.length] ?? "--cat-1", symbol: SYMBOLS[index % SYMBOLS.length], ...(index === 0 ? { dash: [6, 4] } : {}) })), [arms, items, nameOf]);
  const categories = useMemo(() => items.map((one) => format.dayShort(format.dayOf(one.at))), [items, format]);
  const number = useMemo(() => (value: number) => format.percent(value), [format]);
  const last = items.at(-1);
  return (
    <>
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <SegmentedControl
          size="xs"
          aria-label={say("board.view")}
          value={table ? "table" : "picture"}
          onChange={(view) => setTable(view === "table")}
          data={[
            { value: "picture", label: say("explore.view.picture") },
            { value: "table", label: say("board.view.table") },
          ]}
        />
      </div>
      {table ? (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={say("bandit.shares")}>
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{say("word.day")}</th>
                {arms.map((arm) => (
                  <th key={arm} scope="col" className="num">
                    {nameOf(arm)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.number}>
                  <td>{format.dateTime(one.at)}</td>
                  {arms.map((arm) => (
                    <td key={arm} className="num">
                      {format.percent(one.learned.weights[arm] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Suspense fallback={<Skeleton height={220} radius="md" />}>
          <LineChart label={say("bandit.shares")} categories={categories} lines={lines} number={number} most={1} height={220} />
        </Suspense>
      )}
      {last ? (
        <ul className="small" style={{ margin: 0, paddingInlineStart: 18 }}>
          {arms.map((arm, index) => (
            <li key={arm}>
              {say("bandit.arm", { name: nameOf(arm), share: format.percent(last.learned.weights[arm] ?? 0), chance: format.percent(last.learned.chances[arm] ?? 0), value: metric ? figure(last.learned.means[arm] ?? null, metric) : format.times(last.learned.means[arm] ?? 0) })}
              {index === 0 ? ` ${say("bandit.control")}` : ""}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
