import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { lensOf, type Lens } from "../../lens/lens";
import { rooms, text, type Search } from "./frame";

/* Surveys, answers, comments, and what is done about them. */

const listening = createRoute({
  getParentRoute: () => rooms,
  id: "listening",
  component: lazyRouteComponent(() => import("../../features/feedback/FeedbackRoom"), "FeedbackRoom"),
});
const surveys = createRoute({
  getParentRoute: () => listening,
  path: "/feedback",
  validateSearch: (search: Search): { new?: boolean } => ({ new: search.new === true ? true : undefined }),
  component: lazyRouteComponent(() => import("../../features/feedback/SurveyList"), "SurveyList"),
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
  component: lazyRouteComponent(() => import("../../features/feedback/comments/CommentsPage"), "CommentsPage"),
});
const surveyResults = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/results",
  validateSearch: (search: Search): Partial<Lens> & { survey?: string; told?: string } => ({ ...lensOf(search), survey: text(search.survey), told: text(search.told) }),
  component: lazyRouteComponent(() => import("../../features/feedback/results/ResultsPage"), "ResultsPage"),
});
const inbox = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/inbox",
  validateSearch: (search: Search): { answer?: number } => ({ answer: Number.isSafeInteger(search.answer) && Number(search.answer) > 0 ? Number(search.answer) : undefined }),
  component: lazyRouteComponent(() => import("../../features/feedback/inbox/pages"), "Inbox"),
});
const feedbackRules = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/rules",
  component: lazyRouteComponent(() => import("../../features/feedback/inbox/pages"), "Rules"),
});
const told = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/told",
  validateSearch: (search: Search): { theme?: string; write?: boolean } => ({ theme: text(search.theme), write: search.write === true ? true : undefined }),
  component: lazyRouteComponent(() => import("../../features/feedback/closing/pages"), "TellingsPage"),
});
const recovery = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/recovery",
  validateSearch: (search: Search): { rule?: string; days?: number } => ({ rule: text(search.rule), days: Number(search.days) >= 1 && Number(search.days) <= 365 ? Math.round(Number(search.days)) : undefined }),
  component: lazyRouteComponent(() => import("../../features/feedback/closing/pages"), "RecoveryPage"),
});
const feedbackImport = createRoute({
  getParentRoute: () => listening,
  path: "/feedback/import",
  component: lazyRouteComponent(() => import("../../features/feedback/inbox/pages"), "ImportPage"),
});
const survey = createRoute({
  getParentRoute: () => rooms,
  path: "/feedback/surveys/$key",
  validateSearch: (search: Search): { part?: string; template?: string } => ({ part: text(search.part), template: text(search.template) }),
  component: lazyRouteComponent(() => import("../../features/feedback/SurveyPage"), "SurveyPage"),
});

export const feedback = [listening.addChildren([surveys, surveyResults, comments, inbox, feedbackRules, told, recovery, feedbackImport]), survey] as const;
