import { createIntl } from "react-intl";
import { expect, it } from "vitest";
import { formatOf, spanParts } from "./format";

it.each([
  [0, "0 second"],
  [59, "59 second"],
  [93_784, "1 day 2 hour"],
  [7_400, "2 hour 3 minute"],
  [600_000, "6 day"],
])("tells %d seconds in its largest units: %s", (seconds, words) => {
  expect(
    spanParts(seconds)
      .map(({ value, unit }) => `${value} ${unit}`)
      .join(" "),
  ).toBe(words);
});

it("writes money and numbers as the reader's country does", () => {
  const swedish = formatOf(createIntl({ locale: "sv-SE" }));
  expect(swedish.money("1284620.42", "SEK").replaceAll(/\s/g, " ")).toBe("1 284 620 kr");
  expect(swedish.number(12_345).replaceAll(/\s/g, " ")).toBe("12 345");
});
