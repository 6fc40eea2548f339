import { Menu, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { IconBraces, IconLanguage } from "@tabler/icons-react";
import { useRef } from "react";
import type { Texts } from "../../../api/surveys";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";

export interface Piped {
  /** What is put in: `{answer.size}`, `{trait.first_name|there}`. */
  token: string;
  label: string;
}

interface Props {
  label: string;
  value: Texts | undefined;
  languages: string[];
  save: (value: Texts) => void;
  required?: boolean;
  lines?: number;
  hint?: string | undefined;
  placeholder?: string | undefined;
  error?: string | undefined;
  piped?: Piped[];
  maxLength?: number;
}

/** One text in every language of the survey, side by side; the languages it lacks are marked. */
export function TextsField({ label, value = {}, languages, save, required, lines, hint, placeholder, error, piped = [], maxLength }: Props) {
  const say = useText();
  const several = languages.length > 1;
  const said = languages.some((language) => value[language]?.trim());
  return (
    <div className={styles.texts} role={several ? "group" : undefined} aria-label={several ? label : undefined}>
      {languages.map((language, index) => {
        const lacks = several && said && !value[language]?.trim();
        return (
          <One
            key={language}
            label={several ? `${label} (${language})` : label}
            value={value[language] ?? ""}
            save={(text) => save({ ...value, [language]: text })}
            lines={lines}
            piped={piped}
            maxLength={maxLength}
            required={required && index === 0}
            placeholder={index === 0 ? placeholder : undefined}
            hint={index === 0 ? hint : undefined}
            error={index === 0 ? error : undefined}
            note={lacks ? say(index === 0 ? "survey.text.lacks.first" : "survey.text.lacks", { language: languages[0] ?? "" }) : undefined}
          />
        );
      })}
    </div>
  );
}

interface OneProps {
  label: string;
  value: string;
  save: (text: string) => void;
  lines: number | undefined;
  piped: Piped[];
  maxLength: number | undefined;
  required: boolean | undefined;
  placeholder: string | undefined;
  hint: string | undefined;
  error: string | undefined;
  note: string | undefined;
}

function One({ label, value, save, lines, piped, maxLength = 2000, required, placeholder, hint, error, note }: OneProps) {
  const say = useText();
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  /** Where the writer left the caret, else at the end. */
  const put = (token: string) => {
    const at = field.current?.selectionStart ?? value.length;
    save(value.slice(0, at) + token + value.slice(at));
    requestAnimationFrame(() => field.current?.focus());
  };
  const picker = piped.length > 0 ? <Picker label={say("survey.pipe.into", { field: label })} piped={piped} put={put} /> : undefined;
  const shared = { ref: field, label, description: hint, error, required, placeholder, maxLength, value, rightSection: picker, rightSectionPointerEvents: "all" as const };
  return (
    <div>
      {lines ? (
        <Textarea {...shared} autosize minRows={lines} onChange={(event) => save(event.currentTarget.value)} />
      ) : (
        <TextInput {...shared} onChange={(event) => save(event.currentTarget.value)} />
      )}
      {note ? (
        <p className={styles.lacks}>
          <IconLanguage size={14} aria-hidden="true" /> {note}
        </p>
      ) : null}
    </div>
  );
}

function Picker({ label, piped, put }: { label: string; piped: Piped[]; put: (token: string) => void }) {
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <UnstyledButton className={styles.pipe} aria-label={label} title={label}>
          <IconBraces size={15} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={styles.tall}>
        {piped.map((one) => (
          <Menu.Item key={one.token} onClick={() => put(one.token)}>
            {one.label}
            <span className="dim small mono"> {one.token}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
