import { expect, it } from "vitest";
import { funnelOf } from "./question";
import { periodOf, ruleOf } from "./segment";

const viewed = { type: "track", name: "Product Viewed", where: [], channel: null };
const order = { type: "track", name: "Order Completed", where: [], channel: null };
const funnel = funnelOf({ steps: [{ any: [viewed] }, { any: [order] }], window_seconds: 604_800 });

it.each([
  [604_800, "7 days"],
  [86_400, "1 day"],
  [5400, "90 minutes"],
  [7200, "2 hours"],
  [20, "1 minute"],
])("says %i seconds as %s", (seconds, words) => {
  expect(periodOf(seconds)).toBe(words);
});

it("makes a segment of those who left, and of those who came", () => {
  expect(ruleOf(funnel, "dropped", 0, 30)).toEqual({ without: { any: [viewed], without: [order], after: "7 days", within: "30 days" } });
  expect(ruleOf(funnel, "reached", 0, 30)).toEqual({ did: { any: [viewed], at_least: 1, within: "30 days" } });
  expect(ruleOf(funnel, "reached", 1, 30)).toEqual({ ordered: { steps: [{ any: [viewed] }, { any: [order] }], apart: "7 days", within: "30 days" } });
  expect(ruleOf(funnel, "dropped", 1, 30)).toBeNull();
});
