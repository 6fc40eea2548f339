import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import type { Match } from "../api/asked";
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
const FIGURES = ["touch", "rest", "none"] as const;
export interface AttributionSearch {
  touch?: string;
  event?: Match;
  days?: number;
  order?: number;
  /** Whether money is shown, and whose people are looked at: those of an item, all of them or those who converted. */
  what?: "value";
  people?: (typeof FIGURES)[number];
  item?: string;
  converting?: boolean;
}
const attribution = createRoute({
  getParentRoute: () => rooms,
  path: "/attribution",
  validateSearch: (search: Search): Partial<Lens> & AttributionSearch => ({
    ...lensOf(search),
    touch: text(search.touch),
    event: eventOf(search.event),
    days: Number(search.days) > 0 ? Number(search.days) : undefined,
    order: [2, 3, 4].includes(Number(search.order)) ? Number(search.order) : undefined,
    what: search.what === "value" ? "value" : undefined,
    people: FIGURES.find((kind) => kind === search.people),
    item: search.item === undefined ? undefined : text(String(search.item)),
    converting: search.converting === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/journeys/AttributionPage"), "AttributionPage"),
});
const listening = createRoute({
  getParentRoute: () => rooms,
  id: "listening",
  component: lazyRouteComponent(() => import("../features/feedback/FeedbackRoom"), "FeedbackRoom"),
});
const surveys = createRoute({
  getParentRoute: () => listening,
  path: "/feedback",
  validateSearch: (search: Search): { new?: boolean } => ({ new: search.new === true ? true : undefined }),
  component: lazyRouteComponent(() => import("../features/feedback/SurveyList"), "SurveyList"),
});
const comments = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/comments",
  validateSearch: (search: Search): Partial<Lens> & { theme?: string; sentiment?: string; language?: string; q?: string; survey?: string; score?: number; hidden?: boolean } => ({
    ...lensOf(search),
    survey: text(search.survey),
    score: typeof search.score === "number" ? search.score : undefined,
    theme: text(search.theme),
    sentiment: text(search.sentiment),
    language: text(search.language),
    q: text(search.q),
    hidden: search.hidden === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/feedback/comments/CommentsPage"), "CommentsPage"),
});
const surveyResults = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/results",
  validateSearch: (search: Search): Partial<Lens> & { survey?: string; told?: string } => ({ ...lensOf(search), survey: text(search.survey), told: text(search.told) }),
  component: lazyRouteComponent(() => import("../features/feedback/results/ResultsPage"), "ResultsPage"),
});
const inbox = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/inbox",
  validateSearch: (search: Search): { answer?: number } => ({ answer: Number.isSafeInteger(search.answer) && Number(search.answer) > 0 ? Number(search.answer) : undefined }),
  component: lazyRouteComponent(() => import("../features/feedback/inbox/pages"), "Inbox"),
});
const feedbackRules = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/rules",
  component: lazyRouteComponent(() => import("../features/feedback/inbox/pages"), "Rules"),
});
const told = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/told",
  validateSearch: (search: Search): { theme?: string; write?: boolean } => ({ theme: text(search.theme), write: search.write === true ? true : undefined }),
  component: lazyRouteComponent(() => import("../features/feedback/closing/pages"), "TellingsPage"),
});
const recovery = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/recovery",
  validateSearch: (search: Search): { rule?: string; days?: number } => ({ rule: text(search.rule), days: Number(search.days) >= 1 && Number(search.days) <= 365 ? Math.round(Number(search.days)) : undefined }),
  component: lazyRouteComponent(() => import("../features/feedback/closing/pages"), "RecoveryPage"),
});
const feedbackImport = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/import",
  component: lazyRouteComponent(() => import("../features/feedback/inbox/pages"), "ImportPage"),
});
const survey = createRoute({
  getParentRoute: () => rooms,
  path: "/feedback/surveys/$key",
  validateSearch: (search: Search): { part?: string; template?: string } => ({ part: text(search.part), template: text(search.template) }),
  component: lazyRouteComponent(() => import("../features/feedback/SurveyPage"), "SurveyPage"),
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
const improving = createRoute({
  getParentRoute: () => rooms,
  id: "improving",
  component: lazyRouteComponent(() => import("../features/experiments/ExperimentsRoom"), "ExperimentsRoom"),
});
const experiments = createRoute({
  getParentRoute: () => improving,
  path: "/experiments",
  validateSearch: (search: Search): { state?: "done" } => ({ state: search.state === "done" ? "done" : undefined }),
  component: lazyRouteComponent(() => import("../features/experiments/ExperimentList"), "ExperimentList"),
});
const ideas = createRoute({
  getParentRoute: () => improving,
  path: "/experiments/ideas",
  validateSearch: (search: Search): { idea?: string } => ({ idea: text(search.idea) }),
  component: lazyRouteComponent(() => import("../features/experiments/ideas/IdeaList"), "IdeaList"),
});
const flags = createRoute({
  getParentRoute: () => improving,
  path: "/experiments/flags",
  component: lazyRouteComponent(() => import("../features/experiments/flags/FlagList"), "FlagList"),
});
const holdouts = createRoute({
  getParentRoute: () => improving,
  path: "/experiments/holdouts",
  validateSearch: (search: Search): HoldoutSearch => ({ metric: text(search.metric), holdout: text(search.holdout), people: text(search.people), simulated: search.simulated === false ? false : undefined }),
  component: lazyRouteComponent(() => import("../features/experiments/holdouts/HoldoutList"), "HoldoutList"),
});
export interface HoldoutSearch {
  /** What it is read by, and whose people are looked at. */
  metric?: string;
  holdout?: string;
  people?: string;
  simulated?: boolean;
}
const flag = createRoute({
  getParentRoute: () => rooms,
  path: "/experiments/flags/$key",
  component: lazyRouteComponent(() => import("../features/experiments/flags/FlagPage"), "FlagPage"),
});
export interface ExperimentSearch {
  step?: string;
  view?: "table";
  by?: string;
  metric?: string;
  people?: string;
  /** Which phase is read; the present one where it is left out. */
  phase?: number;
  /** What a new one begins with: an idea, where customers struggle, a stage, some people. */
  idea?: string;
  friction?: string;
  map?: string;
  stage?: string;
  touchpoint?: string;
  audience?: string;
  simulated?: boolean;
}
const experiment = createRoute({
  getParentRoute: () => rooms,
  path: "/experiments/$key",
  validateSearch: (search: Search): ExperimentSearch => ({
    step: text(search.step),
    view: search.view === "table" ? "table" : undefined,
    by: text(search.by),
    metric: text(search.metric),
    people: text(search.people),
    phase: Number.isInteger(search.phase) && Number(search.phase) > 0 ? Number(search.phase) : undefined,
    idea: text(search.idea),
    friction: text(search.friction),
    map: text(search.map),
    stage: text(search.stage),
    touchpoint: text(search.touchpoint),
    audience: text(search.audience),
    simulated: search.simulated === false ? false : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/experiments/ExperimentPage"), "ExperimentPage"),
});
const experiencing = createRoute({
  getParentRoute: () => rooms,
  id: "experiencing",
  component: lazyRouteComponent(() => import("../features/experiences/ExperiencesRoom"), "ExperiencesRoom"),
});
const experiences = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences",
  component: lazyRouteComponent(() => import("../features/experiences/ExperienceList"), "ExperienceList"),
});
const experience = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/$key",
  validateSearch: (search: Search): ExperienceSearch => ({
    edit: search.edit === true ? true : undefined,
    placement: text(search.placement),
    source: text(search.source),
    medium: text(search.medium),
    campaign: text(search.campaign),
    page: text(search.page),
  }),
  component: lazyRouteComponent(() => import("../features/experiences/ExperiencePage"), "ExperiencePage"),
});
/** What a new one begins with: a placement, or those a campaign brings to a page. */
export interface ExperienceSearch {
  edit?: boolean;
  placement?: string;
  source?: string;
  medium?: string;
  campaign?: string;
  page?: string;
}
const campaigns = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/campaigns",
  validateSearch: (search: Search): { days?: number } => ({ days: search.days === 7 || search.days === 28 || search.days === 90 ? search.days : undefined }),
  component: lazyRouteComponent(() => import("../features/experiences/CampaignList"), "CampaignList"),
});
const contents = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/content",
  validateSearch: (search: Search): { view?: "coverage" } => ({ view: search.view === "coverage" ? "coverage" : undefined }),
  component: lazyRouteComponent(() => import("../features/experiences/ContentList"), "ContentList"),
});
const content = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/content/$key",
  validateSearch: (search: Search): { stage?: string; persona?: string; intent?: string } => ({ stage: text(search.stage), persona: text(search.persona), intent: text(search.intent) }),
  component: lazyRouteComponent(() => import("../features/experiences/ContentPage"), "ContentPage"),
});
const placements = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/placements",
  component: lazyRouteComponent(() => import("../features/experiences/PlacementList"), "PlacementList"),
});
const placement = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/placements/$key",
  component: lazyRouteComponent(() => import("../features/experiences/PlacementPage"), "PlacementPage"),
});
const offers = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/offers",
  component: lazyRouteComponent(() => import("../features/experiences/OfferList"), "OfferList"),
});
const offer = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/offers/$key",
  component: lazyRouteComponent(() => import("../features/experiences/OfferPage"), "OfferPage"),
});
const visuals = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/visual",
  component: lazyRouteComponent(() => import("../features/experiences/VisualList"), "VisualList"),
});
const visual = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/visual/$key",
  component: lazyRouteComponent(() => import("../features/experiences/VisualPage"), "VisualPage"),
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
const contacts = createRoute({
  getParentRoute: () => settings,
  path: "/contacts",
  component: lazyRouteComponent(() => import("../features/settings/Contacts"), "Contacts"),
});
const brand = createRoute({
  getParentRoute: () => settings,
  path: "/brand",
  component: lazyRouteComponent(() => import("../features/settings/Brand"), "Brand"),
});
const email = createRoute({
  getParentRoute: () => settings,
  path: "/email",
  component: lazyRouteComponent(() => import("../features/settings/Email"), "Email"),
});
const languageModel = createRoute({
  getParentRoute: () => settings,
  path: "/model",
  component: lazyRouteComponent(() => import("../features/settings/LanguageModelPage"), "LanguageModelPage"),
});
const emailTemplate = createRoute({
  getParentRoute: () => rooms,
  path: "/settings/email/$key",
  component: lazyRouteComponent(() => import("../features/settings/EmailTemplatePage"), "EmailTemplatePage"),
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
    listening.addChildren([surveys, surveyResults, comments, inbox, feedbackRules, told, recovery, feedbackImport]),
    survey,
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
    improving.addChildren([experiments, ideas, flags, holdouts]),
    flag,
    experiment,
    experiencing.addChildren([experiences, contents, placements, offers, campaigns, visuals]),
    experience,
    content,
    placement,
    offer,
    visual,
    data.addChildren([dataIndex, sources, live, imports, failed]),
    settings.addChildren([settingsIndex, workspace, you, team, contacts, brand, email, languageModel, keys, audit]),
    emailTemplate,
  ]),
]);

export const createConsoleRouter = (client: QueryClient) =>
  createRouter({ routeTree: tree, basepath: "/app", context: { client }, defaultPreload: "intent", scrollRestoration: true, defaultPendingMinMs: 0 });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
