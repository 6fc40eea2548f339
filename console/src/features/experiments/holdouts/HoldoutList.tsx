import { Button, NativeSelect } from "@mantine/core";
import { IconPlus, IconScale } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { fetchHoldout, useHoldoutChange, useHoldoutResults, useHoldouts, type HoldoutRow } from "../../../api/holdouts";
import { useMetrics } from "../../../api/metrics";
import { useMay } from "../../../api/session";
import { useFormat } from "../../../design/format";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import { Switch } from "../flags/Switch";
import { MetricTable } from "../result/MetricTable";
import { Who } from "../result/Who";
import { useVerdictWords } from "../words";

const InArm = lazy(async () => ({ default: (await import("../result/InArm")).InArm }));
const NewHoldout = lazy(async () => ({ default: (await import("./NewHoldout")).NewHoldout }));

/** Who sees nothing of the whole programme, and what the programme earns by comparison with them. */
export function HoldoutList() {
  const say = useText();
  const may = useMay("write");
  const holdouts = useHoldouts();
  const [making, setMaking] = useState(false);
  const add = may ? (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
      {say("holdout.new")}
    </Button>
  ) : null;
  return (
    <div className="stack">
      <Answer of={holdouts}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconScale />} title={say("holdouts.empty")} action={add}>
              {say("holdouts.empty.words")}
            </Empty>
          ) : (
            <>
              <div className="row-between">
                <p className="dim" style={{ margin: 0, maxWidth: "72ch" }}>
                  {say("holdouts.words")}
                </p>
                {add}
              </div>
              {items.map((row) => (
                <Held key={row.key} row={row} may={may} />
              ))}
            </>
          )
        }
      </Answer>
      {making ? (
        <Suspense>
          <NewHoldout taken={holdouts.data?.items.map((one) => one.key) ?? []} close={() => setMaking(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

function Held({ row, may }: { row: HoldoutRow; may: boolean }) {
  const say = useText();
  const format = useFormat();
  const { save } = useHoldoutChange();
  const { tell, tellError } = useToasts();
  const metrics = useMetrics();
  const navigate = useNavigate({ from: "/experiments/holdouts" });
  const search = useSearch({ from: "/rooms/improving/experiments/holdouts" });
  const metric = metrics.data?.items.find((one) => one.key === search.metric)?.key ?? metrics.data?.items[0]?.key;
  const turn = (active: boolean) =>
    void fetchHoldout(row)
      .then(async ({ version, body }) => {
        const saved = await save.mutateAsync({ key: row.key, expected: version, body: { ...body, active } });
        tell(say(active ? "holdout.on.told" : "holdout.off.told", { name: row.name }), () => save.mutate({ key: row.key, expected: saved.version, body }, { onError: tellError }));
      })
      .catch(tellError);
  return (
    <section className="card stack" aria-label={row.name}>
      <div className="row-between">
        <div>
          <h2>{row.name}</h2>
          <span className="dim small">{say("holdout.facts", { share: format.percent(row.share, 1), unit: row.unit, since: format.date(row.since) })}</span>
        </div>
        <Switch on={row.active} label={say("holdout.switch", { name: row.name })} disabled={!may} turn={turn} />
      </div>
      <div className={styles.share} role="img" aria-label={say("holdout.bar", { share: format.percent(row.share, 1) })}>
        <span style={{ flexGrow: row.share * 1000 }} />
        <span style={{ flexGrow: (1 - row.share) * 1000 }} />
      </div>
      {metric ? (
        <>
          <NativeSelect size="xs" label={say("holdout.metric")} style={{ maxWidth: 320 }} value={metric} data={(metrics.data?.items ?? []).map((one) => ({ value: one.key, label: one.name }))} onChange={(event) => void navigate({ search: (old) => ({ ...old, metric: event.currentTarget.value }) })} />
          <Reading row={row} metric={metric} />
        </>
      ) : (
        <p className="dim" style={{ margin: 0 }}>
          {say("draft.metrics.none")}
        </p>
      )}
    </section>
  );
}

function Reading({ row, metric }: { row: HoldoutRow; metric: string }) {
  const say = useText();
  const words = useVerdictWords();
  const navigate = useNavigate({ from: "/experiments/holdouts" });
  const search = useSearch({ from: "/rooms/improving/experiments/holdouts" });
  const { simulated = true } = search;
  const results = useHoldoutResults(row.key, metric, simulated);
  const names: Record<string, string> = { holdout: say("holdout.held"), programme: say("holdout.programme") };
  const people = (variation: string) => void navigate({ search: (old) => ({ ...old, holdout: row.key, people: variation }) });
  const close = () => void navigate({ search: (old) => ({ ...old, holdout: undefined, people: undefined }) });
  return (
    <Answer of={results}>
      {(answer) => {
        const found = { ...answer, exposures: { ...answer.exposures, arms: answer.exposures.arms.map((arm) => ({ ...arm, name: names[arm.variation] ?? arm.name })) } };
        return (
          <>
            <p className={styles.sentence}>{found.exposures.total > 0 ? words(found.verdict, found) : say("holdout.nobody")}</p>
            {found.exposures.total > 0 ? (
              <>
                <Who results={found} people={people} />
                <MetricTable results={found} people={people} />
              </>
            ) : null}
            {search.people && search.holdout === row.key ? (
              <Suspense>
                <InArm of={{ kind: "holdouts", key: row.key }} results={found} simulated={simulated} variation={search.people} metric={metric} close={close} />
              </Suspense>
            ) : null}
          </>
        );
      }}
    </Answer>
  );
}
