import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { SurveyPage } from "../../../api/surveys";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";

interface Props {
  pages: SurveyPage[];
  /** Refusals of the server, by their whole path: `pages[0].pattern`. */
  problems: Record<string, string>;
  save: (pages: SurveyPage[]) => void;
}

/** The pages that a survey is asked on, and those it is never asked on: each a sentence of three parts. */
export function PagesField({ pages, problems, save }: Props) {
  const say = useText();
  const put = (index: number, change: Partial<SurveyPage>) => save(pages.map((one, at) => (at === index ? { ...one, ...change } : one)));
  const leftOut = pages.length > 0 && pages.every((one) => one.include === false);
  return (
    <fieldset className={styles.set}>
      <legend>{say("survey.pages")}</legend>
      <p className="dim small">{say(pages.length === 0 ? "survey.pages.all" : leftOut ? "survey.pages.allBut" : "survey.pages.words")}</p>
      {pages.map((one, index) => (
        <div key={index} className={styles.page} role="group" aria-label={say("survey.page", { number: index + 1 })}>
          <NativeSelect
            size="xs"
            aria-label={say("survey.page.include")}
            value={one.include === false ? "no" : "yes"}
            data={(["yes", "no"] as const).map((value) => ({ value, label: say(`survey.page.include.${value}`) }))}
            onChange={(event) => put(index, { include: event.currentTarget.value === "yes" })}
          />
          <NativeSelect
            size="xs"
            className={styles.written}
            aria-label={say("survey.page.type")}
            value={one.type ?? "simple"}
            data={(["simple", "regex"] as const).map((value) => ({ value, label: say(`survey.page.type.${value}`) }))}
            onChange={(event) => put(index, { type: event.currentTarget.value as "simple" })}
          />
          <TextInput
            size="xs"
            className={styles.address}
            aria-label={say("survey.page.pattern")}
            placeholder={say(`survey.page.example.${one.type ?? "simple"}`)}
            maxLength={2000}
            value={one.pattern}
            error={problems[`pages[${index}].pattern`] ?? problems[`pages[${index}]`]}
            onChange={(event) => put(index, { pattern: event.currentTarget.value })}
          />
          <ActionIcon variant="subtle" color="gray" size={30} aria-label={say("survey.page.drop", { number: index + 1 })} onClick={() => save(pages.filter((_, at) => at !== index))}>
            <IconX size={14} aria-hidden="true" />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save([...pages, { pattern: "" }])}>
          {say("survey.page.add")}
        </Button>
      </div>
    </fieldset>
  );
}
