import type { Core } from "../core";
import { active, factsOf, field } from "./facts";

const TIMES = 3; // as the friction ledger counts them (docs/friction.md)
const RAGE = 2000;
const DEAD = 3000;

/** Clicks on what can be clicked; bursts on anything; clicks that nothing answered. */
export function clicks(core: Core, told: { click: boolean; rage: boolean; dead: boolean }): void {
  let burst: { target: Element | null; times: number[]; said: boolean } = { target: null, times: [], said: false };

  core.listen(document, "click", (event: MouseEvent) => {
    const target = event.target;
    if (!(target instanceof Element) || target.closest("[data-resa-own]")) return;
    const element = active(target);
    const facts = factsOf(element || target);
    if (told.click && element && !(field(element) && element.matches("input:not([type=checkbox]):not([type=radio]),textarea"))) core.track("Element Clicked", told.dead ? { ...facts, watched: true } : facts);
    if (told.rage) rage(target, facts);
    if (told.dead && !selecting() && !field(element || target) && (element ? !element.matches("label") : getComputedStyle(target).cursor === "pointer")) dead(core, facts);
  }, true);

  function rage(target: Element, facts: ReturnType<typeof factsOf>): void {
    const now = Date.now();
    if (target !== burst.target || now - (burst.times[burst.times.length - 1] || 0) > RAGE) burst = { target, times: [], said: false };
    burst.times.push(now);
    const quick = burst.times.filter((time) => now - time <= RAGE).length >= TIMES;
    if (quick && !burst.said && !selecting() && !field(target) && !target.closest("[data-resa-repeat]")) {
      burst.said = true;
      core.track("Rage Click", facts);
    }
  }
}

/** Three clicks select a paragraph: nobody is angry. */
function selecting(): boolean {
  return `${getSelection() || ""}` !== "";
}

/** Waits for any answer: a change of the page, another address, a window, something that scrolls, takes the focus or loads. */
function dead(core: Core, facts: ReturnType<typeof factsOf>): void {
  const stops: (() => void)[] = [];
  const answered = (): void => {
    clearTimeout(clock);
    for (const stop of stops) stop();
  };
  const clock = setTimeout(() => {
    answered();
    core.guarded("dead", () => core.track("Dead Click", facts))();
  }, DEAD);
  const changes = new MutationObserver(answered);
  changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  stops.push(() => changes.disconnect(), core.on("navigate", answered));
  const events: [EventTarget, string][] = [[window, "blur"], [window, "pagehide"], [document, "scroll"], [document, "focusin"], [document, "change"], [document, "play"]];
  for (const [target, name] of events) {
    target.addEventListener(name, answered, { capture: true, passive: true });
    stops.push(() => target.removeEventListener(name, answered, { capture: true }));
  }
  if (typeof PerformanceObserver === "function") {
    const loads = new PerformanceObserver((list) => {
      if (list.getEntries().some((entry) => entry.name.indexOf(core.state.host) !== 0)) answered();
    });
    loads.observe({ type: "resource" });
    stops.push(() => loads.disconnect());
  }
}
