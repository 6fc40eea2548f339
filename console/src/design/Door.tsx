import type { ReactNode } from "react";
import styles from "./Door.module.css";

/** A number that opens the people behind it. */
export function Door({ label, open, tone, children }: { label: string; open: () => void; tone?: "big" | "ember"; children: ReactNode }) {
  return (
    <button type="button" className={styles.door} data-tone={tone} aria-haspopup="dialog" onClick={open}>
      {children}
      <span className="visually-hidden">{` – ${label}`}</span>
    </button>
  );
}
