import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { piped, route, type Answers, type Form } from "../src/surveys/flow";

interface Case {
  form: Form;
  answers: Answers;
  passed: string[];
  way: string[];
  next: string | null;
  left: number;
  text: string;
  says: string;
}

// Made from the Python engine (tests/vectors); both must lead the same way.
const cases = JSON.parse(readFileSync(new URL("../../tests/vectors/surveys.json", import.meta.url), "utf8")) as Case[];

it("leads through a survey as the server does", () => {
  for (const { form, answers, passed, way, next, left } of cases) {
    const found = route(form, answers, passed);
    expect([found.passed.map((one) => one.key), found.next?.key ?? null, found.left], JSON.stringify({ form, answers, passed })).toEqual([way, next, left]);
  }
});

it("puts answers into texts as the server does", () => {
  for (const { form, answers, text, says } of cases) expect(piped(text, form, answers), JSON.stringify({ form, answers })).toBe(says);
});
