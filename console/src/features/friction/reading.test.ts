import { expect, it } from "vitest";
import { mostAtRisk, readingOf } from "./reading";

const precision = { value: 0.4, low: 0.3, high: 0.5, n: 80 };

it.each([
  [{ precision, lift: { value: 1.6, low: 1.2, high: 2.1 } }, "harms"],
  [{ precision, lift: { value: 1.1, low: 0.8, high: 1.5 } }, "unclear"],
  [{ precision, lift: { value: 0.7, low: 0.5, high: 0.9 } }, "helps"],
  [{ precision: null, lift: null }, "early"],
] as const)("reads %j as %s", (item, reading) => {
  expect(readingOf(item)).toBe(reading);
});

it("scales the ledger by the largest upper bound, and never by a gain", () => {
  const item = { signal: "s", name: "", where: "", people: 1, events: 1, precision: null, lift: null };
  expect(mostAtRisk([{ ...item, value_at_risk: { amount: 5, low: 1, high: 9, currency: "EUR" } }, { ...item, value_at_risk: null }])).toBe(9);
  expect(mostAtRisk([{ ...item, value_at_risk: { amount: -5, low: -9, high: -1, currency: "EUR" } }])).toBe(0);
});
