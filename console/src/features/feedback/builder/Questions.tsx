import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconCopy, IconCornerDownRight, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { KINDS, type Kind, type Question, type SurveyBody } from "../../../api/surveys";
import { Pill } from "../../../design/Badges";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { below } from "../../../questions/problems";
import styles from "../Feedback.module.css";
import { Branches, useBranchWords } from "./Branches";
import { useConditionWords } from "./Conditions";
import { copied, move, newQuestion, said, without } from "./draft";
import { Ordered } from "./Ordered";
import { QuestionFields } from "./QuestionFields";
import { unreachable } from "./reaching";
import type { Building } from "./useBuilding";

/** The questions in their order: one is open at a time; a deleted one comes back by one click. */
export function Questions({ of }: { of: Building }) {
  const say = useText();
  const { tell } = useToasts();
  const { body, set, problems } = of;
  const { questions, languages } = body;
  const path = Object.keys(problems)[0] ?? "";
  const refused = /^questions\[(\d+)\]/.exec(path)?.[1];
  const branched = body.branches[Number(/^branches\[(\d+)\]/.exec(path)?.[1] ?? -1)]?.after;
  const [chosen, setChosen] = useState<string | null>(questions[0]?.key ?? null);
  const open = refused === undefined ? (branched ?? chosen) : (questions[Number(refused)]?.key ?? chosen);
  const keys = questions.map((one) => one.key);
  const missed = unreachable(body);
  const nameOf = (one: Question) => said(one.text, languages) || say("question.unsaid");
  const add = (kind: Kind) => {
    const made = newQuestion(kind, keys);
    set({ questions: [...questions, made] });
    setChosen(made.key);
  };
  const drop = (one: Question) => {
    set(without(body, one.key));
    tell(say("question.dropped", { name: nameOf(one) }), () => set({ questions, branches: body.branches }));
  };
  const repeat = (one: Question, index: number) => {
    const made = copied(one, keys);
    set({ questions: [...questions.slice(0, index + 1), made, ...questions.slice(index + 1)] });
    setChosen(made.key);
  };
  return (
    <div className="stack">
      <Ordered label={say("survey.questions")} items={questions} keyOf={(one) => one.key} nameOf={nameOf} move={(from, to) => set({ questions: move(questions, from, to) })}>
        {(one, index) => (
          <section aria-label={say("question.nth", { number: index + 1 })}>
            <div className={styles.questionhead}>
              <button type="button" className={styles.questionname} data-unsaid={!said(one.text, languages)} aria-expanded={open === one.key} onClick={() => setChosen(open === one.key ? null : one.key)}>
                <strong>
                  {index + 1}. {nameOf(one)}
                </strong>
                <Told of={one} body={body} missed={missed.has(one.key)} />
              </button>
              <ActionIcon variant="subtle" color="gray" aria-label={say("question.copy", { number: index + 1 })} onClick={() => repeat(one, index)}>
                <IconCopy size={15} aria-hidden="true" />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={say("question.drop", { number: index + 1 })} onClick={() => drop(one)}>
                <IconTrash size={15} aria-hidden="true" />
              </ActionIcon>
              <span aria-hidden="true" className="dim">
                {open === one.key ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
              </span>
            </div>
            {open === one.key ? (
              <QuestionFields
                body={body}
                question={one}
                problems={below(problems, `questions[${index}]`)}
                set={(change) => set({ questions: questions.map((each, at) => (at === index ? { ...each, ...change } : each)) })}
                leads={<Branches body={body} question={one} problems={below(problems, "branches")} set={(branches) => set({ branches })} />}
              />
            ) : null}
          </section>
        )}
      </Ordered>
      <Problem>{problems.questions}</Problem>
      <AddQuestion add={add} />
    </div>
  );
}

function Told({ of, body, missed }: { of: Question; body: SurveyBody; missed: boolean }) {
  const say = useText();
  const { languages } = body;
  const words = useConditionWords(body.questions, languages);
  const branch = useBranchWords(body);
  const lacks = languages.filter((language) => !of.text[language]?.trim());
  return (
    <span className={`${styles.told} dim small`}>
      <span className="row">
        <span>{say(`question.kind.${of.kind}`)}</span>
        {of.required ? <Pill>{say("question.required")}</Pill> : null}
        {said(of.text, languages) && lacks.length > 0 ? <Pill tone="gold">{say("question.lacks", { languages: lacks.join(", ") })}</Pill> : null}
        {missed ? <Pill tone="ember">{say("branch.missed")}</Pill> : null}
        {of.show_if.length > 0 ? <span>{words(of.show_if)}</span> : null}
      </span>
      {body.order === "random"
        ? null
        : body.branches.filter((one) => one.after === of.key).map((one, index) => (
            <span key={index} className={styles.leads}>
              <IconCornerDownRight size={13} aria-hidden="true" /> {branch(one)}
            </span>
          ))}
    </span>
  );
}

function AddQuestion({ add }: { add: (kind: Kind) => void }) {
  const say = useText();
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden="true" />} style={{ alignSelf: "flex-start" }}>
          {say("question.add")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={styles.tall}>
        {KINDS.map((kind) => (
          <Menu.Item key={kind} onClick={() => add(kind)}>
            <strong>{say(`question.kind.${kind}`)}</strong>
            <span className="dim small" style={{ display: "block" }}>
              {say(`question.kind.${kind}.words`)}
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
