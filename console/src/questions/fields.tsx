import { NativeSelect } from "@mantine/core";
import type { Interval } from "../api/asked";
import { useFormat } from "../design/format";
import { useText } from "../design/text";
import { INTERVALS } from "./intervals";

const DAY = 86_400;
/** How long something may take, to choose from. */
const WINDOWS = [1800, 3600, DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY] as const;

export function WindowSelect({ id, value, save, error }: { id?: string; value: number; save: (seconds: number) => void; error?: string | undefined }) {
  const format = useFormat();
  const choices = [...new Set([...WINDOWS, value])].sort((a, b) => a - b);
  return <NativeSelect {...(id ? { id } : {})} size="xs" error={error} value={String(value)} data={choices.map((seconds) => ({ value: String(seconds), label: format.span(seconds) }))} onChange={(event) => save(Number(event.currentTarget.value))} />;
}

export function IntervalSelect({ id, value, save, error }: { id: string; value: Interval; save: (interval: Interval) => void; error?: string | undefined }) {
  const say = useText();
  return <NativeSelect id={id} size="xs" error={error} value={value} data={INTERVALS.map((one) => ({ value: one, label: say(`explore.interval.${one}`) }))} onChange={(event) => save(event.currentTarget.value as Interval)} />;
}
