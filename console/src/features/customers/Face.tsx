import { IconUser } from "@tabler/icons-react";
import styles from "./Face.module.css";

/** A circle with initials, its colour always the same for one customer. Decoration: the name stands beside it. */
export function Face({ name, seed, large }: { name: string; seed: string; large?: boolean }) {
  const hash = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const initials = name
    .split(/[\s@._-]+/)
    .slice(0, 2)
    .map((part) => part.slice(0, 1).toUpperCase())
    .join("");
  return (
    <span className={styles.face} data-large={large} data-tint={(hash % 8) + 1} aria-hidden="true">
      {initials || <IconUser size={large ? 24 : 18} stroke={1.5} />}
    </span>
  );
}
