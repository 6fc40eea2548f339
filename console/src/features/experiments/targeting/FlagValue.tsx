import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { FlagType } from "../../../api/flags";
import { useText } from "../../../design/text";
import { textOf, valueFrom } from "../flags/flag";

interface Props {
  label: string;
  type: FlagType;
  value: unknown;
  save: (value: unknown) => void;
  error?: string | undefined;
}

/** A value of a flag's type. */
export function FlagValue({ label, type, value, save, error }: Props) {
  const say = useText();
  const [text, setText] = useState(textOf(value, type));
  if (type === "boolean")
    return (
      <NativeSelect
        label={label}
        error={error}
        value={String(value === true)}
        data={[
          { value: "true", label: say("flag.on") },
          { value: "false", label: say("flag.off") },
        ]}
        onChange={(event) => save(event.currentTarget.value === "true")}
      />
    );
  return (
    <TextInput
      label={label}
      error={error}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        save(valueFrom(event.currentTarget.value, type));
      }}
    />
  );
}
