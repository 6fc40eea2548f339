import { expect, test } from "vitest";
import type { LayerPart } from "../../../api/experiments";
import { piecesOf, widest } from "./layer";

const part = (experiment: string, from: number, to: number, status: LayerPart["status"] = "running"): LayerPart => ({ experiment, name: experiment.toUpperCase(), status, from, to });

test("a layer is shown from end to end, with what would meet", () => {
  const own = { key: "c", name: "C", from: 0.2, to: 0.6 };
  const found = piecesOf([part("a", 0, 0.3), part("b", 0.6, 0.8), part("old", 0.3, 0.6, "stopped")], own);
  expect(found.map((one) => [one.from, one.to, one.kind, one.name])).toEqual([
    [0, 0.2, "taken", "A"],
    [0.2, 0.3, "clash", "A"],
    [0.3, 0.6, "own", "C"],
    [0.6, 0.8, "taken", "B"],
    [0.8, 1, "free", ""],
  ]);
});

test("the widest free part is proposed", () => {
  expect(widest([part("a", 0, 0.3), part("b", 0.5, 0.6)], "c")).toEqual({ from: 0.6, to: 1 });
  expect(widest([], "c")).toEqual({ from: 0, to: 1 });
  expect(widest([part("a", 0, 1)], "c")).toBeNull();
});
