import { NativeSelect } from "@mantine/core";
import { NumberInput } from "../../../design/NumberInput";
import { useText } from "../../../design/text";
import { periodOf, spanOf, type Span } from "./rules";
import styles from "./Segments.module.css";

const UNITS = ["minute", "hour", "day", "week"] as const;

interface Props {
  label: string;
  value: string | null | undefined;
  save: (period: string) => void;
  problem?: string | undefined;
}

/** A period: a number and a unit. */
export function PeriodField({ label, value, save, problem }: Props) {
  const say = useText();
  const span: Span = spanOf(value) ?? { count: 30, unit: "day" };
  return (
    <span className={styles.period}>
      <NumberInput
        size="xs"
        w={64}
        min={0}
        hideControls
        allowDecimal={false}
        allowNegative={false}
        aria-label={label}
        value={span.count}
        error={problem}
        onChange={(count) => typeof count === "number" && save(periodOf({ ...span, count }))}
      />
      <NativeSelect
        size="xs"
        aria-label={say("segment.unit", { what: label })}
        value={span.unit}
        onChange={(event) => save(periodOf({ ...span, unit: event.currentTarget.value as Span["unit"] }))}
        data={UNITS.map((unit) => ({ value: unit, label: say(`unit.${unit}`, { count: span.count }) }))}
      />
    </span>
  );
}
