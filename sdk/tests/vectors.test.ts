import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { holds, type Attributes, type Groups } from "../src/flags/conditions";
import { Engine, type Payload, type Sticky } from "../src/flags/engine";
import { bucket, choose, rangesOf } from "../src/flags/hashing";
import { targeted, type Pattern } from "../src/flags/urls";

// Made from the Python engine (tests/vectors); both must compute the same.
function vectors<Vectors>(name: string): Vectors {
  return JSON.parse(readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), "utf8")) as Vectors;
}

it("hashes as the server does", () => {
  for (const { seed, value, version, bucket: expected } of vectors<{ seed: string; value: string; version: number; bucket: number }[]>("hashing")) {
    expect(bucket(seed, value, version), `${seed} ${value}`).toBe(expected);
  }
});

it("divides as the server does", () => {
  for (const { count, coverage, weights, ranges, place, chosen } of vectors<{ count: number; coverage: number; weights: number[] | null; ranges: number[][]; place: number; chosen: number }[]>("ranges")) {
    const found = rangesOf(count, coverage, weights);
    expect(found).toEqual(ranges);
    expect(choose(place, found)).toBe(chosen);
  }
});

it("reads conditions as the server does", () => {
  const { groups, cases } = vectors<{ groups: Groups; cases: { condition: unknown; attributes: Attributes; holds: boolean }[] }>("conditions");
  for (const { condition, attributes, holds: expected } of cases) expect(holds(condition, attributes, groups), JSON.stringify(condition)).toBe(expected);
});

it("reads addresses as the server does", () => {
  for (const { url, pattern, meets } of vectors<{ url: string; pattern: Pattern; meets: boolean }[]>("urls")) {
    expect(targeted(url, [pattern]), `${url} ${JSON.stringify(pattern)}`).toBe(meets);
  }
});

interface Flagged {
  flag: string;
  attributes: Attributes;
  sticky: boolean;
  value: unknown;
  on: boolean;
  source: string;
  rule: string;
  result: { variation: number; key: string; hashAttribute: string; hashValue: unknown; bucket: number } | null;
  kept: Record<string, Sticky> | null;
}

it("evaluates flags as the server does, with and without kept assignments", () => {
  const { payload, cases } = vectors<{ payload: Payload; cases: Flagged[] }>("features");
  const engine = new Engine(payload);
  for (const { flag, attributes, sticky, value, on, source, rule, result, kept } of cases) {
    const stickies: Record<string, Sticky> | undefined = sticky ? {} : undefined;
    const found = engine.feature(flag, { attributes, stickies });
    const { variationId: variation, key, hashAttribute, hashValue, bucket: place } = found.experimentResult ?? {};
    expect([found.value, found.on, found.source, found.ruleId], flag).toEqual([value, on, source, rule]);
    expect(found.experimentResult ? { variation, key, hashAttribute, hashValue, bucket: place } : null, flag).toEqual(result);
    expect(stickies ?? null, flag).toEqual(kept);
  }
});
