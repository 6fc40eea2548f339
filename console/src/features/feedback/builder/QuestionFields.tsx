import { ActionIcon, Button, Checkbox, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CONTACT_FIELDS, KINDS, type Choice, type Kind, type Question, type SurveyBody } from "../../../api/surveys";
import { NumberInput } from "../../../design/NumberInput";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { Conditions } from "./Conditions";
import { has, keyAmong, move, withKind } from "./draft";
import { Ordered } from "./Ordered";
import { Picks } from "./Picks";
import { usePiped } from "./piped";
import { TextsField } from "./TextsField";
import styles from "../Feedback.module.css";

interface Props {
  body: SurveyBody;
  question: Question;
  /** Refusals of the server, by the path within the question. */
  problems: Record<string, string>;
  set: (change: Partial<Question>) => void;
  /** Where one goes on from it. */
  leads: ReactNode;
}

/** All that a question says and asks for, by its kind. */
export function QuestionFields({ body, question, problems, set, leads }: Props) {
  const say = useText();
  const { languages } = body;
  const piped = usePiped(body, question.key);
  const shape = has(question.kind);
  return (
    <div className={styles.fields}>
      <TextsField label={say("question.text")} required lines={2} value={question.text} languages={languages} piped={piped} error={problems.text} placeholder={say(`question.text.${question.kind}`)} save={(text) => set({ text })} />
      <TextsField label={say("question.help")} value={question.help} languages={languages} piped={piped} error={problems.help} save={(help) => set({ help })} />
      <div className={styles.pair}>
        <NativeSelect label={say("question.kind")} value={question.kind} error={problems.kind} data={KINDS.map((kind) => ({ value: kind, label: say(`question.kind.${kind}`) }))} onChange={(event) => set(withKind(question, event.currentTarget.value as Kind))} />
        {body.anonymous ? null : <TextInput label={say("question.trait")} description={say("question.trait.words")} value={question.trait ?? ""} error={problems.trait} onChange={(event) => set({ trait: event.currentTarget.value.trim() || null })} />}
      </div>
      <p className="dim small">{say(`question.kind.${question.kind}.words`)}</p>
      {question.kind === "scale" || question.kind === "rating" ? (
        <div className={styles.pair}>
          {question.kind === "scale" ? <NativeSelect label={say("question.lowest")} value={String(question.lowest)} data={["0", "1"]} error={problems.lowest} onChange={(event) => set({ lowest: Number(event.currentTarget.value) })} /> : null}
          <NumberInput label={say(question.kind === "rating" ? "question.stars" : "question.highest")} min={2} max={10} value={question.highest} error={problems.highest} onChange={(value) => set({ highest: Math.min(10, Math.max(2, Number(value) || 5)) })} />
        </div>
      ) : null}
      {shape.ends ? (
        <div className={styles.pair}>
          <TextsField label={say("question.low")} value={question.low} languages={languages} error={problems.low} save={(low) => set({ low })} />
          <TextsField label={say("question.high")} value={question.high} languages={languages} error={problems.high} save={(high) => set({ high })} />
        </div>
      ) : null}
      {shape.rows ? <Choices label={say("question.rows")} add={say("question.rows.add")} items={question.rows} languages={languages} error={problems.rows} save={(rows) => set({ rows })} /> : null}
      {shape.options ? <Choices label={say(shape.rows ? "question.columns" : "question.options")} add={say(shape.rows ? "question.columns.add" : "question.options.add")} items={question.options} languages={languages} error={problems.options} save={(options) => set({ options })} quotas={question.kind === "single" || question.kind === "multiple"} writeIn={question.kind === "single" || question.kind === "multiple"} /> : null}
      {question.kind === "text" ? <NumberInput label={say("question.maxLength")} min={1} max={10_000} value={question.max_length} error={problems.max_length} onChange={(value) => set({ max_length: Number(value) || 2000 })} /> : null}
      {question.kind === "contact" ? <Picks label={say("question.fields")} options={CONTACT_FIELDS.map((value) => ({ value, label: say(`question.field.${value}`) }))} value={question.fields} save={(fields) => set({ fields: CONTACT_FIELDS.filter((one) => fields.includes(one)) })} /> : null}
      <Problem>{problems.fields}</Problem>
      {question.kind === "date" ? (
        <div className={styles.pair}>
          <TextInput type="date" label={say("question.earliest")} max={question.latest ?? undefined} value={question.earliest ?? ""} error={problems.earliest} onChange={(event) => set({ earliest: event.currentTarget.value || null })} />
          <TextInput type="date" label={say("question.latest")} min={question.earliest ?? undefined} value={question.latest ?? ""} error={problems.latest} onChange={(event) => set({ latest: event.currentTarget.value || null })} />
        </div>
      ) : null}
      {question.kind === "multiple" || question.kind === "ranking" ? (
        <div className={styles.pair}>
          <NumberInput label={say("question.least")} min={1} value={question.least ?? ""} error={problems.least} onChange={(value) => set({ least: value === "" ? null : Number(value) })} />
          <NumberInput label={say("question.most")} min={1} value={question.most ?? ""} error={problems.most} onChange={(value) => set({ most: value === "" ? null : Number(value) })} />
        </div>
      ) : null}
      <div className="row" style={{ gap: 20 }}>
        <Switch label={say("question.required")} checked={question.required} onChange={(event) => set({ required: event.currentTarget.checked })} />
        {shape.options && question.kind !== "matrix" ? <Switch label={say("question.randomise")} checked={question.randomise} onChange={(event) => set({ randomise: event.currentTarget.checked })} /> : null}
      </div>
      <Conditions body={body} question={question} problems={problems} set={set} />
      {leads}
    </div>
  );
}

interface ChoicesProps {
  label: string;
  add: string;
  items: Choice[];
  languages: string[];
  error: string | undefined;
  save: (items: Choice[]) => void;
  quotas?: boolean;
  writeIn?: boolean;
}

function Choices({ label, add, items, languages, error, save, quotas = false, writeIn = false }: ChoicesProps) {
  const say = useText();
  const nameOf = (item: Choice, index: number) => item.text[languages[0] ?? "en"] || say("question.choice", { number: index + 1 });
  const put = (index: number, change: Partial<Choice>) => save(items.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <fieldset className={styles.set}>
      <legend>{label}</legend>
      <Ordered label={label} items={items} keyOf={(item) => item.key} nameOf={nameOf} move={(from, to) => save(move(items, from, to))}>
        {(item, index) => (
          <div className="row" style={{ flexWrap: "nowrap", alignItems: "flex-start" }}>
            <div className={`${styles.texts} grow`}>
              {languages.map((language) => (
                <TextInput
                  key={language}
                  size="xs"
                  aria-label={languages.length > 1 ? say("question.choice.in", { number: index + 1, language }) : say("question.choice", { number: index + 1 })}
                  placeholder={languages.length > 1 ? language : undefined}
                  value={item.text[language] ?? ""}
                  onChange={(event) => put(index, { text: { ...item.text, [language]: event.currentTarget.value } })}
                />
              ))}
            </div>
            {quotas ? (
              <NumberInput size="xs" style={{ width: 96 }} aria-label={say("question.choice.quota", { name: nameOf(item, index) })} placeholder={say("question.quota.none")} min={1} value={item.quota ?? ""} onChange={(value) => put(index, { quota: value === "" ? null : Number(value) })} />
            ) : null}
            {writeIn ? (
              <Checkbox size="xs" style={{ paddingTop: 7 }} title={say("question.writeIn")} aria-label={say("question.writeIn.of", { name: nameOf(item, index) })} checked={item.write_in ?? false} onChange={(event) => put(index, { write_in: event.currentTarget.checked })} />
            ) : null}
            <ActionIcon variant="subtle" color="gray" size={30} aria-label={say("edit.removeItem", { item: nameOf(item, index) })} onClick={() => save(items.filter((_, at) => at !== index))}>
              <IconX size={14} aria-hidden="true" />
            </ActionIcon>
          </div>
        )}
      </Ordered>
      <Problem>{error}</Problem>
      <div>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save([...items, { key: keyAmong("choice", items.map((one) => one.key)), text: {} }])}>
          {add}
        </Button>
      </div>
    </fieldset>
  );
}
