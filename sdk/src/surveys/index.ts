/** Surveys on the site: the core asked whether one is due; here it waits for its moment, is shown, and its answers are kept and sent. */
import type { Core } from "../core";
import { whenSeen } from "../dom/seen";
import { when } from "../dom/triggers";
import { Card, type Content, type Standing } from "./card";
import type { Answers } from "./flow";

/** What the server says is due. `token` is what answers are sent with, `ask` what tells that it was seen or sent away. */
export interface Due extends Content {
  request: string;
  token: string;
  ask: string;
  appearing: { when: "at_once" | "delay" | "scroll" | "exit"; seconds: number; scrolled: number };
  answers: Answers;
  passed: string[];
}

/** What is kept on the device until the server has all of it. */
interface Kept extends Standing {
  due: Due;
  at: number;
  finished: boolean;
}

const NAME = "survey";
const TRIGGERS = { at_once: "load", delay: "delay", scroll: "scroll", exit: "exit" } as const;
let current: Survey | null = null;

export function show(core: Core, due: Due): void {
  if (current) current.leave();
  if (current && current.alive) return;
  current = new Survey(core, due);
}

/** Another page in the same document: what waits for its moment there is asked for anew; what is open stays. */
export function leave(): void {
  if (current) current.leave();
}

class Survey {
  alive = true;
  #core: Core;
  #kept: Kept;
  #card: Card | null = null;
  #stop: () => void;

  constructor(core: Core, due: Due) {
    this.#core = core;
    const before = core.parsed(core.read(NAME)) as Kept | null;
    const same = before && before.due && before.due.request === due.request;
    this.#kept = same ? before : { due, at: Date.now(), answers: due.answers || {}, passed: due.passed || [], finished: false };
    this.#stop = (): void => {};
    if (this.#kept.finished) {
      void this.#finish(); // it was answered to the end, and the page died before the server knew
      return;
    }
    const { when: moment, seconds, scrolled } = due.appearing;
    const begun = this.#kept.passed.length > 0;
    this.#stop = when(core, begun ? { trigger: "load" } : { trigger: TRIGGERS[moment], delay: seconds, scroll: scrolled }, () => this.#show());
  }

  leave(): void {
    if (this.#card && this.#card.open) return; // also not, where a page took its placement away
    this.#stop();
    this.alive = false;
  }

  #show(): void {
    const { place } = this.#kept.due;
    if (this.#busy() || (place && !document.querySelector(place.selector))) {
      this.alive = false; // it is open in another tab, or the page has its placement no more
      return;
    }
    const core = this.#core;
    const mark = setInterval(() => core.write("survey.open", this.#card && this.#card.open ? `${Date.now()}` : null), 1000);
    const hide = (): void => {
      if (document.visibilityState === "hidden" && this.#card && this.#card.open) this.#leaveWith(this.#card.unsent());
    };
    core.listen(document, "visibilitychange", hide);
    core.listen(window, "pagehide", () => {
      if (!this.#card || !this.#card.open) return;
      this.#leaveWith(this.#card.unsent());
      clearInterval(mark);
      core.write("survey.open", null);
    });
    this.#card = new Card(core, this.#kept.due, this.#kept, {
      seen: (card) => whenSeen(card, () => void this.#post("shown", { ask: this.#kept.due.ask, context: core.context() })),
      answered: (answers) => {
        this.#keep({});
        this.#send({ answers });
      },
      finished: () => this.#finish(),
      dismissed: () => {
        this.alive = false;
        const answered = Object.keys(this.#kept.answers).length;
        core.write(NAME, null);
        if (answered) this.#send({ answers: this.#all(), closed: true });
        else void this.#post("dismissed", { ask: this.#kept.due.ask, context: core.context() });
      },
    });
  }

  /** The page may not come back: what stands in the controls goes to the server too. */
  #leaveWith(unsent: Answers): void {
    this.#keep(unsent);
    const answers: Answers = {};
    for (const key of Object.keys(unsent)) if (unsent[key] !== null) answers[key] = unsent[key];
    if (Object.keys(answers).length) this.#send({ answers });
  }

  #busy(): boolean {
    return Date.now() - +(this.#core.read("survey.open") || 0) < 3000;
  }

  /** What is on the device outlives the page; what stands in the controls is there too, but not passed yet. */
  #keep(more: Answers): void {
    const { due, at, passed, finished, answers } = this.#kept;
    this.#core.write(NAME, this.#core.json({ due, at, passed, finished, answers: { ...answers, ...more } }));
  }

  #all(): Answers {
    const all: Answers = { ...this.#kept.answers };
    for (const key of this.#kept.passed) if (!(key in all)) all[key] = null;
    return all;
  }

  #proof(): Record<string, string> {
    const { token, ask, language } = this.#kept.due;
    return { token, ask, language };
  }

  #send(more: Record<string, unknown>): void {
    void this.#post("answers", { ...this.#proof(), ...more });
  }

  async #finish(): Promise<Record<string, string> | null> {
    this.#kept.finished = true;
    this.#keep({});
    const got = await this.#post("answers", { ...this.#proof(), answers: this.#all(), final: true });
    if (!got) return null; // no answer: it is tried again on the next page
    const refused = got.refused as Record<string, string> | undefined;
    if (refused) {
      this.#kept.finished = false;
      this.#keep({});
      return refused;
    }
    this.alive = false;
    this.#core.write(NAME, null);
    return null;
  }

  async #post(what: string, body: Record<string, unknown>): Promise<Record<string, unknown> | null> {
    const { state, json, parsed, Later } = this.#core;
    const text = json(body);
    const url = `${state.host}/v1/surveys/${what}?key=${encodeURIComponent(state.key)}`;
    if (document.visibilityState === "hidden" && !("keepalive" in Request.prototype)) {
      navigator.sendBeacon(url, text);
      return null;
    }
    for (let tried = 0; tried < 3; tried++) {
      try {
        const got = await fetch(url, { method: "POST", body: text, keepalive: text.length < 60_000, credentials: "omit" });
        const said = parsed(await got.text()) as Record<string, unknown> | null;
        if (got.status < 500 && got.status !== 429) return said;
      } catch {
        if (document.visibilityState === "hidden") break;
      }
      await new Later<void>((resolve) => setTimeout(resolve, 1000 * 4 ** tried));
    }
    return null;
  }
}
