import { useText } from "../../../design/text";
import styles from "../Experiments.module.css";

/** On or off, said in words as well. */
export function Switch({ on, label, disabled = false, turn }: { on: boolean; label: string; disabled?: boolean; turn: (on: boolean) => void }) {
  const say = useText();
  return (
    <button type="button" role="switch" aria-checked={on} aria-label={label} disabled={disabled} className={styles.switch} onClick={() => turn(!on)}>
      <span className={styles.knob} aria-hidden="true" />
      <span aria-hidden="true">{say(on ? "flag.on" : "flag.off")}</span>
    </button>
  );
}
