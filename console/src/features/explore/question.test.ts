import { expect, it } from "vitest";
import { usualInterval } from "../../questions/intervals";
import { askable, askedFunnel, askedPaths, askedRetention, funnelOf, matchOf, moved, pathsOf, retentionOf, trendsOf } from "./question";

const order = { type: "track", name: "Order Completed" };
const viewed = { type: "track", name: "Product Viewed" };
const named = () => "step";

it("opens an address that makes no sense with two steps still to choose", () => {
  for (const value of [undefined, null, 7, "x", [], { steps: "no" }, { steps: [], window_seconds: "long", order: 4 }]) {
    expect(funnelOf(value)).toEqual({ steps: [{ label: "", any: [] }, { label: "", any: [] }], window_seconds: 604_800, order: "ordered", exclude: [] });
  }
});

it("reads what it wrote", () => {
  const drawn = funnelOf({ steps: [{ label: "", any: [viewed] }, { label: "Paid", any: [order] }], window_seconds: 3600, order: "any", exclude: [{ any: [order], after: 0, before: 1 }] });
  expect(funnelOf(JSON.parse(JSON.stringify(drawn)))).toEqual(drawn);
});

it("asks without the conditions that are still being written", () => {
  const match = matchOf({ ...order, where: [{ property: "revenue", op: "greater", value: 10 }, { property: "", op: "is", value: "x" }, { property: "city", op: "is", value: "" }, { property: "city", op: "exists" }] });
  expect(askable(match)?.where?.map((one) => one.op)).toEqual(["greater", "exists"]);
  expect(askable(matchOf({ type: "track" }))).toBeNull();
});

it("asks a funnel from two whole steps on", () => {
  expect(askedFunnel(funnelOf({ steps: [{ any: [viewed] }, { any: [] }] }), named)).toBeNull();
  const asked = askedFunnel(funnelOf({ steps: [{ any: [viewed] }, { any: [] }, { label: "Paid", any: [order] }] }), named);
  expect(asked?.steps.map((step) => step.label)).toEqual(["step", "Paid"]);
});

it("moves a step and stays within the ends", () => {
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b"], 1, 2)).toEqual(["a", "b"]);
});

it("takes coming back for doing the same again where nothing else is said", () => {
  expect(askedRetention(retentionOf({ start: { any: [order] } }))?.back).toEqual({ any: [order] });
  expect(askedRetention(retentionOf({}))).toBeNull();
});

it("needs both ends for the paths between them", () => {
  expect(askedPaths(pathsOf({}))?.anchor).toBeNull();
  expect(askedPaths(pathsOf({ direction: "to" }))).toBeNull();
  expect(askedPaths(pathsOf({ direction: "between", anchor: { match: viewed } }))).toBeNull();
  expect(askedPaths(pathsOf({ direction: "between", anchor: { match: viewed }, to: { match: order } }))?.to).toEqual({ match: order });
});

it("draws about as many points as one can follow", () => {
  expect([7, 30, 90, 365].map(usualInterval)).toEqual(["day", "day", "week", "month"]);
  expect(trendsOf({ interval: "hour" }, 90).interval).toBe("week");
});
