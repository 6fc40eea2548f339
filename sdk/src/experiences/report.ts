import type { Decision } from "../../resa";
import type { Core } from "../core";

/** Tells what became of a decision, with the token the server signed: each thing once, clicks as often as they come. */
export class Report {
  #seen = false;
  #core: Core;
  #decision: Decision;

  constructor(core: Core, decision: Decision) {
    this.#core = core;
    this.#decision = decision;
  }

  viewed(): void {
    if (!this.#seen) this.#say("Experience Viewed");
    this.#seen = true;
  }

  clicked(element?: string | null): void {
    this.#say("Experience Clicked", element ? { element: element.slice(0, 80) } : {});
  }

  dismissed(): void {
    this.#say("Experience Dismissed");
  }

  #say(name: string, more: Record<string, string> = {}): void {
    const { experience, placement, content, variation, experiment, token, probability } = this.#decision;
    if (experience && token) this.#core.track(name, { experience, placement, content: content && content.key, variation, experiment, decision: token, probability, ...more });
  }
}

/** Tells clicks on links and buttons in or around an element. */
export function followClicks(element: Element, report: Report): void {
  element.addEventListener("click", (event) => {
    const path = event.composedPath();
    const inside = path.slice(0, path.indexOf(element)).find((one): one is Element => one instanceof Element && one.matches("a,button"));
    const link = inside || element.closest("a,button");
    if (link && !link.hasAttribute("data-resa-close")) report.clicked(link.textContent && link.textContent.trim());
  });
}
