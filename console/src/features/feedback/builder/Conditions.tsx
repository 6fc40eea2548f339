import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { usePopulations } from "../../../api/populations";
import type { Condition, Question, SurveyBody } from "../../../api/surveys";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { below } from "../../../questions/problems";
import styles from "../Feedback.module.css";
import { Clause } from "./Clause";
import { conditionOn, has, said } from "./draft";

/** Conditions as the end of a sentence: ““Would you recommend us?” is at most 6 and they are in At risk”. */
export function useConditionList(questions: Question[], languages: string[]): (conditions: Condition[]) => string {
  const say = useText();
  const format = useFormat();
  const people = usePopulations().data ?? [];
  const one = (condition: Condition): string => {
    if (condition.audience) {
      const name = people.find((each) => each.value === `audience:${condition.audience}`)?.name ?? condition.audience;
      return say(condition.member === false ? "condition.words.outside" : "condition.words.inside", { name });
    }
    const asked = questions.find((each) => each.key === condition.question);
    const values = (Array.isArray(condition.value) ? condition.value : [condition.value ?? ""]).map((value) => said(asked?.options.find((each) => each.key === value)?.text, languages) || String(value));
    return say(`condition.words.${condition.op ?? "answered"}`, { question: said(asked?.text, languages) || (condition.question ?? ""), value: format.list(values) });
  };
  return (conditions) => format.list(conditions.map(one));
}

/** When a question is asked, as a sentence. */
export function useConditionWords(questions: Question[], languages: string[]): (conditions: Condition[]) => string {
  const say = useText();
  const list = useConditionList(questions, languages);
  return (conditions) => (conditions.length === 0 ? say("condition.always") : say("condition.only", { conditions: list(conditions) }));
}

interface ClausesProps {
  body: SurveyBody;
  of: Condition[];
  /** The questions they may speak of. */
  earlier: Question[];
  /** The one a new condition is about. */
  about: Question | undefined;
  problems: Record<string, string>;
  set: (conditions: Condition[]) => void;
}

/** Conditions that all must hold: what was answered, and which segment somebody is in or not, which says what they did. */
export function Clauses({ body, of, earlier, about, problems, set }: ClausesProps) {
  const say = useText();
  const segments = (usePopulations().data ?? []).filter((one) => one.kind === "audience");
  const audiences = body.anonymous ? [] : segments;
  const problem = (index: number) => ["question", "value", "audience"].map((field) => problems[`[${index}].${field}`]).find(Boolean) ?? problems[`[${index}]`];
  return (
    <>
      {of.map((condition, index) => (
        <Clause key={index} number={index + 1} of={condition} earlier={earlier} audiences={audiences} languages={body.languages} set={(next) => set(of.map((one, here) => (here === index ? next : one)))} drop={() => set(of.filter((_, here) => here !== index))} problem={problem(index)} />
      ))}
      <div className="row">
        {about ? (
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => set([...of, conditionOn(about)])}>
            {say("condition.add.answer")}
          </Button>
        ) : null}
        {audiences[0] ? (
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => set([...of, { audience: (audiences[0]?.value ?? "").slice("audience:".length), member: true }])}>
            {say("condition.add.audience")}
          </Button>
        ) : null}
        {!audiences[0] && !body.anonymous ? (
          <Link className="small" to="/customers/segments">
            {say("condition.segments")}
          </Link>
        ) : null}
      </div>
    </>
  );
}

interface Props {
  body: SurveyBody;
  question: Question;
  problems: Record<string, string>;
  set: (change: Partial<Question>) => void;
}

/** When a question is asked: after which earlier answers, and of whom. */
export function Conditions({ body, question, problems, set }: Props) {
  const say = useText();
  const words = useConditionWords(body.questions, body.languages);
  const at = body.questions.findIndex((one) => one.key === question.key);
  const earlier = body.order === "random" ? [] : body.questions.slice(0, at);
  return (
    <fieldset className={styles.set}>
      <legend>{say("condition.title")}</legend>
      <p className="dim small">{words(question.show_if)}</p>
      <Clauses body={body} of={question.show_if} earlier={earlier} about={earlier.find((one) => has(one.kind).number) ?? earlier.at(-1)} problems={below(problems, "show_if")} set={(show_if) => set({ show_if })} />
      {body.anonymous ? <p className="dim small">{say("condition.anonymous")}</p> : null}
    </fieldset>
  );
}
