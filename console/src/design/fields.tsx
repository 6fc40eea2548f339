import { ActionIcon, Textarea, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useText } from "./text";

/** A text that reaches the draft when the writer leaves the field, so that one undo takes back one thought. */
export function TextField({ label, hint, value, save, lines }: { label: string; hint?: string; value: string | null | undefined; save: (value: string) => void; lines?: number }) {
  const [text, setText] = useState(value ?? "");
  const done = () => {
    if (text !== (value ?? "")) save(text);
  };
  return lines ? (
    <Textarea label={label} description={hint} autosize minRows={lines} value={text} onChange={(event) => setText(event.currentTarget.value)} onBlur={done} />
  ) : (
    <TextInput label={label} description={hint} value={text} onChange={(event) => setText(event.currentTarget.value)} onBlur={done} />
  );
}

/** A list of short texts: one line each, a new one by Enter. */
export function ListField({ label, add, value, save }: { label: string; add: string; value: string[]; save: (value: string[]) => void }) {
  const say = useText();
  const [text, setText] = useState("");
  const append = () => {
    if (text.trim()) save([...value, text.trim()]);
    setText("");
  };
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: "var(--mantine-font-size-sm)", fontWeight: 500, padding: 0 }}>{label}</legend>
      <ul style={{ listStyle: "none", margin: "4px 0", padding: 0 }}>
        {value.map((item, index) => (
          <li key={`${index}-${item}`} className="row" style={{ flexWrap: "nowrap" }}>
            <span className="grow">{item}</span>
            <ActionIcon variant="subtle" color="gray" size={24} aria-label={say("edit.removeItem", { item })} onClick={() => save(value.filter((_, at) => at !== index))}>
              <IconX size={14} aria-hidden="true" />
            </ActionIcon>
          </li>
        ))}
      </ul>
      <TextInput
        size="xs"
        aria-label={add}
        placeholder={add}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={append}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            append();
          }
        }}
      />
    </fieldset>
  );
}
