import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rooms, text, type Search } from "./frame";

/* Experiments, flags, ideas; experiences and what they show. */

const improving = createRoute({
  getParentRoute: () => rooms,
  id: "improving",
  component: lazyRouteComponent(() => import("../../features/experiments/ExperimentsRoom"), "ExperimentsRoom"),
});
const experiments = createRoute({
  getParentRoute: () => improving,
  path: "/experiments",
  validateSearch: (search: Search): { state?: "done" } => ({ state: search.state === "done" ? "done" : undefined }),
  component: lazyRouteComponent(() => import("../../features/experiments/ExperimentList"), "ExperimentList"),
});
const ideas = createRoute({
  getParentRoute: () => improving,
  path: "/experiments/ideas",
  validateSearch: (search: Search): { idea?: string } => ({ idea: text(search.idea) }),
  component: lazyRouteComponent(() => import("../../features/experiments/ideas/IdeaList"), "IdeaList"),
});
const flags = createRoute({
  getParentRoute: () => improving,
  path: "/experiments/flags",
  component: lazyRouteComponent(() => import("../../features/experiments/flags/FlagList"), "FlagList"),
});
const holdouts = createRoute({
  getParentRoute: () => improving,
  path: "/experiments/holdouts",
  validateSearch: (search: Search): HoldoutSearch => ({ metric: text(search.metric), holdout: text(search.holdout), people: text(search.people), simulated: search.simulated === false ? false : undefined }),
  component: lazyRouteComponent(() => import("../../features/experiments/holdouts/HoldoutList"), "HoldoutList"),
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
  component: lazyRouteComponent(() => import("../../features/experiments/flags/FlagPage"), "FlagPage"),
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
  component: lazyRouteComponent(() => import("../../features/experiments/ExperimentPage"), "ExperimentPage"),
});
const experiencing = createRoute({
  getParentRoute: () => rooms,
  id: "experiencing",
  component: lazyRouteComponent(() => import("../../features/experiences/ExperiencesRoom"), "ExperiencesRoom"),
});
const experiences = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences",
  component: lazyRouteComponent(() => import("../../features/experiences/ExperienceList"), "ExperienceList"),
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
  component: lazyRouteComponent(() => import("../../features/experiences/ExperiencePage"), "ExperiencePage"),
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
  component: lazyRouteComponent(() => import("../../features/experiences/CampaignList"), "CampaignList"),
});
const contents = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/content",
  validateSearch: (search: Search): { view?: "coverage" } => ({ view: search.view === "coverage" ? "coverage" : undefined }),
  component: lazyRouteComponent(() => import("../../features/experiences/ContentList"), "ContentList"),
});
const content = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/content/$key",
  validateSearch: (search: Search): { stage?: string; persona?: string; intent?: string } => ({ stage: text(search.stage), persona: text(search.persona), intent: text(search.intent) }),
  component: lazyRouteComponent(() => import("../../features/experiences/ContentPage"), "ContentPage"),
});
const placements = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/placements",
  component: lazyRouteComponent(() => import("../../features/experiences/PlacementList"), "PlacementList"),
});
const placement = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/placements/$key",
  component: lazyRouteComponent(() => import("../../features/experiences/PlacementPage"), "PlacementPage"),
});
const offers = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/offers",
  component: lazyRouteComponent(() => import("../../features/experiences/OfferList"), "OfferList"),
});
const offer = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/offers/$key",
  component: lazyRouteComponent(() => import("../../features/experiences/OfferPage"), "OfferPage"),
});
const visuals = createRoute({
  getParentRoute: () => experiencing,
  path: "/experiences/visual",
  component: lazyRouteComponent(() => import("../../features/experiences/VisualList"), "VisualList"),
});
const visual = createRoute({
  getParentRoute: () => rooms,
  path: "/experiences/visual/$key",
  component: lazyRouteComponent(() => import("../../features/experiences/VisualPage"), "VisualPage"),
});

export const trying = [improving.addChildren([experiments, ideas, flags, holdouts]), flag, experiment, experiencing.addChildren([experiences, contents, placements, offers, campaigns, visuals]), experience, content, placement, offer, visual] as const;
