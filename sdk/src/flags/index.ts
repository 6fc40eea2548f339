/** Flags and experiments evaluated in the page, from the public payload (`/api/features/<write key>`). */
import type { Flags, Json, Properties } from "../../resa";
import type { Core } from "../core";
import { Engine, type Asking, type Experiment, type ExperimentResult, type Payload, type Sticky } from "./engine";

const FRESH = 60_000;

/** The one evaluator of a page: payload, attributes, kept assignments, exposures told once. */
export class Evaluator {
  engine = new Engine({});
  #core: Core;
  #more: Properties = {};
  #told = new Set<string>();
  #stickies: Record<string, Sticky>;
  #at = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#stickies = (core.parsed(core.read("sticky")) as Record<string, Sticky> | null) || {};
    const kept = core.parsed(core.read("features")) as Payload | null;
    if (kept) this.engine = new Engine(kept);
  }

  attributes(more: Properties): void {
    this.#more = { ...this.#more, ...more };
  }

  /** Fetch the payload unless it is a minute young; without an answer in time the one kept from before serves. */
  async refresh(force = false): Promise<void> {
    const core = this.#core;
    if ((!force && Date.now() - this.#at < FRESH) || !core.maySend()) return;
    const stop = new AbortController();
    const clock = setTimeout(() => stop.abort(), core.state.options.timeout ?? 500);
    try {
      const got = await fetch(`${core.state.host}/api/features/${encodeURIComponent(core.state.key)}`, { credentials: "omit", signal: stop.signal });
      const payload = got.ok ? (core.parsed(await got.text()) as Payload | null) : null;
      if (payload && payload.features) {
        this.engine = new Engine(payload);
        this.#at = Date.now();
        core.write("features", core.json(payload));
      }
    } catch (error) {
      core.complain("flags", error);
    }
    clearTimeout(clock);
  }

  /** Ask, then keep what was assigned. */
  ask<Result>(question: (engine: Engine, asking: Asking) => Result): Result {
    const { asking, kept } = this.#asking();
    const result = question(this.engine, asking);
    const now = this.#core.json(this.#stickies);
    if (now !== kept) this.#core.write("sticky", now);
    return result;
  }

  #asking(): { asking: Asking; kept: string } {
    const core = this.#core;
    const { href, host, pathname, search } = location;
    const agent = navigator.userAgent;
    const attributes = {
      id: core.anonymousId(),
      userId: core.read("user"),
      groupId: core.read("group"),
      url: href,
      path: pathname,
      host,
      query: search,
      pageTitle: document.title,
      language: navigator.language,
      deviceType: /Mobi|Android|iPhone|iPad/.test(agent) ? "mobile" : "desktop",
      browser: /Edg\//.test(agent) ? "edge" : /Firefox\//.test(agent) ? "firefox" : /Chrome\//.test(agent) ? "chrome" : /Safari\//.test(agent) ? "safari" : "unknown",
      ...utm(search),
      ...this.#more,
    };
    const exposed = (experiment: Experiment, result: ExperimentResult): void => this.#expose(experiment, result);
    return { asking: { attributes, url: href, stickies: this.#stickies, exposed }, kept: core.json(this.#stickies) };
  }

  #expose(experiment: Experiment, result: ExperimentResult): void {
    const key = `${experiment.key} ${result.key} ${result.hashValue}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#core.track("Experiment Viewed", { experimentId: experiment.key, variationId: result.key, hashAttribute: result.hashAttribute, hashValue: `${result.hashValue}` });
  }
}

function utm(search: string): Properties {
  const found: Properties = {};
  new URLSearchParams(search).forEach((value, name) => {
    if (name.startsWith("utm_")) found[`utm${name[4]!.toUpperCase()}${name.slice(5)}`] = value;
  });
  return found;
}

let evaluator: Evaluator | null = null;

export async function evaluate(core: Core): Promise<Evaluator> {
  evaluator = evaluator || new Evaluator(core);
  await evaluator.refresh();
  return evaluator;
}

export async function flags(core: Core, attributes?: Properties): Promise<Flags> {
  const own = await evaluate(core);
  if (attributes) own.attributes(attributes);
  const feature = (key: string) => own.ask((engine, asking) => engine.feature(key, asking));
  return {
    value: <T extends Json>(key: string, otherwise: T): T => {
      const found = core.guarded("flags", () => feature(key).value)();
      return found === null || found === undefined ? otherwise : (found as T);
    },
    on: (key) => !!core.guarded("flags", () => feature(key).on)(),
    attributes: (more) => own.attributes(more),
    refresh: () => own.refresh(true),
  };
}
