import { expect, it } from "vitest";
import { textOf, valueOf } from "./clauses";

it.each([
  ["100", "greater", 100],
  ["19.90", "is", 19.9],
  ["true", "is", true],
  ["web, app", "in", ["web", "app"]],
  ["1, 2", "in", [1, 2]],
  ["42", "contains", "42"],
  ["anything", "exists", null],
])("takes %s after '%s' to mean %j", (text, op, value) => {
  expect(valueOf(text, op)).toEqual(value);
});

it("shows a list as it is typed", () => {
  expect(textOf(["web", "app"])).toBe("web, app");
});
