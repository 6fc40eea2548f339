import { Tooltip } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import styles from "./Badges.module.css";
import { useText } from "./text";

/** Marks what a simulation made, so that nobody takes it for real. */
export function Simulated({ short = false }: { short?: boolean }) {
  const say = useText();
  return (
    <Tooltip label={say("simulated.explained")}>
      <span className={styles.simulated}>
        <IconFlask size={13} stroke={1.75} aria-hidden="true" />
        {short ? <span className="visually-hidden">{say("simulated.label")}</span> : say("simulated.label")}
      </span>
    </Tooltip>
  );
}

export function Pill({ tone = "quiet", children }: { tone?: "quiet" | "accent" | "ember" | "gold"; children: string }) {
  return (
    <span className={styles.pill} data-tone={tone}>
      {children}
    </span>
  );
}
