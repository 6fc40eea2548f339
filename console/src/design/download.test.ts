import { expect, it } from "vitest";
import { csvField, csvOf } from "./download";

it.each([
  ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
  ["+1-2", "'+1-2"],
  ["-cmd", "'-cmd"],
  ["@SUM(1)", "'@SUM(1)"],
  ["\t=1", "'\t=1"],
  ["-12.5", "-12.5"],
  ['say "hi"', '"say ""hi"""'],
  ["a,b", '"a,b"'],
  [-3, "-3"],
  [null, ""],
  [{ a: 1 }, '"{""a"":1}"'],
])("writes %j as %s", (value, text) => {
  expect(csvField(value)).toBe(text);
});

it("guards the headings as well as the cells", () => {
  expect(csvOf(["=a"], [[1]])).toBe("'=a\r\n1\r\n");
});
