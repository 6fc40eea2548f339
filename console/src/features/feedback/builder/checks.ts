import type { SurveyBody } from "../../../api/surveys";
import { has, missingTexts, said } from "./draft";
import { unreachable } from "./reaching";

export interface Check {
  code: "saved" | "name" | "questions" | "asked" | "texts" | "channels" | "when" | "open" | "reached";
  done: boolean;
  /** Without it there is no start; else it only could be better. */
  needed: boolean;
}

/** What must be there before it asks anybody, and what had better be. */
export function checks(body: SurveyBody, unsaved: boolean): Check[] {
  const { questions, languages } = body;
  const first = languages.slice(0, 1);
  const worded = questions.every((one) => said(one.text, first) && (!has(one.kind).options || (one.options.length > 1 && one.options.every((option) => said(option.text, first)))));
  return [
    { code: "name", done: body.name.trim() !== "", needed: true },
    { code: "questions", done: questions.length > 0, needed: true },
    { code: "asked", done: questions.length > 0 && worded, needed: true },
    { code: "texts", done: missingTexts(body).length === 0, needed: false },
    { code: "channels", done: body.channels.length > 0, needed: true },
    ...(body.channels.includes("email") ? [{ code: "when" as const, done: body.trigger !== null, needed: !body.channels.includes("site") }] : []),
    ...(body.channels.length === 1 && body.channels[0] === "link" ? [{ code: "open" as const, done: body.open_link, needed: false }] : []),
    ...(body.branches.length > 0 ? [{ code: "reached" as const, done: unreachable(body).size === 0, needed: false }] : []),
    { code: "saved", done: !unsaved, needed: true },
  ];
}
