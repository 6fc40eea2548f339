import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, Outlet, redirect } from "@tanstack/react-router";
import type { Match } from "../../api/asked";
import { sessionQuery } from "../../api/session";
import { Crashed, NotFoundPage } from "../Lost";
import { Shell } from "../Shell";

/* What all routes hang on, and how they read an address. */

export type Search = Record<string, unknown>;
export const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined);

/** An event in the address; the server refuses what it can't read of it. */
export const eventOf = (value: unknown): Match | undefined => (value && typeof value === "object" && typeof (value as Match).type === "string" ? (value as Match) : undefined);

export const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: Crashed });

/** Everything but the doors needs a session. */
export const rooms = createRoute({
  getParentRoute: () => root,
  id: "rooms",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session.setup_required) throw redirect({ to: "/setup", hash: location.hash });
    if (!session.user) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { back: location.href } });
  },
});
