import { ActionIcon, Button, NativeSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { Factor, Fraction, Variation } from "../../../api/experiments";
import { ListField } from "../../../design/fields";
import { useFormat } from "../../../design/format";
import { keyFor } from "../../../design/keys";
import { NumberInput } from "../../../design/NumberInput";
import { useText } from "../../../design/text";
import styles from "../Experiments.module.css";
import { runs, type StepProps } from "./steps";

/** The ways it could be: whole variations, or factors whose combinations are tried. The first is as it is today. */
export function Variations({ draft, set, problems }: StepProps) {
  const say = useText();
  const many = Boolean(draft.factors);
  const change = (value: string) =>
    value === "factors"
      ? set({ factors: [newFactor([], say("draft.level.asIs"), say("draft.level.changed")), newFactor(["factor"], say("draft.level.asIs"), say("draft.level.changed"))], variations: [] })
      : set({
          factors: null,
          fraction: "full",
          variations: [
            { key: "as-is", name: say("draft.asIs"), weight: 1 },
            { key: "changed", name: say("draft.changed"), weight: 1 },
          ],
        });
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={say("draft.kind")}
        value={many ? "factors" : "whole"}
        onChange={change}
        data={[
          { value: "whole", label: say("draft.kind.whole") },
          { value: "factors", label: say("draft.kind.factors") },
        ]}
      />
      {many ? <Factors draft={draft} set={set} problems={problems} /> : <Whole draft={draft} set={set} problems={problems} />}
    </>
  );
}

function Whole({ draft, set, problems }: Omit<StepProps, "own">) {
  const say = useText();
  const format = useFormat();
  const all = draft.variations ?? [];
  const sum = all.reduce((total, one) => total + (one.weight ?? 1), 0) || 1;
  const alter = (at: number, change: Partial<Variation>) => set({ variations: all.map((one, index) => (index === at ? { ...one, ...change } : one)) });
  const add = () => set({ variations: [...all, { key: keyFor(`variation-${all.length}`, all.map((one) => one.key)), name: say("draft.variation.new", { number: all.length }), weight: 1 }] });
  return (
    <div>
      {all.map((one, index) => {
        const name = one.name || one.key;
        return (
          <div key={one.key} className={styles.variation} role="group" aria-label={name}>
            <span className={styles.letter} aria-hidden="true">
              {String.fromCharCode(65 + index)}
            </span>
            <div className="stack-s">
              <TextInput size="xs" label={say("field.name")} value={one.name ?? ""} error={problems[`variations[${index}].name`]} onChange={(event) => alter(index, { name: event.currentTarget.value })} description={index === 0 ? say("draft.control") : undefined} />
              <Textarea size="xs" label={say("draft.variation.what")} autosize minRows={1} value={one.description ?? ""} onChange={(event) => alter(index, { description: event.currentTarget.value })} />
            </div>
            <NumberInput size="xs" label={say("draft.weight")} description={format.percent((one.weight ?? 1) / sum)} min={0} value={one.weight ?? 1} onChange={(value) => alter(index, { weight: Number(value) || 0 })} />
            {all.length > 2 && index > 0 ? (
              <ActionIcon variant="subtle" color="gray" aria-label={say("edit.removeItem", { item: name })} onClick={() => set({ variations: all.filter((_, at) => at !== index) })}>
                <IconX size={16} aria-hidden="true" />
              </ActionIcon>
            ) : (
              <span />
            )}
          </div>
        );
      })}
      {problems.variations ? (
        <p role="alert" className={styles.bad}>
          {problems.variations}
        </p>
      ) : null}
      <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={add}>
        {say("draft.variation.add")}
      </Button>
    </div>
  );
}

const newFactor = (taken: string[], asIs: string, changed: string): Factor => ({
  key: keyFor("factor", taken),
  name: "",
  levels: [
    { key: "as-is", name: asIs },
    { key: "changed", name: changed },
  ],
});

const FRACTIONS: Fraction[] = ["full", "half", "quarter", "eighth"];

/** Several things at once: what each does, and what two do together. */
function Factors({ draft, set, problems }: Omit<StepProps, "own">) {
  const say = useText();
  const all = draft.factors ?? [];
  const fraction = draft.fraction ?? "full";
  const alter = (at: number, change: Partial<Factor>) => set({ factors: all.map((one, index) => (index === at ? { ...one, ...change } : one)), variations: [] });
  const rename = (at: number, names: string[]) => alter(at, { levels: names.reduce<Factor["levels"]>((levels, name) => [...levels, all[at]?.levels.find((level) => level.name === name) ?? { key: keyFor(name, levels.map((level) => level.key)), name }], []) });
  const count = runs(
    all.map((one) => one.levels.length),
    fraction,
  );
  return (
    <div className="stack">
      {all.map((factor, index) => (
        <fieldset key={factor.key} className="card stack-s" style={{ margin: 0 }}>
          <legend className="small dim">{say("draft.factor", { number: index + 1 })}</legend>
          <TextInput size="xs" label={say("draft.factor.name")} value={factor.name ?? ""} onChange={(event) => alter(index, { name: event.currentTarget.value })} />
          <ListField label={say("draft.levels")} add={say("draft.level.add")} value={factor.levels.map((level) => level.name || level.key)} save={(names) => rename(index, names)} />
          {all.length > 2 ? (
            <div>
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => set({ factors: all.filter((_, at) => at !== index), variations: [] })}>
                {say("action.remove")}
              </Button>
            </div>
          ) : null}
        </fieldset>
      ))}
      <div className="row">
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} disabled={all.length >= 7} onClick={() => set({ factors: [...all, newFactor(all.map((one) => one.key), say("draft.level.asIs"), say("draft.level.changed"))], variations: [] })}>
          {say("draft.factor.add")}
        </Button>
      </div>
      <NativeSelect
        label={say("draft.fraction")}
        description={say("draft.fraction.count", { count })}
        error={problems.fraction ?? problems.factors}
        value={fraction}
        data={FRACTIONS.map((one) => ({ value: one, label: say(`draft.fraction.${one}`) }))}
        onChange={(event) => set({ fraction: event.currentTarget.value as Fraction, variations: [] })}
      />
    </div>
  );
}
