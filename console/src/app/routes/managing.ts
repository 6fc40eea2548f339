import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { rooms, text, type Search } from "./frame";

/* Data and settings. */

const data = createRoute({
  getParentRoute: () => rooms,
  path: "/data",
  component: lazyRouteComponent(() => import("../../features/data/DataRoom"), "DataRoom"),
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
  component: lazyRouteComponent(() => import("../../features/data/Sources"), "Sources"),
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
  component: lazyRouteComponent(() => import("../../features/data/Live"), "Live"),
});
const imports = createRoute({
  getParentRoute: () => data,
  path: "/imports",
  component: lazyRouteComponent(() => import("../../features/data/Imports"), "Imports"),
});
const failed = createRoute({
  getParentRoute: () => data,
  path: "/failed",
  component: lazyRouteComponent(() => import("../../features/data/FailedEvents"), "FailedEvents"),
});
const settings = createRoute({
  getParentRoute: () => rooms,
  path: "/settings",
  component: lazyRouteComponent(() => import("../../features/settings/SettingsRoom"), "SettingsRoom"),
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
  component: lazyRouteComponent(() => import("../../features/settings/Workspace"), "Workspace"),
});
const you = createRoute({
  getParentRoute: () => settings,
  path: "/you",
  component: lazyRouteComponent(() => import("../../features/settings/You"), "You"),
});
const team = createRoute({
  getParentRoute: () => settings,
  path: "/team",
  component: lazyRouteComponent(() => import("../../features/settings/Team"), "Team"),
});
const contacts = createRoute({
  getParentRoute: () => settings,
  path: "/contacts",
  component: lazyRouteComponent(() => import("../../features/settings/Contacts"), "Contacts"),
});
const brand = createRoute({
  getParentRoute: () => settings,
  path: "/brand",
  component: lazyRouteComponent(() => import("../../features/settings/Brand"), "Brand"),
});
const email = createRoute({
  getParentRoute: () => settings,
  path: "/email",
  component: lazyRouteComponent(() => import("../../features/settings/Email"), "Email"),
});
const languageModel = createRoute({
  getParentRoute: () => settings,
  path: "/model",
  component: lazyRouteComponent(() => import("../../features/settings/LanguageModelPage"), "LanguageModelPage"),
});
const emailTemplate = createRoute({
  getParentRoute: () => rooms,
  path: "/settings/email/$key",
  component: lazyRouteComponent(() => import("../../features/settings/EmailTemplatePage"), "EmailTemplatePage"),
});
const keys = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: lazyRouteComponent(() => import("../../features/settings/Keys"), "Keys"),
});
const audit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  component: lazyRouteComponent(() => import("../../features/settings/Audit"), "Audit"),
});

export const managing = [data.addChildren([dataIndex, sources, live, imports, failed]), settings.addChildren([settingsIndex, workspace, you, team, contacts, brand, email, languageModel, keys, audit]), emailTemplate] as const;
