import { ActionIcon, Burger, Kbd, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import {
  IconAlertTriangle,
  IconBolt,
  IconChartDots,
  IconDatabase,
  IconFlask,
  IconGauge,
  IconHome,
  IconLogout,
  IconMessages,
  IconMoon,
  IconRoute,
  IconSearch,
  IconSettings,
  IconSparkles,
  IconSun,
  IconUser,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { IntlProvider, useIntl } from "react-intl";
import { useSession, useSignOut } from "../api/session";
import { useFailedCount } from "../api/failedEvents";
import { useText, type MessageId } from "../design/text";
import { useToasts } from "../design/toasts";
import styles from "./Shell.module.css";
import { Working } from "./Working";

const Palette = lazy(() => import("./Palette"));

interface Room {
  to: string;
  icon: Icon;
  name: MessageId;
}

const UNDERSTAND: Room[] = [
  { to: "/", icon: IconHome, name: "room.home" },
  { to: "/journeys", icon: IconRoute, name: "room.journeys" },
  { to: "/friction", icon: IconAlertTriangle, name: "friction.title" },
  { to: "/customers", icon: IconUsers, name: "room.customers" },
  { to: "/explore", icon: IconChartDots, name: "room.explore" },
  { to: "/feedback", icon: IconMessages, name: "room.feedback" },
  { to: "/metrics", icon: IconGauge, name: "room.metrics" },
];
const IMPROVE: Room[] = [
  { to: "/experiments", icon: IconFlask, name: "room.experiments" },
  { to: "/experiences", icon: IconSparkles, name: "room.experiences" },
];
const MANAGE: Room[] = [
  { to: "/data", icon: IconDatabase, name: "room.data" },
  { to: "/settings", icon: IconSettings, name: "room.settings" },
];

/** Frame of all rooms: skip link, navigation, search, who is here. */
export function Shell() {
  const intl = useIntl();
  const { workspace } = useSession();
  // Inside, every time is told in the workspace's zone, by which days and weeks are counted too.
  return (
    <IntlProvider locale={intl.locale} messages={intl.messages} defaultLocale="en" timeZone={workspace.timezone}>
      <Frame />
    </IntlProvider>
  );
}

function Frame() {
  const say = useText();
  const session = useSession();
  const [palette, setPalette] = useState(false);
  const [menu, setMenu] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const navigate = useNavigate();
  useHotkeys([["mod+K", () => setPalette((open) => !open)]], []);
  useEffect(() => setMenu(false), [path]);
  useEffect(() => {
    const leave = () => void navigate({ to: "/sign-in", search: { back: window.location.pathname.replace(/^\/app/, "") + window.location.search } });
    window.addEventListener("resa:signed-out", leave);
    return () => window.removeEventListener("resa:signed-out", leave);
  }, [navigate]);

  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip}>
        {say("shell.skip")}
      </a>
      <nav className={styles.bar} aria-label={say("shell.bar")}>
        <Burger opened={menu} onClick={() => setMenu(!menu)} size="sm" aria-label={say("shell.menu")} aria-expanded={menu} aria-controls="rooms" />
        <Brand name={session.workspace.name} />
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={say("palette.open")} onClick={() => setPalette(true)}>
          <IconSearch size={20} aria-hidden="true" />
        </ActionIcon>
      </nav>
      <nav id="rooms" className={styles.nav} data-open={menu} aria-label={say("shell.rooms")}>
        <div className={styles.brandrow}>
          <Brand name={session.workspace.name} />
        </div>
        <UnstyledButton className={styles.search} onClick={() => setPalette(true)}>
          <IconSearch size={16} stroke={1.75} aria-hidden="true" />
          <span className="grow">{say("palette.open")}</span>
          <Kbd size="xs" aria-hidden="true">
            {/Mac|iP/.test(navigator.platform) ? "⌘K" : "Ctrl K"}
          </Kbd>
        </UnstyledButton>
        <Rooms title={say("rooms.understand")} rooms={UNDERSTAND} path={path} />
        <Rooms title={say("rooms.improve")} rooms={IMPROVE} path={path} />
        <Rooms title={say("rooms.manage")} rooms={MANAGE} path={path} />
        <div className={styles.foot}>
          <Person />
        </div>
      </nav>
      {menu ? <button type="button" className={styles.veil} aria-label={say("shell.menu.close")} onClick={() => setMenu(false)} /> : null}
      <main id="content" className={styles.content} tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <Working />
      {palette ? (
        <Suspense>
          <Palette close={() => setPalette(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

function Brand({ name }: { name: string }) {
  return (
    <Link to="/" className={styles.brand}>
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="var(--accent)" />
        <path d="M8 22c0-6 5-5 8-7s3-6 8-6" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
        <circle cx="8" cy="22" r="3" fill="#fff" />
        <circle cx="24" cy="9" r="3" fill="#ffb454" />
      </svg>
      <span className="clip">{name || "Resa"}</span>
    </Link>
  );
}

function Rooms({ title, rooms, path }: { title: string; rooms: Room[]; path: string }) {
  const say = useText();
  const failed = useFailedCount();
  return (
    <div className={styles.group}>
      <div className={styles.title}>{title}</div>
      <ul>
        {rooms.map(({ to, icon: Picture, name }) => {
          const here = to === "/" ? path === "/" : path.startsWith(to);
          return (
            <li key={to}>
              <Link to={to} className={styles.room} data-here={here} aria-current={here ? "page" : undefined}>
                <Picture size={18} stroke={1.75} aria-hidden="true" />
                <span className="grow">{say(name)}</span>
                {to === "/data" && failed > 0 ? (
                  <span className={styles.count}>
                    <IconBolt size={12} aria-hidden="true" />
                    {failed}
                    <span className="visually-hidden">{say("shell.failed", { count: failed })}</span>
                  </span>
                ) : null}
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Person() {
  const say = useText();
  const { user } = useSession();
  const signOut = useSignOut();
  const { tellError } = useToasts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";
  if (!user) return null;
  return (
    <Menu position="top-start" width={200} key={colorScheme}>
      <Menu.Target>
        <UnstyledButton className={styles.person}>
          <span className={styles.face} aria-hidden="true">
            {(user.name || user.email).slice(0, 1).toUpperCase()}
          </span>
          <span className="grow">
            <span className="clip" style={{ display: "block" }}>
              {user.name || user.email}
            </span>
            <span className="dim small">{say(`role.${user.role}`)}</span>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconUser size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/settings/you" {...props} />}>
          {say("settings.you")}
        </Menu.Item>
        <Menu.Item
          leftSection={dark ? <IconSun size={16} aria-hidden="true" /> : <IconMoon size={16} aria-hidden="true" />}
          onClick={() => setColorScheme(dark ? "light" : "dark")}
        >
          {dark ? say("theme.light") : say("theme.dark")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden="true" />}
          onClick={() => signOut.mutate(undefined, { onSuccess: () => window.location.assign("/app/sign-in"), onError: tellError })}
        >
          {say("entry.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
