import { expect, test } from "vitest";
import { everybody, valueFrom } from "./flag";

test("off for everybody silences a rule that gives it to all, and no other", () => {
  const all = { id: "all", then: { type: "force", value: true } } as const;
  const some = { id: "some", audience: "buyers", then: { type: "force", value: true } } as const;
  const off = everybody({ name: "a", type: "boolean", default: true, rules: [all, some] }, false);
  expect(off.default).toBe(false);
  expect(off.rules?.map((rule) => rule.enabled)).toEqual([false, undefined]);
});

test("a value is read as the flag's type says", () => {
  expect(valueFrom("9", "number")).toBe(9);
  expect(valueFrom("nine", "number")).toBe("nine");
  expect(valueFrom('{"a": 1}', "json")).toEqual({ a: 1 });
});
