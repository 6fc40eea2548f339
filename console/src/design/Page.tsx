import { useEffect, type ReactNode } from "react";
import styles from "./Page.module.css";

/** The frame of every page: its heading, what one can do here, and the title of the browser tab. */
export function Page({ title, lead, actions, wide, children }: { title: string; lead?: ReactNode; actions?: ReactNode; wide?: boolean; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Resa`;
  }, [title]);
  return (
    <div className={styles.page} data-wide={wide}>
      <header className={styles.head}>
        <div className={styles.words}>
          <h1>{title}</h1>
          {lead ? <div className={styles.lead}>{lead}</div> : null}
        </div>
        {actions ? <div className={styles.actions}>{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}
