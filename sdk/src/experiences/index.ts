/** Placements: asks once for all that the page has, shows what was decided, reports what became of it. */
import type { Decision } from "../../resa";
import type { Core, Hidden } from "../core";
import { ownAddress } from "../dom/links";
import { showBlock } from "./block";
import { placed, showInline } from "./inline";
import { Report } from "./report";
import { when, type Trigger } from "../dom/triggers";

const PLACEMENT = "data-resa-placement";
const BLOCKS = ["banner", "popup", "notification", "panel"];
const handled = new WeakSet<Element>();
let away: (() => void)[] = [];
let began = false;

export function look(core: Core, hidden?: Hidden): void {
  const budget = core.state.options.flicker ?? 400;
  const covers = hidden || { until: Date.now() + budget, show: () => {} };
  if (began) return void ask(core, [], covers);
  began = true;
  core.on("navigate", () => renew(core, budget));
  // Frameworks draw when they like: what comes later is asked for later, and hidden before it is painted.
  new MutationObserver(() => {
    const elements = fresh();
    if (elements.length) void ask(core, [], cover(elements, budget), elements);
  }).observe(document.documentElement, { childList: true, subtree: true });
  void ask(core, core.state.options.placements || [], covers);
}

/** Another page in the same document: the blocks of the one before go, those of this one are asked for. */
function renew(core: Core, budget: number): void {
  for (const one of away) one();
  away = [];
  const elements = fresh();
  void ask(core, core.state.options.placements || [], cover(elements, budget), elements);
}

function fresh(): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>(`[${PLACEMENT}]`)).filter((element) => !handled.has(element));
}

async function ask(core: Core, more: string[] | true, covers: Hidden, elements = fresh()): Promise<void> {
  for (const element of elements) handled.add(element);
  const keys = new Set(elements.map((element) => element.getAttribute(PLACEMENT)!));
  for (const key of more === true ? [] : more) keys.add(key);
  if (keys.size || more === true) {
    const decided = await core.decide({ placements: more === true || Array.from(keys) });
    core.guarded("experiences", () => {
      const late = (core.state.options.flicker ?? 400) > 0 && Date.now() > covers.until;
      for (const key of Object.keys(decided.decisions)) show(core, decided.decisions[key]!, elements.filter((element) => element.getAttribute(PLACEMENT) === key), late);
    })();
  }
  covers.show();
}

function cover(elements: HTMLElement[], budget: number): Hidden {
  const found = elements.filter((element) => budget > 0 && element.style.visibility === "");
  for (const element of found) element.style.visibility = "hidden";
  const show = (): void => {
    for (const element of found) element.style.visibility = "";
  };
  setTimeout(show, budget);
  return { until: Date.now() + budget, show };
}

function show(core: Core, decision: Decision, elements: HTMLElement[], late: boolean): void {
  const { content } = decision;
  if (content && content.type === "redirect") return redirect(core, decision);
  if (content && BLOCKS.indexOf(content.type) >= 0) {
    const stop = when(core, content.body as Trigger, () => away.push(showBlock(core, decision, new Report(core, decision))));
    away.push(stop);
    return;
  }
  if (!elements.length && decision.where) {
    const element = placed(decision.placement, decision.where.selector, decision.where.position);
    if (element) {
      handled.add(element);
      elements = [element];
    }
  }
  if (!elements.length) {
    if (!content) new Report(core, decision).viewed(); // a control of what has no element: nothing was shown, here and now
    return;
  }
  for (const element of elements) if (!(late && inSight(element))) showInline(core, element, decision);
}

function inSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** To another page of this site, never in a circle. */
function redirect(core: Core, decision: Decision): void {
  const body = decision.content!.body as { url?: string; keep_query?: boolean };
  const to = ownAddress(`${body.url}`);
  const report = new Report(core, decision);
  if (!to || to.pathname === location.pathname) return report.viewed(); // arrived
  if (body.keep_query !== false && !to.search) to.search = location.search;
  report.viewed();
  core.flushing();
  location.replace(to.href);
}
