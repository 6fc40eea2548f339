import type { Branch, Condition, Question, SurveyBody } from "../../../api/surveys";
import { has, spanOf } from "./draft";

/** Whether a condition holds for one answer of one question; null where that depends on something else. */
function holds(condition: Condition, asked: string, answer: number | string | null): boolean | null {
  if (condition.audience || condition.question !== asked) return null;
  const { op = "answered", value } = condition;
  if (op === "answered") return answer !== null;
  if (op === "skipped") return answer === null;
  if (op === "at_least" || op === "at_most") return typeof answer === "number" && (op === "at_least" ? answer >= Number(value) : answer <= Number(value));
  const found = answer !== null && (Array.isArray(value) ? value : [value]).includes(answer);
  return op === "is_not" ? !found : found;
}

/** All the answers that one question can have, as far as they can be told apart: null is none; undefined, that they are countless. */
function answersTo(question: Question): (number | string | null)[] | undefined {
  const none = question.required ? [] : [null];
  if (has(question.kind).number) {
    const [low, high] = spanOf(question);
    return [...none, ...Array.from({ length: high - low + 1 }, (_, at) => low + at)];
  }
  return question.kind === "single" ? [...none, ...question.options.map((one) => one.key)] : undefined;
}

/** Where a question may lead by its branches, and whether one may also go on to what stands next. */
function leads(question: Question, branches: Branch[]): { to: Set<string>; on: boolean } {
  const mine = branches.filter((one) => one.after === question.key);
  const to = new Set<string>();
  let on = false;
  const answers = answersTo(question);
  for (const answer of answers ?? [undefined]) {
    let surely = false;
    for (const branch of mine) {
      const each = (branch.when ?? []).map((one) => (answer === undefined ? null : holds(one, question.key, answer)));
      if (each.includes(false)) continue;
      to.add(branch.to);
      surely = !each.includes(null);
      if (surely) break;
    }
    on ||= !surely;
  }
  return { to, on };
}

/** The keys of questions that nobody can come to, whatever they answer: every way leads past them. */
export function unreachable({ questions, branches, order }: SurveyBody): Set<string> {
  const met = new Set<string>(order === "random" ? questions.map((one) => one.key) : questions.slice(0, 1).map((one) => one.key));
  for (const [at, question] of questions.entries()) {
    if (!met.has(question.key)) continue;
    const next = questions[at + 1]?.key;
    const { to, on } = leads(question, branches);
    for (const key of to) met.add(key);
    if (next && (on || question.show_if.length > 0)) met.add(next);
  }
  return new Set(questions.map((one) => one.key).filter((key) => !met.has(key)));
}
