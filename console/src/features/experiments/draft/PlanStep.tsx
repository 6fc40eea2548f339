import { Button, NativeSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import type { ExperimentBody, Method, Plan } from "../../../api/experiments";
import { usePlan, type Foresight, type PlanRequest } from "../../../api/plans";
import { useFormat } from "../../../design/format";
import { NumberInput } from "../../../design/NumberInput";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "../Experiments.module.css";
import { runs, type StepProps } from "./steps";

const METHODS: Method[] = ["group_sequential", "always_valid", "fixed", "bayesian"];

/** Weights of the variations, also of those that factors make. */
function weightsOf(draft: ExperimentBody): number[] {
  if (!draft.factors || draft.variations?.length) return (draft.variations ?? []).map((one) => one.weight ?? 1).filter((weight) => weight > 0);
  const count = runs(
    draft.factors.map((one) => one.levels.length),
    draft.fraction ?? "full",
  );
  return Array.from({ length: Math.max(2, count) }, () => 1);
}

function asking(draft: ExperimentBody): PlanRequest | null {
  const primary = draft.metrics?.primary ?? [];
  const plan = draft.plan ?? {};
  const weights = weightsOf(draft);
  if (!primary[0] || !plan.effect || weights.length < 2 || !draft.coverage && draft.coverage !== undefined) return null;
  return {
    metric: primary[0],
    effect: plan.effect,
    audience: draft.audience ?? null,
    method: plan.method ?? "group_sequential",
    alpha: plan.alpha ?? 0.05,
    power: plan.power ?? 0.8,
    looks: Math.min(100, plan.looks ?? 14),
    weights,
    primaries: primary.length,
    coverage: draft.coverage ?? 1,
    cuped: plan.cuped ?? true,
  };
}

/** How the result will be read, and from the business's own last weeks how many people and days that takes. */
export function PlanStep({ draft, set, problems }: StepProps) {
  const say = useText();
  const plan = draft.plan ?? {};
  const method = plan.method ?? "group_sequential";
  const change = (next: Partial<Plan>) => set({ plan: { ...plan, ...next } });
  const [asked] = useDebouncedValue(useMemo(() => asking(draft), [draft]), 250);
  const foresight = usePlan(asked);
  const sized = method === "group_sequential" || method === "fixed";
  return (
    <>
      <NativeSelect label={say("draft.method")} description={say(`draft.method.${method}.why`)} value={method} data={METHODS.map((one) => ({ value: one, label: say(`draft.method.${one}`) }))} onChange={(event) => change({ method: event.currentTarget.value as Method })} />
      <div className={styles.fields}>
        <NumberInput label={say("draft.effect")} description={say("draft.effect.words")} suffix=" %" min={0.1} max={1000} error={problems["plan.effect"]} value={plan.effect ? Math.round(plan.effect * 1000) / 10 : ""} onChange={(value) => change({ effect: Number(value) > 0 ? Number(value) / 100 : null, size: null, days: null })} />
        <NumberInput label={say("draft.power")} description={say("draft.power.words")} suffix=" %" min={50} max={99} value={Math.round((plan.power ?? 0.8) * 100)} onChange={(value) => change({ power: Math.min(0.99, Math.max(0.5, Number(value) / 100)), size: null, days: null })} />
        {sized ? <NumberInput label={say("draft.size")} description={say("draft.size.words")} min={1} error={problems["plan.size"]} value={plan.size ?? ""} onChange={(value) => change({ size: Number(value) > 0 ? Math.round(Number(value)) : null })} /> : null}
      </div>
      {asked === null ? (
        <p className="dim" style={{ margin: 0 }}>
          {say(draft.metrics?.primary?.[0] ? "draft.plan.effectFirst" : "draft.plan.metricFirst")}
        </p>
      ) : (
        <Answer of={foresight}>{(found) => <Outlook found={found} plan={plan} sized={sized} unit={draft.unit ?? "device"} take={(size, days) => change({ size, days })} />}</Answer>
      )}
    </>
  );
}

function Outlook({ found, plan, sized, unit, take }: { found: Foresight; plan: Plan; sized: boolean; unit: "device" | "customer" | "account"; take: (size: number, days: number | null) => void }) {
  const say = useText();
  const format = useFormat();
  const days = found.whole_weeks === null ? null : found.whole_weeks * 7;
  return (
    <section className={`stack-s ${styles.outlook}`} aria-label={say("draft.outlook")}>
      {found.size && found.effect ? (
        <div className="row-between">
          <strong>
            {say("draft.outlook.needs", { effect: format.percent(found.effect, 1), units: found.size.units, unit, weeks: found.whole_weeks ?? 0, ever: found.whole_weeks === null ? "no" : "yes" })}
          </strong>
          {sized && plan.size !== found.size.units ? (
            <Button size="xs" variant="default" onClick={() => take(found.size?.units ?? 0, days)}>
              {say("draft.outlook.take")}
            </Button>
          ) : null}
        </div>
      ) : null}
      <span className="dim small">{say("draft.outlook.history", { days: found.history.days, units: found.history.units, explained: format.percent(found.history.explained) })}</span>
      {found.outlooks.length > 0 ? (
        <table className="plain">
          <caption className="visually-hidden">{say("draft.outlook.table")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("draft.outlook.after")}</th>
              <th scope="col" className="num">
                {say(`result.units.${unit}`)}
              </th>
              <th scope="col" className="num">
                {say("draft.outlook.smallest")}
              </th>
            </tr>
          </thead>
          <tbody>
            {found.outlooks.map((one) => (
              <tr key={one.days}>
                <td>{say("draft.outlook.weeks", { weeks: Math.round(one.days / 7) })}</td>
                <td className="num">{format.number(one.units)}</td>
                <td className="num">{format.percent(one.effect, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}
