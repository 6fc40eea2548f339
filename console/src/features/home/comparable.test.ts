import { expect, test } from "vitest";
import { comparable } from "./comparable";

const days = (...simulated: number[]) => simulated.map((count, index) => ({ day: `2026-11-0${index + 1}`, events: 50, customers: 9, simulated: count }));

test("a simulation that begins within the period is no growth", () => {
  expect(comparable(days(0, 0, 40))).toBe(false);
});

test("with simulated visitors throughout, or with none, periods are compared", () => {
  expect(comparable(days(40, 30, 0))).toBe(true);
  expect(comparable(days(0, 0, 0))).toBe(true);
  expect(comparable([])).toBe(true);
});
