import { expect, it } from "vitest";
import type { StageNumbers } from "../../api/journeys";
import { drawingOf } from "./flow";

const stage = (key: string, customers: number, next: number, forward: number): StageNumbers => ({
  key,
  customers,
  events: customers,
  next,
  forward,
  drop_off: customers - forward,
  median_seconds: null,
  channels: [],
  previous: null,
  touchpoints: [],
});

it("draws one customer equally high in every stage", () => {
  const [a, b] = drawingOf([stage("a", 1000, 400, 500), stage("b", 500, 0, 0)]).nodes;
  expect((a?.height ?? 0) / 1000).toBeCloseTo((b?.height ?? 0) / 500);
});

it("divides a stage's bar wholly into those who skip, go on and leave", () => {
  const [a] = drawingOf([stage("a", 1000, 400, 500), stage("b", 500, 0, 0)]).nodes;
  expect([a?.skip, a?.next, a?.drop].map((part) => Math.round((1000 * (part ?? 0)) / (a?.height ?? 1)))).toEqual([100, 400, 500]);
});

it("draws no way out of the last stage and nothing for an empty one", () => {
  const nodes = drawingOf([stage("a", 0, 0, 0), stage("b", 10, 0, 0)]).nodes;
  expect(nodes[0]?.height).toBe(0);
  expect([nodes[1]?.next, nodes[1]?.drop, nodes[1]?.skip]).toEqual([0, 0, 0]);
});
