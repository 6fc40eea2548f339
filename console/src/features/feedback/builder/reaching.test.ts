import { describe, expect, it } from "vitest";
import { wholeSurvey, type Branch, type WrittenQuestion } from "../../../api/surveys";
import { unreachable } from "./reaching";

const asked = (branches: Branch[], first: Partial<WrittenQuestion> = {}) =>
  [...unreachable(wholeSurvey({ name: "s", branches, questions: [{ key: "a", kind: "nps", required: true, ...first }, { key: "b", kind: "text" }, { key: "c", kind: "text" }] }))];

describe("what nobody can come to", () => {
  it("is nothing where no branch leads past anything", () => {
    expect(asked([])).toEqual([]);
    expect(asked([{ after: "a", to: "c", when: [{ question: "a", op: "at_most", value: 6 }] }])).toEqual([]);
  });
  it("is what a branch without conditions leads past", () => {
    expect(asked([{ after: "a", to: "c" }])).toEqual(["b"]);
    expect(asked([{ after: "a", to: "end" }])).toEqual(["b", "c"]);
  });
  it("is what branches for all answers together lead past", () => {
    const all: Branch[] = [
      { after: "a", to: "c", when: [{ question: "a", op: "at_most", value: 6 }] },
      { after: "a", to: "end", when: [{ question: "a", op: "at_least", value: 7 }] },
    ];
    expect(asked(all)).toEqual(["b"]);
    expect(asked(all, { required: false })).toEqual([]);
  });
  it("is not what a segment decides, nor what follows a question that may be left out", () => {
    expect(asked([{ after: "a", to: "end", when: [{ audience: "loyal" }] }])).toEqual([]);
    expect(asked([{ after: "a", to: "end" }], { show_if: [{ audience: "loyal" }] })).toEqual([]);
  });
  it("is what only an earlier branch that always fits would have left to a later one", () => {
    expect(asked([{ after: "a", to: "end" }, { after: "a", to: "c" }])).toEqual(["b", "c"]);
  });
});
