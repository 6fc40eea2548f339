import { expect, test } from "vitest";
import { conditionOf, namesSegment, pathIn, pathOf, rowsOf, scalarOf, SEGMENT, TESTS, takesNothing, takesNumber, type Group, type Row, type Rows } from "./conditions";

const row = (attribute: string, test: Row["test"], values: Row["values"]): Row => ({ attribute, test, values });

test("every test goes through a condition and back, alone, with all and with any", () => {
  const rows = TESTS.map((one, index) => row(`a${index}`, one, takesNothing(one) ? [] : takesNumber(one) ? [18] : ["A.b (c)*"]));
  for (const one of rows) expect(rowsOf(conditionOf({ join: "all", rows: [one] }))).toEqual({ join: "all", rows: [one] });
  for (const join of ["all", "any"] as const) expect(rowsOf(conditionOf({ join, rows }))).toEqual({ join, rows });
});

test("all of different attributes are one object, of the same attribute a list, any is always a list", () => {
  const [se, old] = [row("country", "is", ["SE", "NO"]), row("age", "atLeast", [18])];
  expect(conditionOf({ join: "all", rows: [se, old] })).toEqual({ country: { $in: ["SE", "NO"] }, age: { $gte: 18 } });
  const between: Rows = { join: "all", rows: [old, row("age", "atMost", [30])] };
  expect(conditionOf(between)).toEqual({ $and: [{ age: { $gte: 18 } }, { age: { $lte: 30 } }] });
  expect(rowsOf({ age: { $gte: 18, $lte: 30 } })).toEqual(between);
  expect(conditionOf({ join: "any", rows: [se, old] })).toEqual({ $or: [{ country: { $in: ["SE", "NO"] } }, { age: { $gte: 18 } }] });
  expect(conditionOf({ join: "any", rows: [] })).toBeNull();
});

test("segments stand among the rows, alone, with all and with any, and come back", () => {
  const [se, buyers, staff] = [row("country", "is", ["SE"]), row(SEGMENT, "inside", ["buyers"]), row(SEGMENT, "outside", ["staff"])];
  expect(conditionOf({ join: "all", rows: [se, buyers, staff] })).toEqual({ country: "SE", $audience: "buyers", $not: { $audience: "staff" } });
  expect(conditionOf({ join: "any", rows: [se, staff] })).toEqual({ $or: [{ country: "SE" }, { $not: { $audience: "staff" } }] });
  expect(conditionOf({ join: "all", rows: [buyers, row(SEGMENT, "inside", ["loyal"])] })).toEqual({ $and: [{ $audience: "buyers" }, { $audience: "loyal" }] });
  for (const join of ["all", "any"] as const)
    for (const rows of [[se, buyers], [se, buyers, staff], [buyers, staff, row(SEGMENT, "outside", ["new"])]]) expect(rowsOf(conditionOf({ join, rows }))).toEqual({ join, rows });
  expect(rowsOf(conditionOf({ join: "all", rows: [staff] }))).toEqual({ join: "all", rows: [staff] });
  expect(pathOf({ join: "all", rows: [se, buyers, staff] }, 2)).toBe("$not");
  expect(namesSegment(conditionOf({ join: "any", rows: [se, staff] }))).toBe(true);
  expect(namesSegment({ country: "$audience" })).toBe(false);
});

test("groups stand among the rows, also turned round, and come back", () => {
  const [se, old, staff] = [row("country", "is", ["SE"]), row("age", "atLeast", [18]), row(SEGMENT, "outside", ["staff"])];
  const any: Group = { join: "any", not: false, rows: [old, staff] };
  const none: Group = { join: "any", not: true, rows: [se, old] };
  expect(conditionOf({ join: "all", rows: [se, any] })).toEqual({ $and: [{ country: "SE" }, { $or: [{ age: { $gte: 18 } }, { $not: { $audience: "staff" } }] }] });
  expect(conditionOf({ join: "any", rows: [none] })).toEqual({ $or: [{ $not: { $or: [{ country: "SE" }, { age: { $gte: 18 } }] } }] });
  for (const join of ["all", "any"] as const)
    for (const not of [true, false])
      for (const within of ["all", "any"] as const) {
        const rows = [se, { join: within, not, rows: [old, staff, se] }];
        expect(rowsOf(conditionOf({ join, rows }))).toEqual({ join, rows });
      }
  expect(rowsOf({ $or: [{ a: 1, b: 2 }, { c: 3 }] })).toEqual({ join: "any", rows: [{ join: "all", not: false, rows: [row("a", "is", [1]), row("b", "is", [2])] }, row("c", "is", [3])] });
  expect(`${pathOf({ join: "all", rows: [se, none] }, 1)}.${pathIn(none, 0)}`).toBe("$and[1].$not.$or[0]");
});

test("what rows can't say is not taken apart", () => {
  for (const condition of [{ $not: { a: 1 } }, { $not: { $audience: "a", b: 1 } }, { $nor: [{ $audience: "a" }] }, { a: { $elemMatch: { $eq: 1 } } }, { $and: [{ $or: [{ $and: [{ a: 1 }] }] }] }, { $or: [{ $not: { a: 1, $or: [] } }] }, { a: { $regexi: "a|b" } }, { $or: [{ a: 1 }], b: 2 }]) expect(rowsOf(condition)).toBeNull();
});

test("a refusal finds its row", () => {
  const rows = [row("path", "contains", ["a"]), row("path", "contains", ["b"])];
  expect(pathOf({ join: "any", rows }, 1)).toBe("$or[1]");
  expect(pathOf({ join: "all", rows }, 0)).toBe("$and[0]");
  expect(pathOf({ join: "all", rows: [row("country", "is", [])] }, 0)).toBe("country");
});

test("yes, no and numbers are typed as what clients send", () => {
  expect(scalarOf("true", [])).toBe(true);
  expect(scalarOf("9", [])).toBe("9");
  expect(scalarOf("9", [1])).toBe(9);
});
