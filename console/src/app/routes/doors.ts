import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root, text, type Search } from "./frame";

/* Pages without the shell. */

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Search): { back?: string } => ({ back: text(search.back) }),
  component: lazyRouteComponent(() => import("../../features/entry/SignIn"), "SignIn"),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../../features/entry/Setup"), "Setup"),
});
const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  component: lazyRouteComponent(() => import("../../features/entry/Invite"), "Invite"),
});

export const doors = [signIn, setup, invite] as const;
