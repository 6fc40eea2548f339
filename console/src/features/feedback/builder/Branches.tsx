import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import type { Branch, Question, SurveyBody } from "../../../api/surveys";
import { useText } from "../../../design/text";
import { below } from "../../../questions/problems";
import styles from "../Feedback.module.css";
import { Clauses, useConditionList } from "./Conditions";
import { conditionOn, move, said } from "./draft";

const END = "end";

/** A branch as a sentence: “If “Would you recommend us?” is at least 9, go on with question 4, “What do you like?”.” */
export function useBranchWords(body: SurveyBody): (branch: Branch) => string {
  const say = useText();
  const list = useConditionList(body.questions, body.languages);
  return ({ to, when = [] }) => {
    const at = body.questions.findIndex((one) => one.key === to);
    const where = to === END ? say("branch.words.end") : at < 0 ? say("branch.gone") : say("branch.words.question", { number: at + 1, question: said(body.questions[at]?.text, body.languages) || say("question.unsaid") });
    return when.length === 0 ? say("branch.words.always", { where }) : say("branch.words", { conditions: list(when), where });
  };
}

interface Props {
  body: SurveyBody;
  question: Question;
  /** Refusals of the server, by path from `branches` on. */
  problems: Record<string, string>;
  set: (branches: Branch[]) => void;
}

/** Where one goes on after a question: the first line that fits counts; where none does, the next question follows. */
export function Branches({ body, question, problems, set }: Props) {
  const say = useText();
  const words = useBranchWords(body);
  const at = body.questions.findIndex((one) => one.key === question.key);
  const upTo = body.questions.slice(0, at + 1);
  const later = body.questions.slice(at + 1);
  if (body.order === "random") return body.branches.length > 0 ? <p className={styles.problem}>{say("branch.random")}</p> : null;
  const places = body.branches.flatMap((one, place) => (one.after === question.key ? [place] : []));
  const put = (place: number, change: Partial<Branch>) => set(body.branches.map((one, here) => (here === place ? { ...one, ...change } : one)));
  const add = () => set([...body.branches, { after: question.key, to: later[1]?.key ?? END, when: [conditionOn(question)] }]);
  return (
    <fieldset className={styles.set}>
      <legend>{say("branch.title")}</legend>
      {places.length === 0 ? <p className="dim small">{say(later.length > 0 ? "branch.none" : "branch.none.last")}</p> : null}
      {places.map((place, index) => {
        const branch = body.branches[place]!;
        const mine = below(problems, `[${place}]`);
        const targets = [...later.map((one, here) => ({ value: one.key, label: `${at + here + 2}. ${said(one.text, body.languages) || say("question.unsaid")}` })), { value: END, label: say("branch.end") }];
        const known = targets.some((one) => one.value === branch.to);
        return (
          <section key={place} className={styles.branch} aria-label={say("branch.nth", { number: index + 1 })}>
            <div className="row-between" style={{ flexWrap: "nowrap", alignItems: "flex-start" }}>
              <p>{words(branch)}</p>
              <span className="row" style={{ flexWrap: "nowrap", gap: 2 }}>
                {index > 0 ? (
                  <ActionIcon variant="subtle" color="gray" aria-label={say("branch.earlier", { number: index + 1 })} onClick={() => set(move(body.branches, place, places[index - 1]!))}>
                    <IconArrowUp size={14} aria-hidden="true" />
                  </ActionIcon>
                ) : null}
                {index < places.length - 1 ? (
                  <ActionIcon variant="subtle" color="gray" aria-label={say("branch.later", { number: index + 1 })} onClick={() => set(move(body.branches, place, places[index + 1]!))}>
                    <IconArrowDown size={14} aria-hidden="true" />
                  </ActionIcon>
                ) : null}
                <ActionIcon variant="subtle" color="gray" aria-label={say("branch.drop", { number: index + 1 })} onClick={() => set(body.branches.filter((_, here) => here !== place))}>
                  <IconX size={14} aria-hidden="true" />
                </ActionIcon>
              </span>
            </div>
            <Clauses body={body} of={branch.when ?? []} earlier={upTo} about={question} problems={below(mine, "when")} set={(when) => put(place, { when })} />
            <NativeSelect
              size="xs"
              label={say("branch.to")}
              value={branch.to}
              error={mine.to ?? (known ? undefined : say("branch.backwards"))}
              data={[...(known ? [] : [{ value: branch.to, label: say("branch.gone") }]), ...targets]}
              onChange={(event) => put(place, { to: event.currentTarget.value })}
            />
          </section>
        );
      })}
      <div>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={add}>
          {say("branch.add")}
        </Button>
      </div>
    </fieldset>
  );
}
