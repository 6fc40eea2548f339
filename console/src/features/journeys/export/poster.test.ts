import { describe, expect, it } from "vitest";
import type { JourneyBody, JourneyNumbers } from "../../../api/journeys";
import { emptyStage } from "../edit/draft";
import { escaped, posterOf, wrapped, type PosterWords } from "./poster";

const WORDS: PosterWords = {
  lead: "For everyone",
  foot: "1 to 30 November",
  number: String,
  goOn: (share) => `${Math.round(share * 100)} % go on`,
  leave: (share) => `${Math.round(share * 100)} % leave`,
  median: (seconds) => `${seconds} s`,
  byHand: "by hand",
  moment: "matters",
};
const BODY: JourneyBody = { name: "Shop <b>& more", description: "", persona: "", goal: null, stages: [emptyStage("Look"), emptyStage("Buy")] };
const counted = { customers: 200, events: 300, forward: 60, drop_off: 140, median_seconds: 90, channels: [], previous: null, touchpoints: [] };
const NUMBERS = {
  period: { from: "", to: "" },
  compare: null,
  as_of: "",
  real_events: 0,
  simulated_events: 0,
  stages: [
    { key: "look", next: 50, ...counted },
    { key: "buy", next: 0, ...counted, customers: 60, drop_off: 0 },
  ],
  moves: [],
  customers: 200,
  unmapped: [],
  took_ms: 1,
} satisfies JourneyNumbers;

describe("a poster", () => {
  it("is one well-formed drawing in which texts can't be markup", () => {
    const { svg } = posterOf(BODY, NUMBERS, WORDS);
    expect(svg).toContain("Shop &lt;b&gt;&amp; more");
    expect(svg).not.toContain("<b>");
    expect(svg.match(/<svg/g)).toHaveLength(1);
  });

  it("says each stage's numbers and ways out, but none after the last", () => {
    const { svg } = posterOf(BODY, NUMBERS, WORDS);
    for (const words of ["Look", "200", "25 % go on", "70 % leave", "90 s", "Buy", "60"]) expect(svg).toContain(`>${words === "25 % go on" ? "→ " : words === "70 % leave" ? "↓ " : ""}${words}<`);
    expect(svg.match(/% go on/g)).toHaveLength(1);
  });

  it("grows with its stages", () => {
    const more = { ...BODY, stages: [...BODY.stages, { ...emptyStage("Use"), key: "use" }] };
    expect(posterOf(more, NUMBERS, WORDS).width).toBeGreaterThan(posterOf(BODY, NUMBERS, WORDS).width);
  });
});

it.each([
  ["one two three four", 9, 3, ["one two", "three", "four"]],
  ["one two three four five", 9, 2, ["one two", "three fo…"]],
  ["", 9, 2, []],
])("breaks %j at %i letters into at most %i lines", (text, letters, most, lines) => {
  expect(wrapped(text, letters, most)).toEqual(lines);
});

it("escapes what would end an attribute or begin a tag", () => {
  expect(escaped(`<a href="x">&`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;");
});
