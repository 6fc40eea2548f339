/** Evaluates the flags and experiments of a GrowthBook payload: what `resa/experiments/engine` does in Python. */
import { holds, type Attributes, type Groups } from "./conditions";
import { bucket, choose, inNamespace, rangesOf, type Range } from "./hashing";
import { forced, merged, targeted, type Pattern } from "./urls";

interface Meta {
  key?: string;
  name?: string;
  passthrough?: boolean;
}
interface Filter {
  attribute?: string;
  seed?: string;
  hashVersion?: number;
  ranges?: Range[];
}
interface Parent {
  id: string;
  condition?: unknown;
  gate?: boolean;
}

/** What rules and experiments have in common. */
interface Split {
  key?: string;
  variations?: unknown[];
  weights?: number[];
  coverage?: number;
  hashAttribute?: string;
  fallbackAttribute?: string;
  disableStickyBucketing?: boolean;
  bucketVersion?: number;
  minBucketVersion?: number;
  namespace?: [string, number, number];
  meta?: Meta[];
  ranges?: Range[];
  name?: string;
  phase?: string;
  seed?: string;
  hashVersion?: number;
  filters?: Filter[];
  condition?: unknown;
  parentConditions?: Parent[];
  force?: unknown;
}
export interface Experiment extends Split {
  urlPatterns?: Pattern[];
  active?: boolean;
  status?: string;
  persistQueryString?: boolean;
  contextualBandit?: unknown;
}
interface Rule extends Split {
  id?: string;
  range?: Range;
  tracks?: { experiment: Experiment; result: ExperimentResult }[];
  contextualBanditRef?: string;
  contextualVariations?: unknown[];
}
interface Bandit {
  banditVersion?: number;
  contexts?: { leafId: number; condition?: unknown; weights?: number[] }[];
}
export interface Payload {
  features?: Record<string, { defaultValue?: unknown; rules?: Rule[] }>;
  experiments?: Experiment[];
  savedGroups?: Groups;
  contextualBandits?: Record<string, Bandit>;
}
export interface ExperimentResult {
  inExperiment: boolean;
  variationId: number;
  key: string;
  value: unknown;
  hashUsed: boolean;
  hashAttribute: string;
  hashValue: unknown;
  bucket?: number;
  featureId: string | null;
  passthrough?: boolean;
  stickyBucketUsed: boolean;
  name?: string;
  leafId?: number;
  variationWeights?: number[];
  banditVersion?: number;
}
export interface FeatureResult {
  value: unknown;
  on: boolean;
  off: boolean;
  source: string;
  ruleId: string;
  experiment?: Experiment;
  experimentResult?: ExperimentResult;
}
export interface Sticky {
  attributeName: string;
  attributeValue: string;
  assignments: Record<string, string>;
}

/** One customer's question: attributes, what overrides the rules, what is kept of earlier answers, who hears of exposures. */
export interface Asking {
  attributes: Attributes;
  url?: string;
  enabled?: boolean;
  qaMode?: boolean;
  forcedVariations?: Record<string, number>;
  forcedFeatures?: Record<string, unknown>;
  stickies?: Record<string, Sticky>;
  exposed?: (experiment: Experiment, result: ExperimentResult) => void;
}

const FIELDS = ["coverage", "weights", "hashAttribute", "fallbackAttribute", "disableStickyBucketing", "bucketVersion", "minBucketVersion", "namespace", "meta", "ranges", "name", "phase", "seed", "hashVersion", "filters", "condition"] as const;

export class Engine {
  readonly payload: Payload;
  #stack: string[] = [];

  constructor(payload: Payload) {
    this.payload = payload;
  }

  feature(key: string, asking: Asking): FeatureResult {
    const overrides = asking.forcedFeatures || {};
    if (own(overrides, key)) return answer(overrides[key], "override");
    const features = this.payload.features || {};
    const feature = own(features, key) ? features[key]! : null;
    if (!feature) return answer(null, "unknownFeature");
    for (const rule of feature.rules || []) {
      const result = this.#rule(key, rule, asking);
      if (result) return result;
    }
    return answer(feature.defaultValue ?? null, "defaultValue");
  }

  #rule(key: string, rule: Rule, asking: Asking): FeatureResult | null {
    for (const parent of rule.parentConditions || []) {
      const held = this.#parent(parent, asking);
      if (held === null) return answer(null, "cyclicPrerequisite");
      if (!held) {
        if (parent.gate) return answer(null, "prerequisite");
        return null;
      }
    }
    if (rule.filters && !passes(rule.filters, asking.attributes)) return null;
    if (own(rule, "force")) return this.#force(key, rule, asking);
    if (rule.contextualVariations) return this.#bandit(key, rule, asking);
    return rule.variations && rule.variations.length ? this.#split(key, rule, asking) : null;
  }

  /** Whether a flag has the value that another asks for; null if they depend on each other. */
  #parent(parent: Parent, asking: Asking): boolean | null {
    if (this.#stack.includes(parent.id)) return null;
    this.#stack.push(parent.id);
    const result = this.feature(parent.id, asking);
    this.#stack.pop();
    if (result.source === "cyclicPrerequisite") return null;
    return holds(parent.condition, { value: result.value }, this.payload.savedGroups);
  }

  #force(key: string, rule: Rule, asking: Asking): FeatureResult | null {
    if (rule.condition && !holds(rule.condition, asking.attributes, this.payload.savedGroups)) return null;
    if (!rolledOut(key, rule, asking)) return null;
    for (const { experiment, result } of rule.tracks || []) asking.exposed?.(experiment, result);
    return answer(rule.force, "force", rule.id);
  }

  #split(key: string, rule: Rule, asking: Asking, bandit?: Record<string, unknown>, weights?: number[]): FeatureResult | null {
    const experiment: Experiment = { variations: rule.variations && rule.variations.length ? rule.variations : rule.contextualVariations!, key: rule.key || key };
    for (const name of FIELDS) if (rule[name] !== undefined && rule[name] !== null) (experiment as Record<string, unknown>)[name] = rule[name];
    if (weights) experiment.weights = weights;
    const [result, shown] = this.#assign(experiment, asking, key, bandit);
    if (!result.inExperiment || result.passthrough) return null;
    return { ...answer(result.value, "experiment", rule.id), experiment: shown, experimentResult: result };
  }

  /** A contextual bandit: the first context that fits brings its weights, none the rule's own under leaf -1. */
  #bandit(key: string, rule: Rule, asking: Asking): FeatureResult | null {
    if (!rule.contextualVariations!.length) return null;
    const bandit = (this.payload.contextualBandits || {})[`${rule.contextualBanditRef}`];
    if (!bandit) return this.#split(key, rule, asking);
    const leaf = (bandit.contexts || []).find((each) => holds(each.condition, asking.attributes, this.payload.savedGroups)) || { leafId: -1, weights: rule.weights };
    const said: Record<string, unknown> = { leafId: leaf.leafId, variationWeights: leaf.weights };
    if (bandit.banditVersion !== undefined) said.banditVersion = bandit.banditVersion;
    return this.#split(key, rule, asking, said, leaf.weights);
  }

  run(experiment: Experiment, asking: Asking): ExperimentResult {
    return this.#assign(experiment, asking, null)[0];
  }

  /** Where the asking unit stands, and the experiment as it is reported. */
  #assign(experiment: Experiment, asking: Asking, feature: string | null, bandit?: Record<string, unknown>): [ExperimentResult, Experiment] {
    const result = this.#place(experiment, asking, feature, bandit);
    const shown = bandit && result.hashUsed ? { ...experiment, contextualBandit: bandit } : experiment;
    if (result.inExperiment) asking.exposed?.(shown, result);
    return [result, shown];
  }

  #place(experiment: Experiment, asking: Asking, feature: string | null, bandit?: Record<string, unknown>): ExperimentResult {
    const key = experiment.key || "";
    const variations = experiment.variations || [];
    const { attributes, url = "" } = asking;
    const [attribute, value] = unitOf(experiment, asking);
    const unhashed = (chosen: number, inside: boolean, sticky = false): ExperimentResult => {
      if (!(chosen >= 0 && chosen < variations.length)) [chosen, inside] = [0, false];
      return said(experiment, chosen, { inExperiment: inside, hashUsed: false, hashAttribute: attribute, hashValue: attributes[attribute] || "", featureId: feature, stickyBucketUsed: sticky });
    };
    const out = (sticky = false): ExperimentResult => unhashed(0, false, sticky);

    // The order of these is the protocol.
    if (variations.length < 2 || asking.enabled === false) return out();
    if (experiment.urlPatterns && experiment.urlPatterns.length && !targeted(url, experiment.urlPatterns)) return out();
    const asked = url ? forced(key, url, variations.length) : null;
    if (asked !== null) return unhashed(asked, true);
    if (asking.forcedVariations && own(asking.forcedVariations, key)) return unhashed(asking.forcedVariations[key]!, true);
    if (experiment.active === false || experiment.status === "draft") return out();
    if (!value) return out();
    const [kept, closed] = keptOf(experiment, key, asking, attribute, value);
    if (kept < 0 && !this.#eligible(experiment, asking)) return out();
    const place = bucket(experiment.seed || key, value, experiment.hashVersion || 1);
    if (place === null) return out();
    if (closed) return out(true);
    const chosen = kept >= 0 ? kept : choose(place, experiment.ranges || rangesOf(variations.length, experiment.coverage, experiment.weights));
    if (chosen < 0) return out();
    if (own(experiment, "force")) return unhashed(experiment.force as number, true);
    if (asking.qaMode || experiment.status === "stopped") return out();
    const result = said(experiment, chosen, { inExperiment: true, hashUsed: true, hashAttribute: attribute, hashValue: attributes[attribute], bucket: place, featureId: feature, stickyBucketUsed: kept >= 0, ...bandit });
    if (asking.stickies && !experiment.disableStickyBucketing) keep(experiment, key, asking.stickies, attribute, value, result.key);
    return result;
  }

  #eligible(experiment: Experiment, asking: Asking): boolean {
    const { attributes } = asking;
    if (experiment.filters && experiment.filters.length) {
      if (!passes(experiment.filters, attributes)) return false;
    } else if (experiment.namespace && !inNamespace(unitOf(experiment, asking)[1], experiment.namespace)) return false;
    if (experiment.condition && !holds(experiment.condition, attributes, this.payload.savedGroups)) return false;
    return (experiment.parentConditions || []).every((parent) => this.#parent(parent, asking));
  }

  /** What the experiments that run by address do on this page; of several redirects the first one. */
  automatic(asking: Asking): { experiment: Experiment; result: ExperimentResult; redirect: string | null }[] {
    const found: ReturnType<Engine["automatic"]> = [];
    let redirected = false;
    for (const experiment of this.payload.experiments || []) {
      const leads = (experiment.variations || []).some((each) => !!(each as { urlRedirect?: string }).urlRedirect);
      if (leads && redirected) continue;
      const result = this.run(experiment, asking);
      if (!result.inExperiment) continue;
      const target = (result.value as { urlRedirect?: string }).urlRedirect || null;
      redirected = redirected || leads;
      found.push({ experiment, result, redirect: target && experiment.persistQueryString ? merged(asking.url || "", target) : target });
    }
    return found;
  }
}

function said(experiment: Experiment, chosen: number, more: Omit<ExperimentResult, "variationId" | "key" | "value">): ExperimentResult {
  const meta = (experiment.meta || [])[chosen] || {};
  const result: ExperimentResult = { variationId: chosen, key: `${meta.key || chosen}`, value: (experiment.variations || [])[chosen] ?? null, ...more };
  if (meta.name) result.name = meta.name;
  if (meta.passthrough) result.passthrough = true;
  return result;
}

function answer(value: unknown, source: string, ruleId = ""): FeatureResult {
  return { value, on: !!value, off: !value, source, ruleId };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return (typeof value === "number" && value) || value === true ? `${value}` : "";
}

function unitOf(experiment: Split, asking: Asking): [attribute: string, value: string] {
  const attribute = experiment.hashAttribute || "id";
  const value = textOf(asking.attributes[attribute]);
  const fallback = !experiment.disableStickyBucketing && asking.stickies && experiment.fallbackAttribute;
  if (!value && fallback) {
    const other = textOf(asking.attributes[fallback]);
    if (other) return [fallback, other];
  }
  return [attribute, value];
}

function passes(filters: Filter[], attributes: Attributes): boolean {
  return filters.every(({ attribute, seed, hashVersion, ranges }) => {
    const value = textOf(attributes[attribute || "id"]);
    const place = value ? bucket(seed || "", value, hashVersion || 2) : null;
    return place !== null && choose(place, ranges || []) >= 0;
  });
}

function rolledOut(key: string, rule: Rule, asking: Asking): boolean {
  const { range, coverage } = rule;
  if (!range && (coverage === undefined || coverage === null)) return true;
  if (!range && coverage === 0) return false;
  const value = unitOf(rule, asking)[1];
  const place = value ? bucket(rule.seed || key, value, rule.hashVersion || 1) : null;
  if (place === null) return false;
  return range ? place >= range[0] && place < range[1] : place <= coverage!;
}

function keptOf(experiment: Experiment, key: string, asking: Asking, attribute: string, value: string): [chosen: number, closed: boolean] {
  if (!asking.stickies || experiment.disableStickyBucketing) return [-1, false];
  const fallback = experiment.fallbackAttribute;
  const other = fallback ? textOf(asking.attributes[fallback]) : "";
  const kept: Record<string, string> = { ...(other && asking.stickies[`${fallback}||${other}`]?.assignments), ...asking.stickies[`${attribute}||${value}`]?.assignments };
  for (let version = 0; version < (experiment.minBucketVersion || 0); version++) if (own(kept, `${key}__${version}`)) return [-1, true];
  const chosen = kept[`${key}__${experiment.bucketVersion || 0}`];
  return [chosen === undefined ? -1 : (experiment.meta || []).findIndex((meta) => meta.key === chosen), false];
}

function keep(experiment: Experiment, key: string, stickies: Record<string, Sticky>, attribute: string, value: string, variation: string): void {
  const name = `${attribute}||${value}`;
  stickies[name] = { attributeName: attribute, attributeValue: value, assignments: { ...stickies[name]?.assignments, [`${key}__${experiment.bucketVersion || 0}`]: variation } };
}

function own(value: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(value, name);
}
