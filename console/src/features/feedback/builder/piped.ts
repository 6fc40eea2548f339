import type { SurveyBody } from "../../../api/surveys";
import { useText } from "../../../design/text";
import { said } from "./draft";
import type { Piped } from "./TextsField";

const TRAITS = ["firstName", "city", "plan"];

/** What can be put into a text: answers to the questions before it, and what is known of the person; nothing of them where that is promised. */
export function usePiped(body: SurveyBody, before: string | null): Piped[] {
  const say = useText();
  const at = before === null ? body.questions.length : body.questions.findIndex((one) => one.key === before);
  const answers = body.questions
    .slice(0, Math.max(0, at))
    .filter((one) => one.kind !== "matrix" && one.kind !== "contact")
    .map((one) => ({ token: `{answer.${one.key}}`, label: say("survey.pipe.answer", { question: said(one.text, body.languages) || one.key }) }));
  const traits = body.anonymous ? [] : TRAITS.map((trait) => ({ token: `{trait.${trait}|}`, label: say("survey.pipe.trait", { trait }) }));
  return [...answers, ...traits];
}
