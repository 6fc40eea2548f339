import { Button, NativeSelect } from "@mantine/core";
import { IconGauge } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Measured } from "../../../api/experiments";
import { useMetricChange, useMetrics, useMetricTemplates, type MetricRow } from "../../../api/metrics";
import { Pill } from "../../../design/Badges";
import { NumberInput } from "../../../design/NumberInput";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import type { StepProps } from "./steps";

const ROLES = ["primary", "secondary", "guardrails"] as const;
type Role = (typeof ROLES)[number];

/** What decides, what is looked at beside it, what must not get worse: of the metrics there are, those of the stage first. */
export function MetricsStep({ draft, set, problems }: StepProps) {
  const say = useText();
  const metrics = useMetrics();
  const templates = useMetricTemplates();
  const fitting = (templates.data?.items ?? []).filter((one) => draft.stage && one.stages.includes(draft.stage));
  const suggested = new Set(fitting.map((one) => one.key));
  const measured = draft.metrics ?? {};
  const assign = (key: string, role: Role | "") => {
    const next: Measured = Object.fromEntries(ROLES.map((one) => [one, (measured[one] ?? []).filter((other) => other !== key)]));
    const margins = Object.entries(measured.margins ?? {}).filter(([other]) => other !== key || role === "guardrails");
    if (margins.length) next.margins = Object.fromEntries(margins);
    if (role) next[role] = [...(next[role] ?? []), key];
    set({ metrics: next });
  };
  const setMargin = (key: string, margin: number | null) => {
    const others = Object.entries(measured.margins ?? {}).filter(([other]) => other !== key);
    set({ metrics: { ...measured, margins: Object.fromEntries(margin === null ? others : [...others, [key, margin]]) } });
  };
  const isMargin = (path: string) => path.startsWith("metrics.margins.");
  const problem = Object.entries(problems).find(([path]) => path.startsWith("metrics") && !isMargin(path))?.[1];
  return (
    <Answer of={metrics}>
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Empty icon={<IconGauge />} title={say("metrics.empty")} action={<Button renderRoot={(props) => <Link to="/metrics" {...props} />}>{say("draft.metrics.make")}</Button>}>
              {say("draft.metrics.none")}
            </Empty>
          ) : (
            <ul className={styles.checks}>
              {items
                .toSorted((a, b) => Number(suggested.has(b.key)) - Number(suggested.has(a.key)))
                .map((one) => (
                  <li key={one.key}>
                    <Line metric={one} suggested={suggested.has(one.key)} role={ROLES.find((role) => measured[role]?.includes(one.key)) ?? ""} assign={(role) => assign(one.key, role)} />
                    {measured.guardrails?.includes(one.key) ? <Margin metric={one} margin={measured.margins?.[one.key] ?? null} problem={problems[`metrics.margins.${one.key}`]} set={(margin) => setMargin(one.key, margin)} /> : null}
                  </li>
                ))}
            </ul>
          )}
          {problem ? (
            <p role="alert" className={styles.bad}>
              {problem}
            </p>
          ) : null}
          <Missing fitting={fitting.filter((one, index, all) => !items.some((metric) => metric.key === one.key) && all.findIndex((other) => other.key === one.key) === index).slice(0, 4)} />
        </>
      )}
    </Answer>
  );
}

function Line({ metric, suggested, role, assign }: { metric: MetricRow; suggested: boolean; role: Role | ""; assign: (role: Role | "") => void }) {
  const say = useText();
  return (
    <>
      <span className="grow">
        <span className="row">
          <strong style={{ fontWeight: 550 }}>{metric.name}</strong>
          {suggested ? <Pill>{say("draft.metrics.suggested")}</Pill> : null}
        </span>
        {metric.description ? <span className="dim small">{metric.description}</span> : null}
      </span>
      <NativeSelect
        size="xs"
        aria-label={say("draft.metrics.role", { name: metric.name })}
        value={role}
        data={[{ value: "", label: say("draft.metrics.unused") }, ...ROLES.map((one) => ({ value: one, label: say(`draft.metrics.${one}`) }))]}
        onChange={(event) => assign(event.currentTarget.value as Role | "")}
      />
    </>
  );
}

/** How much worse a guardrail may get before nothing is shipped; left empty, harm that is seen stops it. */
function Margin({ metric, margin, problem, set }: { metric: MetricRow; margin: number | null; problem: string | undefined; set: (margin: number | null) => void }) {
  const say = useText();
  return (
    <NumberInput
      size="xs"
      w={150}
      aria-label={say("draft.metrics.margin", { name: metric.name })}
      description={say("draft.metrics.margin.words")}
      suffix=" %"
      min={0}
      max={99}
      error={problem}
      placeholder={say("draft.metrics.margin.none")}
      value={margin === null ? "" : Math.round(margin * 1000) / 10}
      onChange={(value) => set(value === "" || Number(value) <= 0 ? null : Number(value) / 100)}
    />
  );
}

/** Ready-made metrics for the stage that the workspace doesn't have yet. */
function Missing({ fitting }: { fitting: { key: string; set: string; body: { name: string } }[] }) {
  const say = useText();
  const { takeOver } = useMetricChange();
  const templates = useMetricTemplates();
  const { tell, tellError } = useToasts();
  if (fitting.length === 0) return null;
  const add = (key: string, set: string) => {
    const found = templates.data?.items.filter((one) => one.key === key && one.set === set) ?? [];
    takeOver.mutate(found, { onSuccess: () => tell(say("starters.done", { count: found.length })), onError: tellError });
  };
  return (
    <div className="stack-s">
      <span className="dim small">{say("draft.metrics.more")}</span>
      <div className="row">
        {fitting.map((one) => (
          <Button key={one.key} size="compact-sm" variant="default" onClick={() => add(one.key, one.set)}>
            {say("draft.metrics.add", { name: one.body.name })}
          </Button>
        ))}
      </div>
    </div>
  );
}
