import { expect, test } from "vitest";
import { beginning } from "./beginning";

const named = (campaign: string) => `For ${campaign}`;

test("an experience for a campaign is for those it brings to that page, and nobody else", () => {
  const { name, context, status } = beginning({ source: "google", medium: "cpc", campaign: "autumn", page: "/lamps" }, named);
  expect(name).toBe("For autumn");
  expect(context.campaign).toEqual({ source: ["google"], medium: ["cpc"], name: ["autumn"], term: [], content: [] });
  expect(context.pages).toEqual([{ pattern: "/lamps" }]);
  expect(status).toBe("draft");
});

test("without a campaign it is blank but for its place", () => {
  expect(beginning({ placement: "top" }, named)).toMatchObject({ name: "", placement: "top", context: { pages: [] } });
});
