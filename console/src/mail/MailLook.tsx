import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { EmailLook } from "../api/email";
import { useFormat } from "../design/format";
import { Failed } from "../design/states";
import { useText } from "../design/text";
import styles from "./MailLook.module.css";

interface Props {
  label: string;
  /** What the server made of the words that stand there now; the last one is shown while they change. */
  look: { data: EmailLook | undefined; error: unknown };
  lines?: "few";
}

/** A mail as it will be: in a frame in which nothing runs, as wide as a screen or a phone, or as its plain text. */
export function MailLook({ label, look, lines }: Props) {
  const say = useText();
  const format = useFormat();
  const [as, setAs] = useState("desktop");
  return (
    <>
      <div className="row-between">
        <strong>{label}</strong>
        <SegmentedControl size="xs" aria-label={label} value={as} onChange={setAs} data={(["desktop", "phone", "text"] as const).map((value) => ({ value, label: say(`email.preview.${value}`) }))} />
      </div>
      {look.error ? <Failed error={look.error} /> : null}
      {look.data ? (
        <>
          <p className={styles.subject}>
            <strong>{look.data.subject}</strong>
            <span className="dim small">{say("email.size", { kilobytes: format.number(Math.round(look.data.bytes / 1000)) })}</span>
          </p>
          {look.data.problems.map((problem) => (
            <p key={problem} className={styles.problem}>
              {say(`email.problem.${problem}` as "email.problem.too_large")}
            </p>
          ))}
          {as === "text" ? <pre className={styles.text}>{look.data.text}</pre> : <iframe key={as} className={styles.frame} data-as={as} data-lines={lines} title={label} src={look.data.path} sandbox="" />}
        </>
      ) : null}
    </>
  );
}
