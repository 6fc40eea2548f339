import { expect, it } from "vitest";
import type { LiveEvent } from "../../api/live";
import { withNews } from "./useLive";

const event = (row: number) => ({ row }) as LiveEvent;

it("shows each event once, newest first, when stream and first answer overlap", () => {
  expect(withNews([3, 2, 1].map(event), [4, 3].map(event)).map(({ row }) => row)).toEqual([4, 3, 2, 1]);
});

it("keeps the same list when nothing is new", () => {
  const known = [event(1)];
  expect(withNews(known, [event(1)])).toBe(known);
});
