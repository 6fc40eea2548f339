import { expect, it } from "vitest";
import { indented, outdented } from "./lines";

it("indents at the caret by two spaces", () => {
  expect(indented("ab", 1, 1)).toEqual({ text: "a  b", from: 3, to: 3 });
});

it("indents every line of a selection, and takes it back", () => {
  const more = indented("a\nb\nc", 0, 3);
  expect(more.text).toBe("  a\n  b\nc");
  expect(outdented(more.text, more.from, more.to).text).toBe("a\nb\nc");
});

it("takes no more than there is", () => {
  expect(outdented(" a\nb", 0, 4).text).toBe("a\nb");
});
