/** What `window.resa` offers. Every call is safe: it never throws in the page; what went wrong comes to `on("error")`. */

export type Json = string | number | boolean | null | undefined | Date | Json[] | { [name: string]: Json };
export type Properties = { [name: string]: Json };

/** What is captured by itself once it is named in `capture`. */
export type Part = "page" | "click" | "form" | "error" | "rage" | "dead" | "scroll" | "vitals";

export type Purpose = "analytics" | "personalisation" | "marketing" | "sharing";
export type Consent = Partial<Record<Purpose, boolean>>;

export interface Options {
  /** Where Resa is; by default where the script came from. */
  host?: string;
  /** What is captured by itself: a list of parts, or `true` for all. Nothing by default. */
  capture?: Part[] | true;
  /**
   * What happens until `consent({ analytics: true })`: `store` (the default) keeps an id on the device, `memory` sends with an
   * id that is forgotten with the page and stores nothing, `wait` neither sends nor stores.
   */
  beforeConsent?: "store" | "memory" | "wait";
  /** Domain of a first-party cookie that shares the anonymous id between subdomains, such as `.shop.example`. */
  cookieDomain?: string;
  /** Looks at each event before it is kept; gives back what shall be sent, or null for nothing. */
  before?: (event: Event) => Event | null;
  /** Milliseconds until a decision falls back to the default; 500. */
  timeout?: number;
  /** Most milliseconds for which elements with `data-resa-placement` stay hidden while a decision is under way; 400, 0 for never. */
  flicker?: number;
  /**
   * Placements without an element of their own: banners, pop-ups, notifications, panels, redirects. `true` asks for all
   * placements of the web that were chosen in the picker, too.
   */
  placements?: string[] | true;
  /** Asks on each page whether a survey is due for this visitor, and shows it. */
  surveys?: boolean;
  /** Loads the visual changes of running experiments: `true` switches them on. */
  visual?: boolean;
}

/** More about one event. */
export interface Details {
  context?: Properties;
  timestamp?: Date | string;
  messageId?: string;
  /** With `identify`: your server's signed proof of the user id (docs/doors/segment.md); remembered as long as the page. */
  identityToken?: string;
}

export interface Event {
  type: "track" | "identify" | "page" | "group" | "alias";
  messageId: string;
  timestamp: string;
  anonymousId: string;
  userId?: string;
  groupId?: string;
  previousId?: string;
  event?: string;
  name?: string;
  category?: string;
  properties?: Properties;
  traits?: Properties;
  context: Properties;
}

export interface Reason {
  code: string;
  text: string;
}

export interface Content {
  key: string;
  type: "text" | "html" | "json" | "banner" | "popup" | "notification" | "panel" | "redirect";
  body: Record<string, unknown>;
  language?: string | null;
}

export interface Decision {
  placement: string;
  id: string | null;
  experience: string | null;
  content: Content | null;
  variation: string | null;
  experiment: string | null;
  reason: Reason;
  probability: number | null;
  token: string | null;
  /** Where on the page it goes, for placements chosen in the visual editor. */
  where?: { selector: string; position: "replace" | "prepend" | "append" | "before" | "after" } | null;
}

export interface FlagDecision {
  value: Json;
  variation?: string | null;
  reason?: string | null;
  experiment?: string | null;
  token?: string | null;
}

export interface DecideQuery {
  placements?: string[] | true;
  flags?: string[] | true;
  attributes?: Properties;
  timeout?: number;
}

export interface Decided {
  /** False if the answer did not come in time: all decisions are the default then. */
  ok: boolean;
  decisions: Record<string, Decision>;
  flags: Record<string, FlagDecision>;
}

/** Flags and experiments, evaluated in the page from the public payload. */
export interface Flags {
  /** The value of a flag, or `otherwise` where there is none. Seeing an experiment's flag reports the exposure, once a page. */
  value<T extends Json>(key: string, otherwise: T): T;
  on(key: string): boolean;
  /** Attributes known besides id, userId, url and device. */
  attributes(more: Properties): void;
  /** The flags have come anew (they are looked up again by and by). */
  refresh(): Promise<void>;
}

export interface Happenings {
  ready: () => void;
  event: (event: Event) => void;
  delivered: (count: number) => void;
  navigate: (url: string, before: string) => void;
  decided: (decided: Decided) => void;
  error: (error: { where: string; error: unknown }) => void;
}

export interface Resa {
  load(writeKey: string, options?: Options): void;
  identify(userId: string, traits?: Properties, details?: Details): void;
  identify(traits: Properties): void;
  track(event: string, properties?: Properties, details?: Details): void;
  page(name?: string, properties?: Properties, details?: Details): void;
  page(category: string, name: string, properties?: Properties, details?: Details): void;
  group(groupId: string, traits?: Properties, details?: Details): void;
  alias(userId: string, previousId?: string, details?: Details): void;
  /** Forget user, group and session, and take a new anonymous id. */
  reset(): void;
  ready(then: () => void): void;
  /** Listens; gives back a function that stops. */
  on<Name extends keyof Happenings>(name: Name, then: Happenings[Name]): () => void;
  /** What the visitor agreed to. Without `analytics` everything kept on the device is deleted. */
  consent(said: Consent): void;
  flush(): void;
  user(): { userId: string | null; groupId: string | null; anonymousId: string; sessionId: string };
  decide(query: DecideQuery): Promise<Decided>;
  /** Looks at the page's placements anew, for pages that know better than the observer when. */
  experiences(): void;
  flags(attributes?: Properties): Promise<Flags>;
}

declare global {
  interface Window {
    resa: Resa;
  }
}
