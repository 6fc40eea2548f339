import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { questionSearch } from "../../lens/question";
import { rooms } from "./frame";

/* Questions and metrics. */

const explore = createRoute({
  getParentRoute: () => rooms,
  path: "/explore",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/Overview"), "Overview"),
});
const trends = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/trends",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/TrendsPage"), "TrendsPage"),
});
const funnels = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/funnels",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/FunnelPage"), "FunnelPage"),
});
const retention = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/retention",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/RetentionPage"), "RetentionPage"),
});
const paths = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/paths",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/PathsPage"), "PathsPage"),
});
const searches = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/search",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/SearchPage"), "SearchPage"),
});
const sql = createRoute({
  getParentRoute: () => rooms,
  path: "/explore/sql",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/explore/SqlPage"), "SqlPage"),
});
const metrics = createRoute({
  getParentRoute: () => rooms,
  path: "/metrics",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/metrics/MetricsPage"), "MetricsPage"),
});
const newMetric = createRoute({
  getParentRoute: () => rooms,
  path: "/metrics/new",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/metrics/MetricEditor"), "NewMetric"),
});
const metric = createRoute({
  getParentRoute: () => rooms,
  path: "/metrics/$key",
  validateSearch: questionSearch,
  component: lazyRouteComponent(() => import("../../features/metrics/MetricPage"), "MetricPage"),
});

export const exploring = [explore, trends, funnels, retention, paths, searches, sql, metrics, newMetric, metric] as const;
