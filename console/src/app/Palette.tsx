import { useDebouncedValue } from "@mantine/hooks";
import { IconArrowRight, IconRoute, IconSearch, IconSun, IconUser } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMantineColorScheme } from "@mantine/core";
import { useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import { useCustomers } from "../api/customers";
import { useJourneys } from "../api/journeys";
import { Modal } from "../design/dialogs";
import { useText, type MessageId } from "../design/text";
import styles from "./Palette.module.css";

interface Entry {
  id: string;
  group: string;
  words: string;
  detail?: string;
  icon: ReactNode;
  run: () => void;
}

const PAGES: { to: string; name: MessageId }[] = [
  { to: "/", name: "room.home" },
  { to: "/journeys", name: "room.journeys" },
  { to: "/friction", name: "friction.title" },
  { to: "/attribution", name: "attribution.title" },
  { to: "/customers", name: "room.customers" },
  { to: "/customers/segments", name: "segments.title" },
  { to: "/customers/personas", name: "personas.title" },
  { to: "/explore", name: "room.explore" },
  { to: "/explore/trends", name: "explore.trends" },
  { to: "/explore/funnels", name: "explore.funnels" },
  { to: "/explore/retention", name: "explore.retention" },
  { to: "/explore/paths", name: "explore.paths" },
  { to: "/explore/search", name: "explore.search" },
  { to: "/explore/sql", name: "explore.sql" },
  { to: "/feedback", name: "room.feedback" },
  { to: "/metrics", name: "room.metrics" },
  { to: "/experiments", name: "room.experiments" },
  { to: "/experiments/ideas", name: "ideas.title" },
  { to: "/experiments/flags", name: "flags.title" },
  { to: "/experiences", name: "room.experiences" },
  { to: "/experiences/content", name: "content.library" },
  { to: "/experiences/placements", name: "placement.all" },
  { to: "/experiences/offers", name: "offer.all" },
  { to: "/experiences/visual", name: "visual.title" },
  { to: "/data/sources", name: "data.sources" },
  { to: "/data/live", name: "data.live" },
  { to: "/data/imports", name: "data.imports" },
  { to: "/data/failed", name: "data.failed" },
  { to: "/settings/workspace", name: "settings.workspace" },
  { to: "/settings/team", name: "settings.team" },
  { to: "/settings/contacts", name: "settings.contacts" },
  { to: "/settings/keys", name: "settings.keys" },
  { to: "/settings/audit", name: "settings.audit" },
  { to: "/settings/you", name: "settings.you" },
];

const PICTURE = { size: 16, stroke: 1.75, "aria-hidden": true } as const;

/** Ctrl or Cmd and K: every page, journey and customer a few letters away. */
export default function Palette({ close }: { close: () => void }) {
  const say = useText();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const entries = useEntries(query, close);
  const chosen = entries[Math.min(active, entries.length - 1)];

  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive((now) => (Math.min(now, entries.length - 1) + step + entries.length) % Math.max(1, entries.length));
    } else if (event.key === "Enter" && chosen) {
      event.preventDefault();
      chosen.run();
    }
  };

  return (
    <Modal opened onClose={close} withCloseButton={false} padding={0} size={560} yOffset="12vh" title={null} aria-label={say("palette.open")}>
      <div className={styles.ask}>
        <IconSearch size={18} stroke={1.75} aria-hidden="true" />
        <input
          data-autofocus
          value={query}
          placeholder={say("palette.placeholder")}
          aria-label={say("palette.placeholder")}
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={chosen ? `palette-${chosen.id}` : undefined}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKey}
        />
      </div>
      <div className={styles.list} role="listbox" id="palette-list" aria-label={say("palette.results")}>
        {entries.map((entry, index) => (
          <div key={entry.id} role="presentation">
            {entry.group !== entries[index - 1]?.group ? (
              <div className={styles.group} role="presentation">
                {entry.group}
              </div>
            ) : null}
            <div
              role="option"
              tabIndex={-1}
              id={`palette-${entry.id}`}
              aria-selected={entry === chosen}
              className={styles.entry}
              data-active={entry === chosen}
              ref={(node) => {
                if (entry === chosen) node?.scrollIntoView({ block: "nearest" });
              }}
              onMouseMove={() => setActive(index)}
              onClick={entry.run}
              onKeyDown={onKey}
            >
              {entry.icon}
              <span className="grow clip">{entry.words}</span>
              {entry.detail ? <span className="dim small clip">{entry.detail}</span> : null}
            </div>
          </div>
        ))}
        {entries.length === 0 ? <div className={styles.none}>{say("palette.none", { query })}</div> : null}
      </div>
    </Modal>
  );
}

function useEntries(query: string, close: () => void): Entry[] {
  const say = useText();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const [asked] = useDebouncedValue(query.trim(), 150);
  const journeys = useJourneys();
  const customers = useCustomers(asked);
  return useMemo(() => {
    const go = (to: string) => () => {
      close();
      void navigate({ to });
    };
    const wanted = query.trim().toLowerCase();
    const fits = (words: string) => words.toLowerCase().includes(wanted);
    const people = wanted && asked ? (customers.data?.pages[0]?.items.slice(0, 6) ?? []) : [];
    const dark = document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";
    return [
      ...(journeys.data?.items ?? [])
        .filter((journey) => fits(journey.name))
        .map((journey) => ({ id: `j-${journey.key}`, group: say("room.journeys"), words: journey.name, icon: <IconRoute {...PICTURE} />, run: go(`/journeys/${journey.key}`) })),
      ...PAGES.map(({ to, name }) => ({ id: to.replaceAll("/", "-"), group: say("palette.pages"), words: say(name), icon: <IconArrowRight {...PICTURE} />, run: go(to) })).filter(({ words }) => fits(words)),
      ...people.map((person) => ({
        id: person.profile,
        group: say("room.customers"),
        words: person.name ?? person.email ?? person.profile,
        detail: person.name ? (person.email ?? person.profile) : person.profile,
        icon: <IconUser {...PICTURE} />,
        run: go(`/customers/${person.profile}`),
      })),
      ...[
        {
          id: "theme",
          group: say("palette.actions"),
          words: dark ? say("theme.light") : say("theme.dark"),
          icon: <IconSun {...PICTURE} />,
          run: () => {
            setColorScheme(dark ? "light" : "dark");
            close();
          },
        },
      ].filter(({ words }) => fits(words)),
    ];
  }, [query, asked, journeys.data, customers.data, say, navigate, close, setColorScheme]);
}
