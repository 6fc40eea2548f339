import type { ReactNode } from "react";
import { useEffect } from "react";
import styles from "./Door.module.css";

/** Frame of the pages before the console: what Resa is on one side, the form on the other. */
export function Door({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Resa`;
  }, [title]);
  return (
    <main className={styles.door}>
      <Ribbons />
      <div className={styles.card}>
        <svg width="36" height="36" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="9" fill="var(--accent)" />
          <path d="M8 22c0-6 5-5 8-7s3-6 8-6" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
          <circle cx="8" cy="22" r="3" fill="#fff" />
          <circle cx="24" cy="9" r="3" fill="#ffb454" />
        </svg>
        <div>
          <h1>{title}</h1>
          <p>{lead}</p>
        </div>
        {children}
      </div>
    </main>
  );
}

/** A journey narrowing from stage to stage: the product's own picture. */
function Ribbons() {
  return (
    <svg className={styles.ribbons} viewBox="0 0 1200 400" preserveAspectRatio="none" aria-hidden="true">
      <path d="M0 60 C 200 60 220 120 400 120 S 640 170 800 170 1000 196 1200 196 L1200 226 C 1000 226 960 240 800 240 S 560 270 400 270 200 330 0 330 Z" fill="var(--flow)" opacity="0.35" />
      <path d="M400 270 C 480 270 500 400 560 400 L 460 400 C 440 380 420 320 400 300 Z" fill="var(--ember)" opacity="0.3" />
      <path d="M800 240 C 860 240 880 400 930 400 L 870 400 C 850 370 820 290 800 262 Z" fill="var(--ember)" opacity="0.22" />
    </svg>
  );
}
