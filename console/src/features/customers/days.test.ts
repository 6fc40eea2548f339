import { expect, it } from "vitest";
import { byDay } from "./days";

it("groups events by the workspace's days, not by UTC's", () => {
  const events = ["2026-11-21T22:59:00Z", "2026-11-20T23:01:00Z", "2026-11-20T22:59:00Z"].map((time) => ({ time }));
  expect(byDay(events, "Europe/Stockholm").map(({ day, events: some }) => [day, some.length])).toEqual([
    ["2026-11-21", 2],
    ["2026-11-20", 1],
  ]);
});
