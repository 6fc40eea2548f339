import { ActionIcon } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Match } from "../api/asked";
import { useText } from "../design/text";
import { MatchEditor } from "../matching/MatchEditor";
import { below } from "./problems";
import styles from "./Question.module.css";

interface Props {
  any: (Match | null)[];
  label: string;
  problems?: Record<string, string>;
  save: (any: Match[]) => void;
  /** Before and behind the first event. */
  lead?: ReactNode;
  tail?: ReactNode;
}

/** One of these events. */
export function AnyEditor({ any, label, problems = {}, save, lead, tail }: Props) {
  const say = useText();
  const put = (at: number, match: Match) => save(any.flatMap((one, index) => (index === at ? [match] : one ? [one] : [])));
  return (
    <>
      {any.map((match, at) => (
        <div key={at} className="stack-s" style={{ gap: 4 }}>
          {at > 0 ? <span className={styles.or}>{say("rule.or")}</span> : null}
          <MatchEditor
            value={match}
            label={label}
            save={(next) => put(at, next)}
            problems={below(problems, `any[${at}]`)}
            lead={at === 0 ? lead : null}
            actions={
              tail && at === 0 ? (
                tail
              ) : at === any.length - 1 && match?.name ? (
                <ActionIcon variant="subtle" color="gray" aria-label={say("rule.add")} onClick={() => save([...any.flatMap((one) => one ?? []), { type: "track", name: null }])}>
                  <IconPlus size={15} aria-hidden="true" />
                </ActionIcon>
              ) : at > 0 ? (
                <ActionIcon variant="subtle" color="gray" aria-label={say("rule.remove")} onClick={() => save(any.flatMap((one, index) => (index === at || !one ? [] : [one])))}>
                  <IconX size={15} aria-hidden="true" />
                </ActionIcon>
              ) : null
            }
          />
        </div>
      ))}
    </>
  );
}
