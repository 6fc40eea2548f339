import { wholeQuestion, type Choice, type Condition, type Kind, type Op, type Question, type SurveyBody, type Texts } from "../../../api/surveys";

/** What a kind of question has beside its text. */
export function has(kind: Kind): { options: boolean; rows: boolean; ends: boolean; number: boolean } {
  return {
    options: kind === "single" || kind === "multiple" || kind === "ranking" || kind === "matrix",
    rows: kind === "matrix",
    ends: kind === "nps" || kind === "csat" || kind === "ces" || kind === "scale" || kind === "rating",
    number: kind === "nps" || kind === "csat" || kind === "ces" || kind === "scale" || kind === "rating",
  };
}

/** A key that none of `taken` has: `choice-1`, `choice-2`. */
export function keyAmong(stem: string, taken: string[]): string {
  for (let count = 1; ; count += 1) if (!taken.includes(`${stem}-${count}`)) return `${stem}-${count}`;
}

export function move<Item>(items: Item[], from: number, to: number): Item[] {
  const rest = items.filter((_, at) => at !== from);
  const item = items[from];
  return item === undefined ? items : [...rest.slice(0, to), item, ...rest.slice(to)];
}

const two = (stem: string): Choice[] => [1, 2].map((number) => ({ key: `${stem}-${number}`, text: {} }));

/** The question with what its new kind needs; what both kinds have is kept. */
export function withKind(question: Question, kind: Kind): Question {
  const shape = has(kind);
  return {
    ...question,
    kind,
    options: shape.options ? (question.options.length > 0 ? question.options : two("choice")) : [],
    rows: shape.rows ? (question.rows.length > 0 ? question.rows : two("row")) : [],
    low: shape.ends ? question.low : {},
    high: shape.ends ? question.high : {},
    randomise: shape.options && question.randomise,
  };
}

export const newQuestion = (kind: Kind, taken: string[]): Question =>
  withKind(wholeQuestion({ key: taken.includes(kind) ? keyAmong(kind, taken) : kind, kind, required: kind === "nps" || kind === "csat" || kind === "ces" }), kind);

/** What a text says in the survey's first language, else in any. */
export const said = (texts: Texts | undefined, languages: string[]): string => languages.map((language) => texts?.[language]?.trim() ?? "").find(Boolean) ?? "";

/** The numbers that answer a question. */
export const spanOf = (question: Question): [number, number] =>
  ({ nps: [0, 10], csat: [1, 5], ces: [1, 7], rating: [1, question.highest] } as Record<string, [number, number]>)[question.kind] ?? [question.lowest, question.highest];

/** What can be asked of an answer to a kind of question. */
export function opsFor(kind: Kind): Op[] {
  if (has(kind).number) return ["at_most", "at_least", "is", "answered", "skipped"];
  if (kind === "single" || kind === "multiple") return ["is", "is_not", "in", "answered", "skipped"];
  return ["answered", "skipped"];
}

/** A condition on a question, as it is begun: on a score, those who are unhappy. */
export function conditionOn(question: Question, op: Op = opsFor(question.kind)[0] ?? "answered"): Condition {
  const first = question.options[0]?.key ?? "";
  const [low, high] = spanOf(question);
  const number = question.kind === "nps" ? (op === "at_least" ? 9 : 6) : op === "at_least" ? high : Math.max(low, Math.floor((low + high) / 2) - 1);
  if (op === "answered" || op === "skipped") return { question: question.key, op };
  return { question: question.key, op, value: has(question.kind).number ? number : op === "in" ? [first] : first };
}

/** The survey without a question, and without the conditions and branches that spoke of it. */
export function without({ questions, branches }: SurveyBody, key: string): Pick<SurveyBody, "questions" | "branches"> {
  const others = (conditions: Condition[]) => conditions.filter((one) => one.question !== key);
  return {
    questions: questions.filter((one) => one.key !== key).map((one) => ({ ...one, show_if: others(one.show_if) })),
    branches: branches.filter((one) => one.after !== key && one.to !== key && !one.when?.some((condition) => condition.question === key)),
  };
}

export const copied = (question: Question, taken: string[]): Question => ({ ...structuredClone(question), key: keyAmong(question.kind, taken) });

export interface Lacking {
  /** `intro`, `thanks`, or a question's key. */
  where: string;
  number: number | null;
  language: string;
  part: "questions" | "look";
}

const lacks = (texts: Texts | undefined, languages: string[]): string[] => (said(texts, languages) ? languages.filter((language) => !texts?.[language]?.trim()) : []);

/** Where a language of the survey has no text that another has. */
export function missingTexts(body: SurveyBody): Lacking[] {
  const { languages } = body;
  const around = (["intro", "thanks"] as const).flatMap((where) => lacks(body[where], languages).map((language) => ({ where, number: null, language, part: "look" as const })));
  const asked = body.questions.flatMap((one, at) => {
    const texts = [one.text, one.help, one.low, one.high, ...one.options.map((each) => each.text), ...one.rows.map((each) => each.text)];
    return languages.filter((language) => texts.some((each) => lacks(each, languages).includes(language))).map((language) => ({ where: one.key, number: at + 1, language, part: "questions" as const }));
  });
  return [...asked, ...around];
}

/** As it is sent: without texts and addresses that say nothing, texts in a language the survey doesn't speak, and without branches from or to questions that are gone. */
export function tidy(body: SurveyBody): SurveyBody {
  const kept = (texts: Texts): Texts => Object.fromEntries(Object.entries(texts).filter(([language, text]) => body.languages.includes(language) && text.trim() !== ""));
  const choices = (items: Choice[]) => items.map((one) => ({ ...one, text: kept(one.text) }));
  const keys = body.questions.map((one) => one.key);
  return {
    ...body,
    name: body.name.trim(),
    pages: body.pages.filter((one) => one.pattern.trim() !== "").map((one) => ({ ...one, pattern: one.pattern.trim() })),
    intro: kept(body.intro),
    thanks: kept(body.thanks),
    branches: body.branches.filter((one) => keys.includes(one.after) && (one.to === "end" || keys.includes(one.to))),
    questions: body.questions.map((one) => ({ ...one, text: kept(one.text), help: kept(one.help), low: kept(one.low), high: kept(one.high), options: choices(one.options), rows: choices(one.rows) })),
  };
}
