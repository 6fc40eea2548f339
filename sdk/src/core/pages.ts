import { came } from "./context";
import { emit, guarded, listen } from "./state";

let at = location.href;

/** Tells `navigate` when a page of one document becomes another, and remembers where it came from. */
export function followNavigation(): void {
  const look = guarded("navigate", () => {
    if (bare(location.href) === bare(at)) return;
    const before = (came.from = at);
    at = location.href;
    emit("navigate", at, before);
  });
  const soon = (): void => void setTimeout(look, 0); // the page sets its title after the address
  const hook = (name: "pushState" | "replaceState"): void => {
    const inner = history[name];
    history[name] = function (this: History, ...facts: Parameters<History["pushState"]>) {
      const result = inner.apply(this, facts);
      soon();
      return result;
    };
  };
  hook("pushState");
  hook("replaceState");
  listen(window, "popstate", soon);
  listen(window, "hashchange", soon);
}

/** An address without the part that only scrolls; `#/...` is a page of its own. */
function bare(url: string): string {
  return /#[/!]/.test(url) ? url : url.replace(/#.*/, "");
}
