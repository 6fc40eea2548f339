import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Match } from "../../api/asked";
import { lensOf, type Lens } from "../../lens/lens";
import { eventOf, rooms, text, type Search } from "./frame";

/* Home, journeys, customers, friction, attribution. */

const home = createRoute({
  getParentRoute: () => rooms,
  path: "/",
  validateSearch: (search: Search): { days?: number; simulated?: boolean } => ({
    days: [7, 30, 90, 365].includes(Number(search.days)) ? Number(search.days) : undefined,
    simulated: search.simulated === false ? false : undefined,
  }),
  component: lazyRouteComponent(() => import("../../features/home/Home"), "Home"),
});
const journeys = createRoute({
  getParentRoute: () => rooms,
  path: "/journeys",
  component: lazyRouteComponent(() => import("../../features/journeys/JourneyList"), "JourneyList"),
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
  component: lazyRouteComponent(() => import("../../features/journeys/BoardPage"), "BoardPage"),
});
const people = createRoute({
  getParentRoute: () => rooms,
  id: "people",
  component: lazyRouteComponent(() => import("../../features/customers/CustomersRoom"), "CustomersRoom"),
});
const customers = createRoute({
  getParentRoute: () => people,
  path: "/customers",
  validateSearch: (search: Search): { q?: string } => ({ q: text(search.q) }),
  component: lazyRouteComponent(() => import("../../features/customers/CustomerList"), "CustomerList"),
});
const customer = createRoute({
  getParentRoute: () => rooms,
  path: "/customers/$profile",
  validateSearch: (search: Search): { channel?: string; name?: string } => ({ channel: text(search.channel), name: text(search.name) }),
  component: lazyRouteComponent(() => import("../../features/customers/CustomerPage"), "CustomerPage"),
});
const segments = createRoute({
  getParentRoute: () => people,
  path: "/customers/segments",
  component: lazyRouteComponent(() => import("../../features/customers/segments/SegmentList"), "SegmentList"),
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
  component: lazyRouteComponent(() => import("../../features/customers/segments/SegmentPage"), "SegmentPage"),
});
const personas = createRoute({
  getParentRoute: () => people,
  path: "/customers/personas",
  component: lazyRouteComponent(() => import("../../features/personas/PersonaList"), "PersonaList"),
});
const persona = createRoute({
  getParentRoute: () => rooms,
  path: "/customers/personas/$key",
  validateSearch: (search: Search): { edit?: boolean } => ({ edit: search.edit === true ? true : undefined }),
  component: lazyRouteComponent(() => import("../../features/personas/PersonaPage"), "PersonaPage"),
});
const friction = createRoute({
  getParentRoute: () => rooms,
  path: "/friction",
  validateSearch: (search: Search): Partial<Lens> & { signal?: string; at?: string } => ({ ...lensOf(search), by: search.by === "signal" ? "signal" : undefined, signal: text(search.signal), at: text(search.at) }),
  component: lazyRouteComponent(() => import("../../features/friction/FrictionPage"), "FrictionPage"),
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
  component: lazyRouteComponent(() => import("../../features/journeys/AttributionPage"), "AttributionPage"),
});

export const understanding = [home, journeys, board, people.addChildren([customers, segments, personas]), segment, persona, customer, friction, attribution] as const;
