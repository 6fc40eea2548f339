/** Talks with the visual editor, which the SDK shows on the customer's own site in a window of its own (docs/sdk.md). */

/** One visual change, as GrowthBook's payload has it. */
export interface Change {
  selector: string;
  action: "set" | "append" | "remove";
  attribute: string;
  value?: string;
  parentSelector?: string;
  insertBeforeSelector?: string;
}

export type Position = "replace" | "before" | "after" | "prepend" | "append";

/** What the editor begins with. */
export interface Start {
  mode: "placement" | "changes";
  language?: string;
  changes?: Change[];
  selector?: string | null;
  position?: Position | null;
}

export interface Result {
  url: string;
  mode: Start["mode"];
  selector: string | null;
  position: Position;
  changes: Change[];
}

export interface Listening {
  /** The editor came up: the site has the SDK. */
  opened?: () => void;
  /** The changes so far; `closed` without a result leaves them here. */
  changed?: (changes: Change[]) => void;
  done: (result: Result) => void;
  /** The window was closed or the work cancelled. */
  closed?: () => void;
}

interface Message extends Partial<Result> {
  type?: string;
  token?: string;
}

/**
 * Open the page in a window and edit it there. Call it from a click, or the browser keeps the window shut: null then. Gives back how
 * to end it.
 */
export function openSiteEditor(address: string, start: Start, told: Listening): (() => void) | null {
  const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const url = new URL(address);
  url.searchParams.set("resa-pick", token);
  const page = window.open(url.href);
  if (!page) return null;

  const hear = (event: MessageEvent<Message | null>): void => {
    const said = event.data;
    if (event.source !== page || event.origin !== url.origin || said?.token !== token) return;
    if (said.type === "resa-pick:hello") {
      page.postMessage({ type: "resa-pick:start", token, ...start }, url.origin);
      told.opened?.();
    } else if (said.type === "resa-pick:changed") told.changed?.(said.changes ?? []);
    else if (said.type === "resa-pick:result") {
      end();
      told.done(said as Result);
    } else if (said.type === "resa-pick:cancelled" || said.type === "resa-pick:closed") {
      end();
      told.closed?.();
    }
  };
  const watch = window.setInterval(() => {
    if (!page.closed) return;
    end();
    told.closed?.();
  }, 1000);
  const end = (): void => {
    window.removeEventListener("message", hear);
    window.clearInterval(watch);
  };
  window.addEventListener("message", hear);
  return () => {
    end();
    page.close();
  };
}
