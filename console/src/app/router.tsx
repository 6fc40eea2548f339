import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { doors } from "./routes/doors";
import { exploring } from "./routes/exploring";
import { feedback } from "./routes/feedback";
import { root, rooms } from "./routes/frame";
import { managing } from "./routes/managing";
import { trying } from "./routes/trying";
import { understanding } from "./routes/understanding";

const tree = root.addChildren([...doors, rooms.addChildren([...understanding, ...feedback, ...exploring, ...trying, ...managing])]);

export const createConsoleRouter = (client: QueryClient) =>
  createRouter({ routeTree: tree, basepath: "/app", context: { client }, defaultPreload: "intent", scrollRestoration: true, defaultPendingMinMs: 0 });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
