import { describe, expect, it } from "vitest";
import type { Rule } from "../../../api/audiences";
import { CONDITIONS, asGroup, blank, complete, finished, kindOf, periodOf, spanOf, under } from "./rules";

const bought: Rule = { did: { any: [{ type: "track", name: "Order Completed" }], at_least: 2, within: "90 days" } };

describe("a rule being written", () => {
  it.each(CONDITIONS)("begins %s with exactly that one thing", (kind) => {
    const rule = blank(kind);
    expect(Object.keys(rule)).toEqual([kind]);
    expect(kindOf(rule)).toBe(kind);
  });

  it("is complete when each part names what it is about", () => {
    expect(complete({ all: [bought, { not: bought }] })).toBe(true);
    expect(complete({ all: [bought, blank("did")] })).toBe(false);
    expect(complete({ all: [] })).toBe(false);
    expect(complete({ trait: { property: "plan", op: "exists", value: null } })).toBe(true);
  });

  it("is counted without what is still open", () => {
    expect(finished({ all: [bought, blank("trait"), { not: blank("segment") }, { any: [blank("did")] }] })).toEqual({ all: [bought] });
    expect(finished({ any: [blank("did")] })).toBeNull();
  });

  it("always has a group to add to, and leaves a group as it is", () => {
    expect(asGroup(bought)).toEqual({ all: [bought] });
    expect(asGroup({ any: [bought] })).toEqual({ any: [bought] });
  });
});

it("hands a refusal to the field it is about", () => {
  const problems = { "rule.all[2].did.any[0].name": "needs a name", "rule.all[20].did": "other" };
  expect(under(problems, "rule.all[2]")).toEqual({ "did.any[0].name": "needs a name" });
  expect(under(under(problems, "rule.all[2].did"), "any[0]")).toEqual({ name: "needs a name" });
  expect(under(problems, "rule.all[20].did")).toEqual({ "": "other" });
});

it.each([
  ["30 days", { count: 30, unit: "day" }],
  ["1 hour", { count: 1, unit: "hour" }],
  ["2 weeks", { count: 2, unit: "week" }],
  ["soon", null],
] as const)("reads the period %s", (period, span) => {
  expect(spanOf(period)).toEqual(span);
  if (span) expect(periodOf(span)).toBe(period);
});
