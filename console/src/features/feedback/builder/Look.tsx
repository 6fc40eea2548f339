import { Button, NativeSelect, SegmentedControl, Switch, Textarea, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useBrands } from "../../../api/surveys";
import { NumberInput } from "../../../design/NumberInput";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";
import { usePiped } from "./piped";
import { TextsField } from "./TextsField";
import type { Building } from "./useBuilding";

/** What surrounds the questions: greeting and thanks, languages, brand, order, and what is promised. */
export function Look({ of }: { of: Building }) {
  const say = useText();
  const { body, set, problems } = of;
  const { languages } = body;
  const brands = useBrands().data?.items ?? [];
  const piped = usePiped(body, null);
  const tied = body.branches.length > 0 || body.questions.some((one) => one.show_if.some((condition) => condition.question));
  return (
    <>
      <section className={styles.panel} aria-labelledby="survey-languages">
        <h2 id="survey-languages">{say("survey.languages")}</h2>
        <Languages of={of} />
      </section>
      <section className={styles.panel} aria-labelledby="survey-words">
        <h2 id="survey-words">{say("survey.around")}</h2>
        <TextsField label={say("survey.text.intro")} hint={say("survey.text.intro.words")} lines={2} value={body.intro} languages={languages} piped={piped.filter((one) => one.token.startsWith("{trait"))} error={problems.intro} save={(intro) => set({ intro })} />
        <TextsField label={say("survey.text.thanks")} hint={say("survey.text.thanks.words")} lines={2} value={body.thanks} languages={languages} piped={piped} error={problems.thanks} save={(thanks) => set({ thanks })} />
        <NativeSelect label={say("survey.brand")} description={say("survey.brand.words")} value={body.brand ?? ""} error={problems.brand} data={[{ value: "", label: say("survey.brand.usual") }, ...brands.map((one) => ({ value: one.key, label: one.name || one.key }))]} onChange={(event) => set({ brand: event.currentTarget.value || null })} />
      </section>
      <section className={styles.panel} aria-labelledby="survey-rules">
        <h2 id="survey-rules">{say("survey.rules")}</h2>
        <div className="stack-s">
          <span className="small">{say("survey.about")}</span>
          <SegmentedControl size="xs" style={{ alignSelf: "flex-start" }} aria-label={say("survey.about")} value={body.about} onChange={(about) => set({ about: about as "customers" })} data={(["customers", "employees"] as const).map((value) => ({ value, label: say(`survey.about.${value}`) }))} />
        </div>
        <Switch label={say("survey.anonymous")} description={say("survey.anonymous.words")} checked={body.anonymous} onChange={(event) => set({ anonymous: event.currentTarget.checked })} />
        <Switch label={say("survey.random")} description={say(tied && body.order === "fixed" ? "survey.random.tied" : "survey.random.words")} disabled={tied && body.order === "fixed"} error={problems.order} checked={body.order === "random"} onChange={(event) => set({ order: event.currentTarget.checked ? "random" : "fixed" })} />
        <NumberInput label={say("survey.quota")} description={say("survey.quota.words")} placeholder={say("question.quota.none")} min={1} value={body.quota ?? ""} error={problems.quota} onChange={(value) => set({ quota: value === "" ? null : Number(value) })} />
      </section>
      <section className={styles.panel} aria-labelledby="survey-team">
        <h2 id="survey-team">{say("survey.team")}</h2>
        <p className="dim small">{say("survey.team.words")}</p>
        <TextInput label={say("survey.owner")} maxLength={400} value={body.owner} error={problems.owner} onChange={(event) => set({ owner: event.currentTarget.value })} />
        <Textarea label={say("survey.description")} autosize minRows={2} maxLength={4000} value={body.description} error={problems.description} onChange={(event) => set({ description: event.currentTarget.value })} />
      </section>
    </>
  );
}

function Languages({ of: { body, set, problems } }: { of: Building }) {
  const say = useText();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const add = () => {
    if (wanted && !body.languages.includes(wanted)) set({ languages: [...body.languages, wanted] });
    setText("");
  };
  return (
    <>
      <ul className={styles.plain}>
        {body.languages.map((language, index) => (
          <li key={language} className="row">
            <strong className="mono">{language}</strong>
            <span className="dim small grow">{index === 0 ? say("survey.language.first") : null}</span>
            {index > 0 ? (
              <Button size="compact-sm" variant="subtle" onClick={() => set({ languages: [language, ...body.languages.filter((one) => one !== language)] })}>
                {say("survey.language.makeFirst", { language })}
              </Button>
            ) : null}
            {body.languages.length > 1 ? (
              <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconX size={12} aria-hidden="true" />} aria-label={say("edit.removeItem", { item: language })} onClick={() => set({ languages: body.languages.filter((one) => one !== language) })}>
                {say("action.remove")}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput
          size="xs"
          label={say("content.language")}
          placeholder={say("content.language.example")}
          maxLength={20}
          value={text}
          error={problems.languages}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button size="xs" variant="default" disabled={wanted === ""} onClick={add}>
          {say("content.language.add")}
        </Button>
      </div>
    </>
  );
}
