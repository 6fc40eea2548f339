import { expect, it } from "vitest";
import { changeOf, changeOfShare } from "./change";

it("tells a change with its interval around it", () => {
  const change = changeOf(1100, 1000);
  expect(change.share).toBeCloseTo(0.1);
  expect(change.low).toBeLessThan(0.1);
  expect(change.high).toBeGreaterThan(0.1);
  expect(change.clear).toBe(true);
});

it("leaves a small difference of small counts unclear", () => {
  expect(changeOf(11, 10).clear).toBe(false);
});

it("has no share where there was nothing before", () => {
  expect(changeOf(5, 0).share).toBeNull();
});

it("compares shares, not counts: half as many of half as many is no change", () => {
  expect(changeOfShare(500, 1000, 1000, 2000).share).toBeCloseTo(0);
});
