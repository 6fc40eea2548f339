import type { Core } from "../core";
import { words } from "./facts";

const MOST = 10;

/** Errors that reached the window: the first ten different ones of a page. */
export function errors(core: Core): void {
  const seen = new Set<string>();
  const report = (message: unknown, kind: string, source?: string, line?: number, column?: number): void => {
    const text = words(`${message}`);
    const key = `${text} ${source} ${line}`;
    // Of scripts from elsewhere browsers say nothing but this.
    if (!text || text === "Script error." || seen.size >= MOST || seen.has(key)) return;
    seen.add(key);
    core.track("JavaScript Error", { message: text, kind, source: source ? source.replace(/[?#].*/, "") : undefined, line, column });
  };
  core.listen(window, "error", (event: ErrorEvent) => {
    if (event.message) report(event.message, (event.error && event.error.name) || "Error", event.filename, event.lineno, event.colno);
  });
  core.listen(window, "unhandledrejection", ({ reason }: PromiseRejectionEvent) => report((reason && reason.message) || reason, (reason && reason.name) || "unhandledrejection"));
}
