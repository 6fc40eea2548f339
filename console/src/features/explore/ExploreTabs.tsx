import { Link } from "@tanstack/react-router";
import tabs from "../../design/Tabs.module.css";
import { useEffect, useRef } from "react";
import { useText, type MessageId } from "../../design/text";
import { lensOf } from "../../lens/lens";

export const PAGES: { to: string; name: MessageId }[] = [
  { to: "/explore", name: "explore.saved" },
  { to: "/explore/trends", name: "explore.trends" },
  { to: "/explore/funnels", name: "explore.funnels" },
  { to: "/explore/retention", name: "explore.retention" },
  { to: "/explore/paths", name: "explore.paths" },
  { to: "/explore/search", name: "explore.search" },
  { to: "/explore/sql", name: "explore.sql" },
];

/** The kinds of question, each with its address; the lens goes along from one to the next. */
export function ExploreTabs() {
  const say = useText();
  const nav = useRef<HTMLElement>(null);
  // On a phone the one that is open may lie outside the strip.
  useEffect(() => {
    // In braces: browsers have begun to answer a promise, which is no way to clean up.
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, []);
  return (
    <nav ref={nav} className={tabs.tabs} aria-label={say("room.explore")}>
      {PAGES.map(({ to, name }) => (
        <Link
          key={to}
          to={to}
          search={((old: Record<string, unknown>) => ({ ...lensOf(old), by: undefined })) as never}
          className={tabs.tab}
          activeOptions={{ exact: true, includeSearch: false }}
          activeProps={{ "data-here": true, "aria-current": "page" }}
        >
          {say(name)}
        </Link>
      ))}
    </nav>
  );
}
