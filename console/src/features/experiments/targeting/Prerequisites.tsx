import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useFlags, type Prerequisite } from "../../../api/flags";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { below } from "../../../questions/problems";
import { FlagValue } from "./FlagValue";
import styles from "../../../targeting/Targeting.module.css";

interface Props {
  needs: Prerequisite[];
  set: (needs: Prerequisite[]) => void;
  /** Refusals by their path below the list. */
  problems: Record<string, string>;
  /** The flag that is being edited: it can't wait for itself. */
  own?: string;
}

/** Other flags, and the value that each must have. */
export function Prerequisites({ needs, set, problems, own }: Props) {
  const say = useText();
  const flags = (useFlags().data?.items ?? []).filter((one) => one.key !== own);
  const [first] = flags;
  if (!first && needs.length === 0) return null;
  const alter = (at: number, next: Prerequisite) => set(needs.map((one, index) => (index === at ? next : one)));
  const begin = (key: string): Prerequisite => {
    const flag = flags.find((one) => one.key === key);
    return { flag: key, value: flag?.type === "boolean" || !flag ? true : flag.default };
  };
  return (
    <fieldset className={styles.group}>
      <legend>{say("needs.title")}</legend>
      {needs.map((one, index) => {
        const problem = Object.values(below(problems, `[${index}]`))[0];
        const known = flags.find((flag) => flag.key === one.flag);
        return (
          <div key={index} className={`${styles.line} ${styles.row}`} role="group" aria-label={say("needs.number", { number: index + 1 })}>
            <NativeSelect className={styles.values} label={say("needs.flag")} error={problem} value={one.flag} data={[...(known ? [] : [{ value: one.flag, label: one.flag }]), ...flags.map((flag) => ({ value: flag.key, label: flag.name }))]} onChange={(event) => alter(index, begin(event.currentTarget.value))} />
            <FlagValue key={one.flag} label={say("needs.value")} type={known?.type ?? "boolean"} value={one.value} save={(value) => alter(index, { ...one, value })} />
            <ActionIcon variant="subtle" color="gray" aria-label={say("needs.remove", { number: index + 1 })} onClick={() => set(needs.filter((_, at) => at !== index))}>
              <IconX size={16} aria-hidden="true" />
            </ActionIcon>
          </div>
        );
      })}
      <Problem>{problems[""]}</Problem>
      {first ? (
        <div>
          <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => set([...needs, begin(first.key)])}>
            {say("needs.add")}
          </Button>
        </div>
      ) : null}
    </fieldset>
  );
}
