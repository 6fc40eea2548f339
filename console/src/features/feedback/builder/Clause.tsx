import { ActionIcon, NativeSelect } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { OPS, type Condition, type Op, type Question } from "../../../api/surveys";
import { NumberInput } from "../../../design/NumberInput";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";
import { Picks } from "./Picks";
import { conditionOn, has, opsFor, said } from "./draft";

interface ClauseProps {
  number: number;
  of: Condition;
  /** The questions it may speak of. */
  earlier: Question[];
  audiences: { value: string; name: string }[];
  languages: string[];
  set: (condition: Condition) => void;
  drop: () => void;
  problem: string | undefined;
}

/** One condition: an earlier answer, or belonging to a segment. */
export function Clause({ number, of, earlier, audiences, languages, set, drop, problem }: ClauseProps) {
  const say = useText();
  const asked = earlier.find((one) => one.key === of.question);
  return (
    <div role="group" aria-label={say("condition.nth", { number })}>
      <div className={styles.clause}>
        {of.audience ? (
          <>
            <NativeSelect size="xs" aria-label={say("condition.member")} value={of.member === false ? "no" : "yes"} data={(["yes", "no"] as const).map((value) => ({ value, label: say(`condition.member.${value}`) }))} onChange={(event) => set({ ...of, member: event.currentTarget.value === "yes" })} />
            <NativeSelect size="xs" aria-label={say("condition.audience")} value={of.audience} data={audiences.map((one) => ({ value: one.value.slice("audience:".length), label: one.name }))} onChange={(event) => set({ ...of, audience: event.currentTarget.value })} />
            <span />
          </>
        ) : (
          <>
            <NativeSelect
              size="xs"
              aria-label={say("condition.question")}
              value={of.question ?? ""}
              data={[...(asked ? [] : [{ value: of.question ?? "", label: say("condition.gone") }]), ...earlier.map((one) => ({ value: one.key, label: said(one.text, languages) || one.key }))]}
              onChange={(event) => {
                const next = earlier.find((one) => one.key === event.currentTarget.value);
                if (next) set(conditionOn(next));
              }}
            />
            <NativeSelect size="xs" aria-label={say("condition.op")} value={of.op ?? "answered"} data={(asked ? opsFor(asked.kind) : OPS).map((value) => ({ value, label: say(`condition.op.${value}`) }))} onChange={(event) => asked && set(conditionOn(asked, event.currentTarget.value as Op))} />
            {asked ? <Value of={of} asked={asked} languages={languages} set={set} /> : <span />}
          </>
        )}
        <ActionIcon variant="subtle" color="gray" aria-label={say("condition.drop", { number })} onClick={drop}>
          <IconX size={14} aria-hidden="true" />
        </ActionIcon>
      </div>
      <Problem>{problem}</Problem>
    </div>
  );
}

function Value({ of, asked, languages, set }: { of: Condition; asked: Question; languages: string[]; set: (condition: Condition) => void }) {
  const say = useText();
  if (of.op === "answered" || of.op === "skipped" || of.op === undefined) return <span />;
  const options = asked.options.map((one, index) => ({ value: one.key, label: said(one.text, languages) || say("question.choice", { number: index + 1 }) }));
  if (has(asked.kind).number) return <NumberInput size="xs" aria-label={say("condition.value")} value={Number(of.value ?? 0)} onChange={(value) => set({ ...of, value: Number(value) })} />;
  if (of.op === "in") return <Picks label={say("condition.value")} hidden options={options} value={Array.isArray(of.value) ? of.value.map(String) : []} save={(value) => set({ ...of, value })} />;
  return <NativeSelect size="xs" aria-label={say("condition.value")} value={String(of.value ?? "")} data={options} onChange={(event) => set({ ...of, value: event.currentTarget.value })} />;
}
