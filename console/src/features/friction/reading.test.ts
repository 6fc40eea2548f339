import { expect, it } from "vitest";
import type { FrictionItem } from "../../api/friction";
import { chosenOf, mostAtRisk, tellingRows } from "./reading";

const item = (change: Partial<FrictionItem>): FrictionItem => ({
  signal: "rage-click",
  name: "Rage clicks",
  where: null,
  outcome: "conversion",
  people: 1,
  events: 1,
  precision: null,
  lift: null,
  value_at_risk: null,
  bad: null,
  expected: null,
  verdict: "not shown",
  ...change,
});
const place = { key: "k1", text: "/cart", page: "/cart", item: null, event: null, channels: [], touchpoint: null };

it("scales the ledger by the largest upper bound, and never by a gain", () => {
  const worth = (low: string, amount: string, high: string) => item({ value_at_risk: { amount, low, high, currency: "EUR" } });
  expect(mostAtRisk([worth("1.00", "5.00", "9.50"), item({})])).toBe(9.5);
  expect(mostAtRisk([worth("-9.00", "-5.00", "-1.00")])).toBe(0);
});

it("tells a signal at a place from the same signal everywhere", () => {
  const [everywhere, there] = [item({}), item({ where: place })];
  expect(chosenOf([everywhere, there], "rage-click", "k1")).toBe(there);
  expect(chosenOf([there, everywhere], "rage-click", undefined)).toBe(everywhere);
  expect(chosenOf([there], "loop", "k1")).toBeUndefined();
});

it("shows at first the rows that say something, and five at least", () => {
  const early = Array.from({ length: 20 }, () => item({ verdict: "not enough data" }));
  const telling = (count: number) => [...Array.from({ length: count }, () => item({})), ...early];
  expect([0, 7, 40].map((count) => tellingRows(telling(count)))).toEqual([5, 7, 15]);
});
