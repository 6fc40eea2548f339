import { describe, expect, it } from "vitest";
import type { JourneyBody } from "../../../api/journeys";
import { keyFor } from "../../../design/keys";
import { draftOf, edited, emptyStage, reduceDraft } from "./draft";

const names = (body: JourneyBody) => body.stages.map((stage) => `${stage.name}: ${stage.touchpoints.map((one) => one.name).join(", ")}`);

function map(): JourneyBody {
  let body: JourneyBody = { name: "Shop", description: "", persona: "", goal: null, stages: [emptyStage("Look"), emptyStage("Buy")] };
  for (const name of ["List", "Product"]) body = edited(body, { do: "addTouchpoint", stage: "look", name });
  return edited(body, { do: "addTouchpoint", stage: "buy", name: "Order" });
}

describe("a draft of a map", () => {
  it("moves a touchpoint up and down within its stage, and stops at the edge", () => {
    const once = edited(map(), { do: "moveTouchpoint", key: "product", by: -1 });
    expect(names(once)).toEqual(["Look: Product, List", "Buy: Order"]);
    expect(edited(once, { do: "moveTouchpoint", key: "product", by: -1 })).toBe(once);
  });

  it("shifts a touchpoint to the stage beside it, and nowhere beyond the last", () => {
    const shifted = edited(map(), { do: "shiftTouchpoint", key: "list", by: 1 });
    expect(names(shifted)).toEqual(["Look: Product", "Buy: Order, List"]);
    expect(edited(shifted, { do: "shiftTouchpoint", key: "list", by: 1 })).toBe(shifted);
  });

  it("reorders stages with all that is in them", () => {
    expect(names(edited(map(), { do: "moveStage", key: "buy", by: -1 }))).toEqual(["Buy: Order", "Look: List, Product"]);
  });

  it("removes a stage or a touchpoint by its key", () => {
    expect(names(edited(map(), { do: "remove", key: "product" }))).toEqual(["Look: List", "Buy: Order"]);
    expect(names(edited(map(), { do: "remove", key: "look" }))).toEqual(["Buy: Order"]);
  });

  it("takes back and brings again, and forgets the future on a new change", () => {
    const start = draftOf(map());
    const changed = reduceDraft(start, { do: "stage", key: "buy", change: { name: "Pay" } });
    const undone = reduceDraft(changed, { do: "undo" });
    expect(undone.body).toBe(start.body);
    expect(reduceDraft(undone, { do: "redo" }).body).toEqual(changed.body);
    expect(reduceDraft(undone, { do: "addStage", name: "Use" }).future).toEqual([]);
  });

  it("does not count a change that changes nothing", () => {
    const start = draftOf(map());
    expect(reduceDraft(start, { do: "moveStage", key: "look", by: -1 })).toBe(start);
  });

  it("starts a touchpoint from a real step with the rule that finds it", () => {
    const body = edited(map(), { do: "addTouchpoint", stage: "buy", name: "Coupon Applied", clause: { type: "track", name: "Coupon Applied" } });
    expect(body.stages[1]?.touchpoints.at(-1)).toMatchObject({ key: "coupon-applied", rule: { any: [{ type: "track", name: "Coupon Applied" }] } });
  });
});

it.each([
  ["Ändra köp!", [], "andra-kop"],
  ["Order", ["order"], "order-2"],
  ["Order", ["order", "order-2"], "order-3"],
  ["你好", [], "item"],
])("makes of the name %s beside %j the key %s", (name, taken, key) => {
  expect(keyFor(name, taken)).toBe(key);
});
