import { expect, it } from "vitest";
import type { AttributionItem } from "../../../api/attribution";
import { disagreementOf, shareOf } from "./disagreement";

const item = (touch: string, credit: Partial<AttributionItem>, kind: AttributionItem["kind"] = "touch"): AttributionItem => ({
  touch,
  name: touch,
  kind,
  touches: 10,
  customers: 5,
  removal: null,
  values: [],
  first: null,
  last: null,
  linear: null,
  time_decay: null,
  markov: null,
  shapley: null,
  ...credit,
});

it("tells a model's share of all conversions, and nothing where it was not asked", () => {
  expect(shareOf(item("ad", { last: 25 }), "last", 100)).toBe(0.25);
  expect(shareOf(item("ad", { last: 25 }), "first", 100)).toBeNull();
  expect(shareOf(item("ad", { last: 0 }), "last", 0)).toBeNull();
});

it("finds the touch about which the models differ most", () => {
  const found = disagreementOf({ conversions: 100, items: [item("mail", { first: 20, last: 40 }), item("ad", { first: 60, last: 10, markov: 30 }), item("none", { first: 0, last: 90 }, "none")] });
  expect(found).toMatchObject({ most: "first", least: "last", high: 0.6, low: 0.1 });
  expect(found?.item.touch).toBe("ad");
});

it("says nothing where they nearly agree", () => {
  expect(disagreementOf({ conversions: 100, items: [item("mail", { first: 20, last: 22 })] })).toBeNull();
});
