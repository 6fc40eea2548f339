/** Which question comes next, and what stands in its text: the same answers lead the same way here and on the server (tests/vectors/surveys.json). */

export interface Condition {
  question: string;
  op?: "is" | "is_not" | "in" | "at_least" | "at_most" | "answered" | "skipped";
  value?: unknown;
}

export interface Option {
  key: string;
  text: string;
  alone?: boolean;
  write_in?: boolean;
}

export interface Question {
  key: string;
  kind: string;
  text: string;
  help?: string;
  required?: boolean;
  options?: Option[];
  rows?: Option[];
  low?: string;
  high?: string;
  lowest?: number;
  highest?: number;
  least?: number;
  most?: number;
  fields?: string[];
  earliest?: string;
  latest?: string;
  max_length?: number;
  show_if?: Condition[];
}

export interface Form {
  questions: Question[];
  branches?: { after: string; to: string; when?: Condition[] }[];
}

export type Answers = Record<string, unknown>;

/** The questions that were passed and count, the one to ask now (null: that was all), and how many may follow, that one included. */
export interface Route {
  passed: Question[];
  next: Question | null;
  left: number;
}

/** What an answer consists of: the picks of several, the columns of a matrix, itself. */
function each(answer: unknown): unknown[] {
  return Array.isArray(answer) ? answer : answer && typeof answer === "object" ? Object.values(answer) : [answer ?? null];
}

function holds({ question, op, value }: Condition, answers: Answers): boolean {
  const answer = answers[question] ?? null;
  if (op === "skipped") return answer === null;
  if (!op || op === "answered") return answer !== null;
  if (op === "at_least" || op === "at_most") return typeof answer === "number" && typeof value === "number" && (op === "at_least" ? answer >= value : answer <= value);
  const wanted = Array.isArray(value) ? value : [value];
  return each(answer).some((one) => wanted.indexOf(one) >= 0) === (op !== "is_not");
}

function all(conditions: Condition[] | undefined, answers: Answers): boolean {
  return (conditions || []).every((one) => holds(one, answers));
}

/** The way as far as it is known; `passed` are the keys of questions answered or skipped. */
export function route({ questions, branches = [] }: Form, answers: Answers, passed: string[]): Route {
  const met: Question[] = [];
  const known: Answers = {};
  for (let place = 0; place < questions.length; ) {
    const question = questions[place]!;
    if (all(question.show_if, known)) {
      if (passed.indexOf(question.key) < 0) return { passed: met, next: question, left: questions.length - place };
      met.push(question);
      if (question.key in answers) known[question.key] = answers[question.key];
      const branch = branches.find((one) => one.after === question.key && all(one.when, known));
      if (branch) {
        if (branch.to === "end") break;
        place = questions.findIndex((one) => one.key === branch.to);
        continue;
      }
    }
    place++;
  }
  return { passed: met, next: null, left: 0 };
}

/** `{answer.reason|this}` in a text: what was answered, in the words of its options; the fall-back else. */
export function piped(text: string, form: Form, answers: Answers): string {
  return text.replace(/\{answer\.([^{}|]{1,100})(?:\|([^{}]{0,200}))?\}/g, (_, key: string, otherwise = "") => said(form, key, answers) || (otherwise as string));
}

function said(form: Form, key: string, answers: Answers): string {
  const question = form.questions.find((one) => one.key === key);
  const named = (one: unknown): string => ((question && question.options) || []).find((option) => option.key === one)?.text ?? `${one ?? ""}`;
  return each(answers[key]).map(named).filter(Boolean).join(", ").slice(0, 200);
}
