/** The core: what a page loads first. Everything else comes when it is used (add-ons). */
import type { Consent, Flags, Options, Part, Properties, Resa } from "../../resa";
import { came, context, pageFacts, privacy } from "./context";
import { decide, Later } from "./decide";
import { flush, forget, startDelivery } from "./delivery";
import { alias, group, identify, page, reset, track } from "./events";
import { anonymousId, renew, session } from "./identity";
import { json, parsed } from "./json";
import { followNavigation } from "./pages";
import { complain, emit, guarded, listen, on, state } from "./state";
import { followSurveys } from "./surveys";
import { forgetAll, maySend, mayStore, read, storeAll, write } from "./store";

declare const __ADDONS__: Record<AddOn, string>;

export type AddOn = "capture" | "vitals" | "experiences" | "flags" | "visual" | "picker" | "surveys";

/** What add-ons get of the core. */
const core = { state, track, page, decide, on, emit, listen, guarded, complain, read, write, mayStore, maySend, json, parsed, anonymousId, session, context, pageFacts, came, addOn, Later, flushing: flush };
export type Core = typeof core;

type Call = [name: string, given: unknown[], resolve?: (result: unknown) => void];
type Stub = Call[] & Partial<Resa> & { wanted?: [string, Options?]; hidden?: Hidden };

/** What hides placements while their decision is under way, until when, and how to end it. */
export interface Hidden {
  until: number;
  show: () => void;
}

const script = document.currentScript as HTMLScriptElement | null;
const PARTS: Part[] = ["page", "click", "form", "error", "rage", "dead", "scroll", "vitals"];

/** Load an add-on (once: the browser keeps modules) and call what it offers. */
async function addOn<Result>(name: AddOn, use: (offers: any) => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await use(await import(/* @vite-ignore */ `${state.host}/sdk/${__ADDONS__[name]}`));
  } catch (error) {
    complain(name, error);
    return undefined;
  }
}

function load(writeKey: string, options: Options = {}): void {
  if (state.host) return;
  state.key = writeKey;
  state.options = options;
  state.host = (options.host || (script ? script.src : "").replace(/\/sdk\/[^/]*$/, "")).replace(/\/$/, "");
  state.consent = (parsed(read("consent")) as Consent | null) || {};
  if (privacy().globalPrivacyControl) state.consent.sharing = false;
  state.editing = /[?&#]resa-pick=/.test(location.href) && !!window.opener;
  followNavigation();
  if (state.editing) {
    stub.hidden?.show();
    void addOn("picker", (picker) => picker.start(core));
    return;
  }
  if (!stub.hidden && script && !script.async && document.readyState === "loading") cover(options.flicker ?? 400);
  startDelivery();
  capture(options.capture === true ? PARTS : options.capture || []);
  if (document.readyState === "loading") listen(document, "DOMContentLoaded", personalise);
  else personalise();
  if (options.visual) void addOn("visual", (visual) => visual.start(core));
  if (options.surveys) followSurveys((use) => addOn("surveys", (offers) => use(offers, core)));
  emit("ready");
}

/** What the loader does for pages that have one: hides placements from before they are painted. */
function cover(budget: number): void {
  if (!budget || !document.adoptedStyleSheets) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("[data-resa-placement]{visibility:hidden!important}");
  document.adoptedStyleSheets = document.adoptedStyleSheets.concat(sheet);
  const show = (): void => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
  };
  stub.hidden = { until: Date.now() + budget, show };
  setTimeout(show, budget);
}

function capture(parts: Part[]): void {
  if (parts.indexOf("page") >= 0) {
    page();
    on("navigate", () => page());
  }
  const rest = parts.filter((part) => part !== "page" && part !== "vitals");
  if (rest.length) void addOn("capture", (offers) => offers.start(core, rest));
  if (parts.indexOf("vitals") >= 0) void addOn("vitals", (offers) => offers.start(core));
}

function personalise(): void {
  if (state.options.placements || document.querySelector("[data-resa-placement]")) experiences();
  else stub.hidden?.show();
}

function experiences(): void {
  void addOn("experiences", (offers) => offers.look(core, stub.hidden));
}

function consent(said: Consent): void {
  const before = state.consent.analytics;
  state.consent = { ...state.consent, ...said };
  write("consent", json(state.consent), true);
  if (state.consent.analytics === false) {
    if (before !== false) forget();
    forgetAll();
    if (state.options.cookieDomain) renew(null);
  } else {
    if (said.analytics) storeAll();
    track("Consent Updated", {}, { context: { consent: { categoryPreferences: said } } });
    flush();
  }
}

const calls: Record<string, (...given: any[]) => unknown> = {
  load,
  identify,
  track,
  page,
  group,
  alias,
  reset,
  consent,
  flush,
  decide,
  experiences,
  on,
  ready: (then: () => void) => (state.host ? then() : on("ready", then)),
  user: () => ({ userId: read("user"), groupId: read("group"), anonymousId: anonymousId(), sessionId: session()[0] }),
  flags: (attributes?: Properties) => addOn<Flags>("flags", (offers) => offers.flags(core, attributes)),
};

const stub: Stub = ((window as { resa?: unknown }).resa as Stub | undefined) || ([] as unknown as Stub);

function start(): void {
  if ((stub as { started?: true }).started) return;
  (stub as { started?: true }).started = true;
  const names = Object.keys(calls);
  for (let place = 0; place < names.length; place++) (stub as unknown as typeof calls)[names[place]!] = guarded(names[place]!, calls[names[place]!]!);
  (window as { resa?: unknown }).resa = stub;
  const waiting = stub.splice(0);
  const key = script && script.dataset.writeKey;
  if (stub.wanted) stub.load!(...stub.wanted);
  else if (key) stub.load!(key, { ...(parsed(script.dataset.options || null) as Options | null), ...(script.dataset.capture !== undefined && { capture: script.dataset.capture === "" ? true : (script.dataset.capture.split(/[\s,]+/) as Part[]) }) });
  for (let place = 0; place < waiting.length; place++) {
    const [name, given, resolve] = waiting[place]!;
    const result = (stub as unknown as typeof calls)[name]?.(...Array.prototype.slice.call(given));
    if (resolve) resolve(result);
  }
}

guarded("start", start)();
