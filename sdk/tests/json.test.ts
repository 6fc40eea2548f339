import { describe, expect, it } from "vitest";
import { json } from "../src/core/json";

describe("json", () => {
  it.each<[unknown]>([[null], [1.5], [-0.1e-7], [true], ["é\n\"\\\u2028\u0000 😀"], [[1, [2, null]]], [{ a: { b: ["c"] }, "odd \"name\"": 1 }]])("%j reads back as it was", (value) => {
    expect(JSON.parse(json(value))).toEqual(value);
  });

  it("writes what has no JSON as null in lists and leaves it out of objects", () => {
    expect(json([undefined, () => 1, Symbol("s"), NaN, Infinity])).toBe("[null,null,null,null,null]");
    expect(json({ a: undefined, b: () => 1, c: Symbol("s"), d: 1n })).toBe('{"d":"1"}');
  });

  it("ends at circles and writes moments as ISO 8601", () => {
    const round: Record<string, unknown> = { when: new Date(0), never: new Date(NaN) };
    round.round = round;
    expect(json(round)).toBe('{"when":"1970-01-01T00:00:00.000Z","never":null,"round":null}');
  });
});
