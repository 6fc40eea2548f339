import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { holds } from "../src/flags/conditions";
import { Engine, type Sticky } from "../src/flags/engine";
import { bucket, choose, equalWeights, inNamespace, rangesOf } from "../src/flags/hashing";
import { forced } from "../src/flags/urls";

const suites = process.env.RESA_TEST_SUITES ?? fileURLToPath(new URL("../../../shared/suites", import.meta.url));
const path = `${suites}/growthbook/cases.json`;
const there = existsSync(path);
const cases: Record<string, any[][]> = there ? JSON.parse(readFileSync(path, "utf8")) : {};

// Decryption is the server's: it gives this SDK its payload over TLS, in the clear.
describe.skipIf(!there)("GrowthBook's own cases", () => {
  const each = (section: string, check: (...facts: any[]) => void): void => {
    it(`${section}: all ${cases[section]?.length} cases`, () => {
      for (const facts of cases[section] ?? []) check(...facts);
    });
  };
  const close = (found: number[][], expected: number[][], name: string): void => {
    expect(found.length, name).toBe(expected.length);
    found.flat().forEach((end, place) => expect(end, name).toBeCloseTo(expected.flat()[place]!, 7));
  };
  const asking = (context: any) => ({ ...context, attributes: context.attributes ?? {} });

  each("evalCondition", (name, condition, attributes, expected, groups) => expect(holds(condition, attributes, groups ?? {}), name).toBe(expected));
  each("hash", (seed, value, version, expected) => expect(bucket(seed, value, version)).toBe(expected));
  each("getBucketRange", (name, [count, coverage, weights], expected) => close(rangesOf(count, coverage, weights), expected, name));
  each("getEqualWeights", (count, expected) => close([equalWeights(count)], [expected], `${count}`));
  each("chooseVariation", (name, place, ranges, expected) => expect(choose(place, ranges), name).toBe(expected));
  each("inNamespace", (name, value, namespace, expected) => expect(inNamespace(value, namespace), name).toBe(expected));
  each("getQueryStringOverride", (name, key, url, count, expected) => expect(forced(key, url, count), name).toBe(expected));
  each("run", (name, context, experiment, value, inside, hashed) => {
    const found = new Engine(context).run(experiment, asking(context));
    expect([found.value, found.inExperiment, found.hashUsed], name).toEqual([value, inside, hashed]);
  });
  for (const section of ["feature", "contextualBandit"]) {
    each(section, (name, context, key, expected) => expect(new Engine(context).feature(key, asking(context)), name).toEqual(expected));
  }
  each("stickyBucket", (name, context, documents, key, expected, kept) => {
    const stickies: Record<string, Sticky> = {};
    for (const document of documents) stickies[`${document.attributeName}||${document.attributeValue}`] = document;
    const found = new Engine(context).feature(key, { ...asking(context), stickies });
    expect(found.experimentResult ?? null, name).toEqual(expected);
    const own = Object.values(context.attributes);
    expect(Object.fromEntries(Object.entries(stickies).filter(([, document]) => own.includes(document.attributeValue))), name).toEqual(kept);
  });
  each("urlRedirect", (name, context, expected) => {
    const found = new Engine(context).automatic(asking(context)).filter(({ redirect }) => redirect !== null);
    expect(found.map(({ result, redirect }) => ({ inExperiment: result.inExperiment, urlRedirect: (result.value as { urlRedirect: string }).urlRedirect, urlWithParams: redirect })), name).toEqual(expected);
  });
});
