import { expect, it } from "vitest";
import type { JourneyBody, JourneyNumbers, StageNumbers } from "../../api/journeys";
import { emptyStage } from "./edit/draft";
import { findingsOf } from "./findings";

const body: JourneyBody = { name: "", description: "", persona: "", goal: null, stages: ["Look", "Choose", "Buy"].map(emptyStage) };

function numbers(stages: [number, number, number, number, number][]): JourneyNumbers {
  return {
    period: { from: "", to: "" },
    compare: { from: "", to: "" },
    as_of: "",
    real_events: 0,
    simulated_events: 0,
    moves: [],
    customers: 0,
    unmapped: [],
    took_ms: 0,
    stages: stages.map(([customers, next, forward, customersBefore, nextBefore], index): StageNumbers => ({
      key: body.stages[index]?.key ?? "",
      customers,
      events: customers,
      next,
      forward,
      drop_off: customers - forward,
      median_seconds: null,
      channels: [],
      touchpoints: [],
      previous: { customers: customersBefore, events: 0, next: nextBefore, forward: nextBefore, median_seconds: null },
    })),
  };
}

it("tells the clearest change of a step and where most are lost", () => {
  const found = findingsOf(body, numbers([[10_000, 5_000, 5_000, 10_000, 5_100], [5_000, 1_500, 1_500, 5_100, 2_000], [1_500, 0, 0, 2_000, 0]]));
  expect(found.map((one) => [one.kind, one.stage])).toEqual([["change", "choose"], ["loss", "look"]]);
});

it("keeps silent about a change that may be chance", () => {
  const found = findingsOf(body, numbers([[100, 50, 50, 100, 52], [52, 20, 20, 55, 22], [20, 0, 0, 22, 0]]));
  expect(found.map((one) => one.kind)).toEqual(["loss"]);
});

it("says nothing about a handful of people", () => {
  expect(findingsOf(body, numbers([[12, 2, 2, 12, 8], [2, 0, 0, 8, 0], [0, 0, 0, 0, 0]]))).toEqual([]);
});
