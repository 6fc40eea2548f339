import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useExperiments } from "../../../api/experiments";
import type { Flag, FlagRule, FlagType, Then } from "../../../api/flags";
import { usePopulations } from "../../../api/populations";
import { Modal } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { NumberInput } from "../../../design/NumberInput";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { below, isRefusal, problemsUnder } from "../../../questions/problems";
import { Conditions } from "../../../targeting/Conditions";
import { FlagValue } from "../targeting/FlagValue";
import { Period } from "../targeting/Period";
import { Prerequisites } from "../targeting/Prerequisites";
import { USUAL_RAMP } from "./flag";
import { RampSteps } from "./RampSteps";
import { useFlagSaving } from "./saving";

interface Props {
  flag: Flag;
  /** Which rule; as many as there are: a new one. */
  at: number;
  close: () => void;
}

/** Fields of a rule that show what is said against them; anything else is said below the form. */
const SHOWN = ["name", "audience", "condition", "prerequisites", "schedule", "then"];

/** One rule: for whom, from when until when, and what they get. It saves the flag; what is refused is said beside its field. */
export function RuleEditor({ flag, at, close }: Props) {
  const say = useText();
  const type = flag.body.type ?? "boolean";
  const rules = flag.body.rules ?? [];
  const rule = rules[at];
  const populations = usePopulations();
  const { saving, error, pending } = useFlagSaving(flag, false);
  const [draft, setDraft] = useState<FlagRule>(rule ?? { id: keyFor("rule", rules.map((one) => one.id)), then: { type: "force", value: type === "boolean" ? true : flag.body.default } });
  const set = (change: Partial<FlagRule>) => setDraft((old) => ({ ...old, ...change }));
  const segments = (populations.data ?? []).filter((one) => one.kind === "audience").map((one) => ({ value: one.value.slice("audience:".length), label: one.name }));
  const problems = problemsUnder(error, `rules[${at}]`);
  const isShown = SHOWN.some((field) => Object.keys(below(problems, field)).length > 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving({ ...flag.body, rules: rule ? rules.map((one, index) => (index === at ? draft : one)) : [...rules, draft] }, say("flag.saved"), close);
  };
  return (
    <Modal opened onClose={close} size="lg" title={<strong>{say(rule ? "flag.rule.change" : "flag.rule.add")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form className="stack" onSubmit={submit}>
        <TextInput label={say("field.name")} error={problems.name} value={draft.name ?? ""} maxLength={400} onChange={(event) => set({ name: event.currentTarget.value })} />
        <NativeSelect label={say("draft.segment")} error={problems.audience} value={draft.audience ?? ""} data={[{ value: "", label: say("draft.everybody") }, ...segments]} onChange={(event) => set({ audience: event.currentTarget.value || null })} />
        <Conditions condition={draft.condition} set={(condition) => set({ condition })} problems={below(problems, "condition")} />
        <Prerequisites own={flag.key} needs={draft.prerequisites ?? []} set={(prerequisites) => set({ prerequisites })} problems={below(problems, "prerequisites")} />
        <Period schedule={draft.schedule} set={(schedule) => set({ schedule })} problems={below(problems, "schedule")} />
        <Get then={draft.then} type={type} set={(then) => set({ then })} started={flag.ramps.find((one) => one.rule === draft.id)?.started ?? null} problems={below(problems, "then")} />
        {isRefusal(error) && !isShown ? <Failed error={error} /> : null}
        <div className="row-between">
          {rule ? (
            <Button variant="subtle" color="gray" onClick={() => saving({ ...flag.body, rules: rules.filter((_, index) => index !== at) }, say("flag.saved"), close)}>
              {say("action.remove")}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" loading={pending}>
            {say("action.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

interface GetProps {
  then: Then;
  type: FlagType;
  set: (then: Then) => void;
  started: string | null;
  problems: Record<string, string>;
}

function Get({ then, type, set, started, problems }: GetProps) {
  const say = useText();
  const experiments = useExperiments();
  const first = experiments.data?.items[0];
  const value = then.type === "experiment" ? (type === "boolean" ? true : "") : then.value;
  const valuesOf = (key: string): Record<string, unknown> => {
    const arms = experiments.data?.items.find((one) => one.key === key)?.variations ?? [];
    return Object.fromEntries(arms.map((arm, index) => [arm, type === "boolean" ? index > 0 : type === "string" ? arm : type === "number" ? index : { variation: arm }]));
  };
  const change = (kind: string) => {
    if (kind === "force") set({ type: "force", value });
    else if (kind === "ramp") set({ type: "ramp", value, steps: USUAL_RAMP, guardrails: [] });
    else if (first) set({ type: "experiment", experiment: first.key, values: valuesOf(first.key) });
  };
  return (
    <fieldset className="card stack" style={{ margin: 0 }}>
      <legend className="small dim">{say("flag.rule.then")}</legend>
      <NativeSelect
        label={say("flag.rule.kind")}
        value={then.type}
        data={[{ value: "force", label: say("flag.rule.force") }, { value: "ramp", label: say("flag.rule.ramp") }, ...(first ? [{ value: "experiment", label: say("flag.rule.experiment") }] : [])]}
        onChange={(event) => change(event.currentTarget.value)}
      />
      {then.type === "experiment" ? (
        <>
          <NativeSelect label={say("flag.rule.experiment.which")} error={problems.experiment} value={then.experiment} data={(experiments.data?.items ?? []).map((one) => ({ value: one.key, label: one.name }))} onChange={(event) => set({ ...then, experiment: event.currentTarget.value, values: valuesOf(event.currentTarget.value) })} />
          {Object.entries(then.values).map(([arm, of]) => (
            <FlagValue key={arm} label={say("flag.rule.valueOf", { variation: arm })} type={type} value={of} error={problems[`values.${arm}`]} save={(next) => set({ ...then, values: { ...then.values, [arm]: next } })} />
          ))}
        </>
      ) : (
        <FlagValue label={say("flag.value")} type={type} value={then.value} error={problems.value} save={(next) => set({ ...then, value: next })} />
      )}
      {then.type === "force" ? <NumberInput label={say("flag.rule.coverage")} suffix=" %" min={0} max={100} error={problems.coverage} value={Math.round((then.coverage ?? 1) * 1000) / 10} onChange={(share) => set({ ...then, coverage: Math.min(1, Math.max(0, Number(share) / 100)) })} /> : null}
      {then.type === "ramp" ? <RampSteps then={then} set={set} started={started} problems={problems} /> : null}
    </fieldset>
  );
}
