import { expect, test } from "vitest";
import { done, runs, stepOf } from "./steps";

test("a step that the address doesn't know is the first one", () => {
  expect(stepOf("plan")).toBe("plan");
  expect(stepOf("nowhere")).toBe("hypothesis");
});

test("a plan is complete with a size, or where it needs none", () => {
  expect(done("plan", { name: "a", plan: { method: "group_sequential" } })).toBe(false);
  expect(done("plan", { name: "a", plan: { method: "group_sequential", size: 400 } })).toBe(true);
  expect(done("plan", { name: "a", plan: { method: "always_valid" } })).toBe(true);
});

test("metrics are complete once one decides", () => {
  expect(done("metrics", { name: "a", metrics: { secondary: ["orders"] } })).toBe(false);
  expect(done("metrics", { name: "a", metrics: { primary: ["orders"] } })).toBe(true);
});

test("half of three factors with two levels are four variations", () => {
  expect(runs([2, 2, 2], "full")).toBe(8);
  expect(runs([2, 2, 2], "half")).toBe(4);
});
