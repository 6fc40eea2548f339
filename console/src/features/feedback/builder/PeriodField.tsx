import { Input, NativeSelect } from "@mantine/core";
import { NumberInput } from "../../../design/NumberInput";
import { useText } from "../../../design/text";

const UNITS = ["minute", "hour", "day", "week"] as const;
type Unit = (typeof UNITS)[number];

/** `2 hours` -> 2 and hour. */
export function periodOf(text: string): { count: number; unit: Unit } {
  const found = /^(\d+)\s*(minute|hour|day|week)s?$/.exec(text.trim());
  return { count: Number(found?.[1] ?? 1), unit: UNITS.find((one) => one === found?.[2]) ?? "day" };
}

const written = (count: number, unit: Unit): string => `${count} ${unit}${count === 1 ? "" : "s"}`;

/** A span of time in the words the server reads. */
export function PeriodField({ label, hint, value, error, save }: { label: string; hint?: string; value: string; error?: string | undefined; save: (value: string) => void }) {
  const say = useText();
  const { count, unit } = periodOf(value);
  return (
    <Input.Wrapper label={label} description={hint} error={error} labelElement="div">
      <div className="row" style={{ flexWrap: "nowrap", marginTop: 4 }} role="group" aria-label={label}>
        <NumberInput style={{ width: 84 }} aria-label={say("period.count", { label })} min={1} value={count} onChange={(next) => save(written(Math.max(1, Number(next) || 1), unit))} />
        <NativeSelect className="grow" aria-label={say("period.unit", { label })} value={unit} data={UNITS.map((one) => ({ value: one, label: say(`unit.${one}`, { count }) }))} onChange={(event) => save(written(count, event.currentTarget.value as Unit))} />
      </div>
    </Input.Wrapper>
  );
}
