import { Button, Checkbox } from "@mantine/core";
import type { Then } from "../../../api/flags";
import { useMetrics } from "../../../api/metrics";
import { useFormat } from "../../../design/format";
import { NumberInput } from "../../../design/NumberInput";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { below } from "../../../questions/problems";
import styles from "../../../targeting/Targeting.module.css";

type RampThen = Extract<Then, { type: "ramp" }>;

interface Props {
  then: RampThen;
  set: (then: RampThen) => void;
  /** When the ramp began to climb; null: its dates are shown as though it began now. */
  started: string | null;
  problems: Record<string, string>;
}

/** A growing share with the time of each step, and what takes it back by itself. */
export function RampSteps({ then, set, started, problems }: Props) {
  const say = useText();
  const format = useFormat();
  const metrics = useMetrics();
  const alter = (at: number, change: Partial<{ hours: number; coverage: number }>) => set({ ...then, steps: then.steps.map((one, index) => (index === at ? { ...one, ...change } : one)) });
  const guarded = then.guardrails ?? [];
  const wrong = Object.values(below(problems, "guardrails"))[0];
  const at = (hours: number) => format.dateTime(new Date((started ? Date.parse(started) : Date.now()) + hours * 3_600_000).toISOString());
  return (
    <>
      {then.steps.map((step, index) => {
        const problem = Object.values(below(problems, `steps[${index}]`))[0];
        return (
          <div key={index} className={styles.line} role="group" aria-label={say("flag.ramp.number", { number: index + 1 })}>
            <div className={styles.row} style={{ alignItems: "flex-end" }}>
              <NumberInput size="xs" w={130} label={say("flag.ramp.hours")} min={0} error={Boolean(problem)} value={step.hours} onChange={(value) => alter(index, { hours: Number(value) })} />
              <NumberInput size="xs" w={110} label={say("flag.rule.coverage")} suffix=" %" min={0} max={100} error={Boolean(problem)} value={Math.round(step.coverage * 1000) / 10} onChange={(value) => alter(index, { coverage: Number(value) / 100 })} />
              <span className={`dim small ${styles.when}`}>
                {say(started ? "flag.ramp.on" : "flag.ramp.ifNow", { when: at(step.hours) })}
              </span>
              {then.steps.length > 1 ? (
                <Button size="xs" variant="subtle" color="gray" onClick={() => set({ ...then, steps: then.steps.filter((_, place) => place !== index) })}>
                  {say("action.remove")}
                </Button>
              ) : null}
            </div>
            <Problem>{problem}</Problem>
          </div>
        );
      })}
      <div>
        <Button size="compact-sm" variant="default" onClick={() => set({ ...then, steps: [...then.steps, { hours: (then.steps.at(-1)?.hours ?? 0) + 24, coverage: 1 }] })}>
          {say("flag.ramp.add")}
        </Button>
      </div>
      {(metrics.data?.items.length ?? 0) > 0 ? (
        <fieldset className={styles.group}>
          <legend>{say("flag.ramp.guardrails")}</legend>
          <span className="dim small">{say("flag.ramp.guardrails.words")}</span>
          {(metrics.data?.items ?? []).map((one) => (
            <Checkbox key={one.key} size="sm" label={one.name} checked={guarded.includes(one.key)} onChange={() => set({ ...then, guardrails: guarded.includes(one.key) ? guarded.filter((key) => key !== one.key) : [...guarded, one.key] })} />
          ))}
          <Problem>{wrong}</Problem>
        </fieldset>
      ) : null}
    </>
  );
}
