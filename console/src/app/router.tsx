import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import type { Match } from "../api/questions";
import { sessionQuery } from "../api/session";
import { lensOf, type Lens } from "../lens/lens";
import { questionSearch } from "../lens/question";
import { Crashed, NotFoundPage } from "./Lost";
import { Shell } from "./Shell";

type Search = Record<string, unknown>;
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined);

/** An event in the address; the server refuses what it can't read of it. */
const eventOf = (value: unknown): Match | undefined => (value && typeof value === "object" && typeof (value as Match).type === "string" ? (value as Match) : undefined);

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: Crashed });

// ---- doors: pages without the shell
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Search): { back?: string } => ({ back: text(search.back) }),
  component: lazyRouteComponent(() => import("../features/entry/SignIn"), "SignIn"),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../features/entry/Setup"), "Setup"),
});
const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  component: lazyRouteComponent(() => import("../features/entry/Invite"), "Invite"),
});

// ---- rooms: everything else needs a session
const rooms = createRoute({
  getParentRoute: () => root,
  id: "rooms",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session.setup_required) throw redirect({ to: "/setup", hash: location.hash });
    if (!session.user) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { back: location.href } });
  },
});
const home = createRoute({
  getParentRoute: () => rooms,
  path: "/",
  validateSearch: (search: Search): { days?: number; simulated?: boolean } => ({
    days: [7, 30, 90, 365].includes(Number(search.days)) ? Number(search.days) : undefined,
    simulated: search.simulated === false ? false : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/home/Home"), "Home"),
});
const journeys = createRoute({
  getParentRoute: () => rooms,
  path: "/journeys",
  component: lazyRouteComponent(() => import("../features/journeys/JourneyList"), "JourneyList"),
});
export interface BoardSearch extends Partial<Lens> {
  view?: "table";
  cell?: string;
  edit?: boolean;
  point?: string;
  layer?: "value" | "friction" | "satisfaction";
  beside?: string;
  notes?: boolean;
}
const board = createRoute({
  getParentRoute: () => rooms,
  path: "/journeys/$key",
  validateSearch: (search: Search): BoardSearch => ({
    ...lensOf(search),
    view: search.view === "table" ? "table" : undefined,
    cell: text(search.cell),
    edit: search.edit === true ? true : undefined,
    point: text(search.point),
    layer: (["value", "friction", "satisfaction"] as const).find((layer) => layer === search.layer),
    beside: text(search.beside),
    notes: search.notes === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/journeys/BoardPage"), "BoardPage"),
});
const people = createRoute({
  getParentRoute: () => rooms,
  id: "people",
  component: lazyRouteComponent(() => import("../features/customers/CustomersRoom"), "CustomersRoom"),
});
const customers = createRoute({
  getParentRoute: () => people,
  path: "/customers",
  validateSearch: (search: Search): { q?: string } => ({ q: text(search.q) }),
  component: lazyRouteComponent(() => import("../features/customers/CustomerList"), "CustomerList"),
});
const customer = createRoute({
  getParentRoute: () => rooms,
  path: "/customers/$profile",
  validateSearch: (search: Search): { channel?: string; name?: string } => ({ channel: text(search.channel), name: text(search.name) }),
  component: lazyRouteComponent(() => import("../features/customers/CustomerPage"), "CustomerPage"),
});
const segments = createRoute({
  getParentRoute: () => people,
  path: "/customers/segments",
  component: lazyRouteComponent(() => import("../features/customers/segments/SegmentList"), "SegmentList"),
});
const segment = createRoute({
  getParentRoute: () => rooms,
  path: "/customers/segments/$key",
  validateSearch: (search: Search): { edit?: boolean; template?: string; rule?: object } => ({
    edit: search.edit === true ? true : undefined,
    template: text(search.template),
    // A new segment from people found elsewhere, such as those who left a funnel.
    rule: search.rule && typeof search.rule === "object" ? search.rule : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/customers/segments/SegmentPage"), "SegmentPage"),
});
const personas = createRoute({
  getParentRoute: () => people,
  path: "/customers/personas",
  component: lazyRouteComponent(() => import("../features/personas/PersonaList"), "PersonaList"),
});
const persona = createRoute({
  getParentRoute: () => rooms,
  path: "/customers/personas/$key",
  validateSearch: (search: Search): { edit?: boolean } => ({ edit: search.edit === true ? true : undefined }),
  component: lazyRouteComponent(() => import("../features/personas/PersonaPage"), "PersonaPage"),
});
const friction = createRoute({
  getParentRoute: () => rooms,
  path: "/friction",
  validateSearch: (search: Search): Partial<Lens> & { signal?: string; at?: string } => ({ ...lensOf(search), by: search.by === "signal" ? "signal" : undefined, signal: text(search.signal), at: text(search.at) }),
  component: lazyRouteComponent(() => import("../features/friction/FrictionPage"), "FrictionPage"),
});
const attribution = createRoute({
  getParentRoute: () => rooms,
  path: "/attribution",
  validateSearch: (search: Search): Partial<Lens> & { touch?: string; event?: Match; days?: number; order?: number } => ({
    ...lensOf(search),
    touch: text(search.touch),
    event: eventOf(search.event),
    days: Number(search.days) > 0 ? Number(search.days) : undefined,
    order: [2, 3, 4].includes(Number(search.order)) ? Number(search.order) : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/journeys/AttributionPage"), "AttributionPage"),
});
const explore = createRoute({
  getParentRoute: () => rooms,
  path: "/explore",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/Overview"), "Overview"),
});
const trends = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/trends",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/TrendsPage"), "TrendsPage"),
});
const funnels = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/funnels",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/FunnelPage"), "FunnelPage"),
});
const retention = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/retention",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/RetentionPage"), "RetentionPage"),
});
const paths = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/paths",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/PathsPage"), "PathsPage"),
});
const searches = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/search",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/SearchPage"), "SearchPage"),
});
const sql = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/sql",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/explore/SqlPage"), "SqlPage"),
});
const metrics = createRoute({
  getParentRoute: () => rooms,
  path: "/metrics",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/metrics/MetricsPage"), "MetricsPage"),
});
const newMetric = createRoute({
  getParentRoute: () => rooms,
  path: "/metrics/new",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/metrics/MetricEditor"), "NewMetric"),
});
const metric = createRoute({
  getParentRoute: () => rooms,
  path: "/metrics/$key",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../features/metrics/MetricPage"), "MetricPage"),
});
const data = createRoute({
  getParentRoute: () => rooms,
  path: "/data",
  component: lazyRouteComponent(() => import("../features/data/DataRoom"), "DataRoom"),
});
const dataIndex = createRoute({
  getParentRoute: () => data,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/data/sources" });
  },
});
const sources = createRoute({
  getParentRoute: () => data,
  path: "/sources",
  validateSearch: (search: Search): { source?: string } => ({ source: text(search.source) }),
  component: lazyRouteComponent(() => import("../features/data/Sources"), "Sources"),
});
const live = createRoute({
  getParentRoute: () => data,
  path: "/live",
  validateSearch: (search: Search): { source?: string; name?: string; customer?: string; message?: string } => ({
    source: text(search.source),
    name: text(search.name),
    customer: text(search.customer),
    message: text(search.message),
  }),
  component: lazyRouteComponent(() => import("../features/data/Live"), "Live"),
});
const imports = createRoute({
  getParentRoute: () => data,
  path: "/imports",
  component: lazyRouteComponent(() => import("../features/data/Imports"), "Imports"),
});
const failed = createRoute({
  getParentRoute: () => data,
  path: "/failed",
  component: lazyRouteComponent(() => import("../features/data/FailedEvents"), "FailedEvents"),
});
const settings = createRoute({
  getParentRoute: () => rooms,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/settings/SettingsRoom"), "SettingsRoom"),
});
const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/workspace" });
  },
});
const workspace = createRoute({
  getParentRoute: () => settings,
  path: "/workspace",
  component: lazyRouteComponent(() => import("../features/settings/Workspace"), "Workspace"),
});
const you = createRoute({
  getParentRoute: () => settings,
  path: "/you",
  component: lazyRouteComponent(() => import("../features/settings/You"), "You"),
});
const team = createRoute({
  getParentRoute: () => settings,
  path: "/team",
  component: lazyRouteComponent(() => import("../features/settings/Team"), "Team"),
});
const keys = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: lazyRouteComponent(() => import("../features/settings/Keys"), "Keys"),
});
const audit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  component: lazyRouteComponent(() => import("../features/settings/Audit"), "Audit"),
});

const tree = root.addChildren([
  signIn,
  setup,
  invite,
  rooms.addChildren([
    home,
    journeys,
    board,
    people.addChildren([customers, segments, personas]),
    segment,
    persona,
    customer,
    friction,
    attribution,
    explore,
    trends,
    funnels,
    retention,
    paths,
    searches,
    sql,
    metrics,
    newMetric,
    metric,
    data.addChildren([dataIndex, sources, live, imports, failed]),
    settings.addChildren([settingsIndex, workspace, you, team, keys, audit]),
  ]),
]);

export const createConsoleRouter = (client: QueryClient) =>
  createRouter({ routeTree: tree, basepath: "/app", context: { client }, defaultPreload: "intent", scrollRestoration: true, defaultPendingMinMs: 0 });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
