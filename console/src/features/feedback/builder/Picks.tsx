import { Chip } from "@mantine/core";
import styles from "../Feedback.module.css";

interface Props {
  label: string;
  /** Said to screen readers only. */
  hidden?: boolean;
  options: { value: string; label: string }[];
  value: string[];
  save: (value: string[]) => void;
}

/** Some of a few: each a switch one can press. */
export function Picks({ label, hidden = false, options, value, save }: Props) {
  return (
    <fieldset className={styles.set}>
      <legend className={hidden ? "visually-hidden" : undefined}>{label}</legend>
      <Chip.Group multiple value={value} onChange={save}>
        <div className="row">
          {options.map((one) => (
            <Chip key={one.value} size="xs" value={one.value}>
              {one.label}
            </Chip>
          ))}
        </div>
      </Chip.Group>
    </fieldset>
  );
}
