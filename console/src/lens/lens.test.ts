import { describe, expect, it } from "vitest";
import { daysOf, lensOf, midnight, queryOf } from "./lens";

const NOON = Date.parse("2026-11-21T12:00:00Z");

describe("the lens in the address", () => {
  it("keeps what makes sense and drops what does not", () => {
    expect(lensOf({ period: "90d", compare: "year", channel: "web", simulated: false })).toEqual({ period: "90d", compare: "year", channel: "web", simulated: false });
    expect(lensOf({ period: "3 weeks", compare: "tomorrow", channel: "", simulated: "perhaps" })).toEqual({});
  });

  it("keeps whose events and the split, and drops what is neither", () => {
    expect(lensOf({ population: "audience:at-risk", by: "property:category" })).toEqual({ population: "audience:at-risk", by: "property:category" });
    expect(lensOf({ by: "audience:a,audience:b" })).toEqual({ by: "audience:a,audience:b" });
    expect(lensOf({ population: "everyone", by: "audience:a,persona" })).toEqual({});
  });

  it("takes an own period only with two days in order", () => {
    expect(lensOf({ period: "custom", from: "2026-01-01", to: "2026-01-31" })).toEqual({ period: "custom", from: "2026-01-01", to: "2026-01-31" });
    expect(lensOf({ period: "custom", from: "2026-02-01", to: "2026-01-31" })).toEqual({});
  });
});

describe("days of a period", () => {
  it("end with today, in the time zone of the workspace", () => {
    expect(daysOf({}, NOON, "Europe/Stockholm")).toEqual({ from: "2026-10-23", to: "2026-11-22" });
    expect(daysOf({ period: "7d" }, Date.parse("2026-11-21T23:30:00Z"), "Europe/Stockholm")).toEqual({ from: "2026-11-16", to: "2026-11-23" });
  });

  it("include the last day of an own period", () => {
    expect(daysOf({ period: "custom", from: "2026-01-01", to: "2026-01-31" }, NOON, "UTC")).toEqual({ from: "2026-01-01", to: "2026-02-01" });
  });
});

it.each([
  ["2026-11-21", "Europe/Stockholm", "2026-11-20T23:00:00.000Z"],
  ["2026-07-01", "Europe/Stockholm", "2026-06-30T22:00:00.000Z"],
  ["2026-03-30", "Europe/Stockholm", "2026-03-29T22:00:00.000Z"],
  ["2026-03-29", "Europe/Stockholm", "2026-03-28T23:00:00.000Z"],
  ["2026-11-21", "Pacific/Auckland", "2026-11-20T11:00:00.000Z"],
  ["2026-11-21", "UTC", "2026-11-21T00:00:00.000Z"],
])("begins %s in %s at %s", (day, zone, instant) => {
  expect(new Date(midnight(day, zone)).toISOString()).toBe(instant);
});

it("asks the server with comparison and simulated people unless told otherwise", () => {
  expect(queryOf({}, NOON, "UTC")).toEqual({ from: "2026-10-23T00:00:00.000Z", to: "2026-11-22T00:00:00.000Z", compare: "previous", simulated: true });
  expect(queryOf({ period: "all", channel: "web", simulated: false }, NOON, "UTC")).toMatchObject({ compare: "none", channel: "web", simulated: false });
});

it("compares a year or all time with nothing unless asked to", () => {
  expect(queryOf({}, NOON, "UTC", "365d").compare).toBe("none");
  expect(queryOf({ period: "365d", compare: "previous" }, NOON, "UTC").compare).toBe("previous");
});
