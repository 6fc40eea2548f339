import { ActionIcon, Button, NativeSelect, SegmentedControl, TagsInput, TextInput } from "@mantine/core";
import { IconFolderPlus, IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { NumberInput } from "../design/NumberInput";
import { Problem } from "../design/states";
import { useText, useTextOr } from "../design/text";
import { usePopulations } from "../api/populations";
import { below } from "../questions/problems";
import styles from "./Targeting.module.css";
import { ATTRIBUTES, conditionOf, isGroup, MEMBERSHIP, pathIn, pathOf, rowsOf, scalarOf, SEGMENT, takesList, takesNothing, takesNumber, TESTS, type Condition, type Group, type Part, type Row, type Rows, type Test } from "./conditions";

interface Props {
  condition: Condition | null | undefined;
  set: (condition: Condition | null) => void;
  /** Refusals by their path below the condition. */
  problems: Record<string, string>;
}

/** Who is meant, by what their client says of them and by the segments they are in: rows, all or any of which must hold. */
export function Conditions({ condition, set, problems }: Props) {
  const say = useText();
  const [said, setSaid] = useState<Rows | null>(() => rowsOf(condition));
  const save = (next: Rows) => {
    setSaid(next);
    set(conditionOf(next));
  };
  if (!said)
    return (
      <div className="stack-s">
        <span className="small dim">{say("targeting.written")}</span>
        <pre className="code" tabIndex={0}>
          {JSON.stringify(condition, null, 1)}
        </pre>
        <div>
          <Button size="compact-sm" variant="default" onClick={() => save({ join: "all", rows: [] })}>
            {say("targeting.anew")}
          </Button>
        </div>
      </div>
    );
  const alter = (at: number, part: Part) => save({ ...said, rows: said.rows.map((one, index) => (index === at ? part : one)) });
  const drop = (at: number) => save({ ...said, rows: said.rows.filter((_, index) => index !== at) });
  const found = said.rows.map((_, at) => Object.values(below(problems, pathOf(said, at)))[0]);
  const other = found.some(Boolean) ? undefined : Object.values(problems)[0];
  return (
    <fieldset className={styles.group}>
      <legend>{say("targeting.where")}</legend>
      {said.rows.length > 1 ? (
        <SegmentedControl
          size="xs"
          aria-label={say("targeting.join")}
          value={said.join}
          onChange={(join) => save({ ...said, join: join === "any" ? "any" : "all" })}
          data={[
            { value: "all", label: say("targeting.all") },
            { value: "any", label: say("targeting.any") },
          ]}
        />
      ) : null}
      {said.rows.map((part, index) =>
        isGroup(part) ? (
          <Within key={index} number={index + 1} group={part} problems={below(problems, pathOf(said, index))} set={(next) => alter(index, next)} drop={() => drop(index)} />
        ) : (
          <Line key={index} number={index + 1} row={part} problem={found[index]} set={(next) => alter(index, next)} drop={() => drop(index)} />
        ),
      )}
      <Problem>{other}</Problem>
      <div className="row">
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save({ ...said, rows: [...said.rows, NEW] })}>
          {say("targeting.add")}
        </Button>
        {said.rows.length > 0 ? (
          <Button size="compact-sm" variant="subtle" leftSection={<IconFolderPlus size={14} aria-hidden="true" />} onClick={() => save({ ...said, rows: [...said.rows, { join: said.join === "all" ? "any" : "all", not: false, rows: [NEW] }] })}>
            {say("targeting.group.add")}
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}

const NEW: Row = { attribute: "country", test: "is", values: [] };

/** How the rows of a group go together; `none` and `notAll` turn it round. */
const TOGETHER = { all: { join: "all", not: false }, any: { join: "any", not: false }, none: { join: "any", not: true }, notAll: { join: "all", not: true } } as const;
type Together = keyof typeof TOGETHER;
const togetherOf = ({ join, not }: Group): Together => (not ? (join === "any" ? "none" : "notAll") : join);

/** Rows that stand together as one thing among the others. */
function Within({ number, group, problems, set, drop }: { number: number; group: Group; problems: Record<string, string>; set: (group: Group) => void; drop: () => void }) {
  const say = useText();
  const put = (rows: Row[]) => (rows.length > 0 ? set({ ...group, rows }) : drop());
  const found = group.rows.map((_, at) => Object.values(below(problems, pathIn(group, at)))[0]);
  const other = found.some(Boolean) ? undefined : Object.values(problems)[0];
  return (
    <fieldset className={styles.within} aria-label={say("targeting.group", { number })}>
      <div className={styles.sides}>
        <NativeSelect size="xs" aria-label={say("targeting.join")} value={togetherOf(group)} onChange={(event) => set({ ...group, ...TOGETHER[event.currentTarget.value as Together] })} data={(["all", "any", "none", "notAll"] as const).map((one) => ({ value: one, label: say(`segment.group.${one}`) }))} />
        <ActionIcon variant="subtle" color="gray" aria-label={say("targeting.group.remove", { number })} onClick={drop}>
          <IconX size={16} aria-hidden="true" />
        </ActionIcon>
      </div>
      {group.rows.map((row, index) => (
        <Line key={index} number={index + 1} row={row} problem={found[index]} set={(next) => put(group.rows.map((one, at) => (at === index ? next : one)))} drop={() => put(group.rows.filter((_, at) => at !== index))} />
      ))}
      <Problem>{other}</Problem>
      <div>
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} aria-label={say("targeting.group.row", { number })} onClick={() => put([...group.rows, NEW])}>
          {say("targeting.add")}
        </Button>
      </div>
    </fieldset>
  );
}

interface LineProps {
  number: number;
  row: Row;
  problem: string | undefined;
  set: (row: Row) => void;
  drop: () => void;
}

const OTHER = "$other";

function Line({ number, row, problem, set, drop }: LineProps) {
  const say = useText();
  const segments = useSegments();
  const isSegment = row.attribute === SEGMENT;
  const known = isSegment || (ATTRIBUTES as readonly string[]).includes(row.attribute);
  const names = [...(isSegment || segments.length > 0 ? [{ value: SEGMENT, label: say("targeting.segment") }] : []), ...ATTRIBUTES.map((one) => ({ value: one as string, label: say(`attribute.${one}`) }))];
  /** A segment and an attribute are asked for in other words: the row begins anew. */
  const about = (attribute: string) => {
    if (attribute === SEGMENT) set({ attribute, test: "inside", values: segments.slice(0, 1).map((one) => one.value) });
    else if (isSegment) set({ attribute, test: "is", values: [] });
    else set({ ...row, attribute });
  };
  const test = (next: Test) => set({ ...row, test: next, values: takesNothing(next) ? [] : takesNumber(next) === takesNumber(row.test) ? (takesList(next) ? row.values : row.values.slice(0, 1)) : [] });
  return (
    <div className={styles.line} role="group" aria-label={say("targeting.row", { number })}>
      <div className={styles.sides}>
        <div className={styles.row}>
          <NativeSelect size="xs" aria-label={say("targeting.attribute")} value={known ? row.attribute : OTHER} data={[...names, { value: OTHER, label: say("targeting.other") }]} onChange={(event) => about(event.currentTarget.value === OTHER ? "" : event.currentTarget.value)} />
          {known ? null : <TextInput size="xs" aria-label={say("targeting.name")} placeholder={say("targeting.name.example")} value={row.attribute} onChange={(event) => set({ ...row, attribute: event.currentTarget.value })} />}
          <NativeSelect size="xs" aria-label={say("targeting.test")} value={row.test} data={(isSegment ? MEMBERSHIP : TESTS).map((one) => ({ value: one, label: say(`targeting.test.${one}`) }))} onChange={(event) => test(event.currentTarget.value as Test)} />
          {isSegment ? <Segment row={row} set={(values) => set({ ...row, values })} wrong={Boolean(problem)} /> : <Values row={row} set={(values) => set({ ...row, values })} wrong={Boolean(problem)} />}
        </div>
        <ActionIcon variant="subtle" color="gray" aria-label={say("targeting.remove", { number })} onClick={drop}>
          <IconX size={16} aria-hidden="true" />
        </ActionIcon>
      </div>
      <Problem>{problem}</Problem>
    </div>
  );
}

/** The saved segments by key. */
const useSegments = () => (usePopulations().data ?? []).filter((one) => one.kind === "audience").map((one) => ({ value: one.value.slice("audience:".length), label: one.name }));

function Segment({ row, set, wrong }: { row: Row; set: (values: Row["values"]) => void; wrong: boolean }) {
  const say = useText();
  const segments = useSegments();
  const chosen = String(row.values[0] ?? "");
  const data = segments.some((one) => one.value === chosen) ? segments : [{ value: chosen, label: chosen }, ...segments];
  return <NativeSelect size="xs" className={styles.values} aria-label={say("targeting.segment.which")} error={wrong} value={chosen} data={data} onChange={(event) => set([event.currentTarget.value])} />;
}

function Values({ row, set, wrong }: { row: Row; set: (values: Row["values"]) => void; wrong: boolean }) {
  const say = useText();
  const sayOr = useTextOr();
  if (takesNothing(row.test)) return null;
  const label = say("targeting.value");
  if (takesList(row.test))
    return <TagsInput size="xs" className={styles.values} aria-label={label} error={wrong} acceptValueOnBlur placeholder={row.values.length > 0 ? "" : sayOr(`targeting.example.${row.attribute}`, say("targeting.example"))} value={row.values.map(String)} onChange={(texts) => set(texts.map((text) => scalarOf(text, row.values)))} />;
  const value = row.values[0];
  if (takesNumber(row.test)) return <NumberInput size="xs" className={styles.values} aria-label={label} error={wrong} value={typeof value === "boolean" ? "" : (value ?? "")} onChange={(next) => set(next === "" ? [] : [Number(next)])} />;
  return <TextInput size="xs" className={styles.values} aria-label={label} error={wrong} value={String(value ?? "")} onChange={(event) => set([event.currentTarget.value])} />;
}
