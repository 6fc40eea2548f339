import { Link } from "@tanstack/react-router";
import styles from "./Tabs.module.css";

/** Rooms within a room, as links: each has its address. */
export function Tabs({ label, tabs }: { label: string; tabs: { to: string; name: string; count?: number | undefined; exact?: boolean }[] }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map(({ to, name, count, exact = false }) => (
        <Link key={to} to={to} activeOptions={{ exact, includeSearch: false }} className={styles.tab} activeProps={{ "data-here": true, "aria-current": "page" }}>
          {name}
          {count ? <span className={styles.count}>{count}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
