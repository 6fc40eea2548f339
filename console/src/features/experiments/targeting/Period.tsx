import { TextInput } from "@mantine/core";
import type { Schedule } from "../../../api/flags";
import { useText } from "../../../design/text";
import styles from "../Experiments.module.css";

/** Times are typed in the reader's own zone and kept with an offset. */
function local(iso: string | null | undefined): string {
  if (!iso) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const kept = (text: string): string | null => (text ? new Date(text).toISOString() : null);

interface Props {
  schedule: Schedule | null | undefined;
  set: (schedule: Schedule | null) => void;
  /** Refusals by their path below the schedule. */
  problems: Record<string, string>;
}

/** From when and until when; both may be left open. */
export function Period({ schedule, set, problems }: Props) {
  const say = useText();
  const put = (change: Schedule) => {
    const next = { start: schedule?.start ?? null, end: schedule?.end ?? null, ...change };
    set(next.start || next.end ? next : null);
  };
  return (
    <div className={styles.fields}>
      <TextInput type="datetime-local" label={say("flag.rule.start")} error={problems.start} value={local(schedule?.start)} onChange={(event) => put({ start: kept(event.currentTarget.value) })} />
      <TextInput type="datetime-local" label={say("flag.rule.end")} error={problems.end} value={local(schedule?.end)} onChange={(event) => put({ end: kept(event.currentTarget.value) })} />
    </div>
  );
}
