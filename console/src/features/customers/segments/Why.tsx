import { IconCheck, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useExplanation, type Reason, type Rule } from "../../../api/audiences";
import { Drawer } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { useNames } from "./names";
import styles from "./Segments.module.css";
import { useConditionWords } from "./words";

/** Why is she in? Each part of the rule with whether it holds, since when, by which event, and when it will end by itself. */
export function Why({ segment, name, profile, who, close }: { segment: string; name: string; profile: string; who: string; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const explanation = useExplanation(segment, profile);
  return (
    <Drawer opened onClose={close} title={<strong>{say("why.title", { who, name })}</strong>} size={460} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={explanation}>
        {(data) => (
          <div className="stack">
            <p className={styles.verdict} data-in={data.member}>
              {data.member ? say("why.in", { since: data.since ? format.dateTime(data.since) : say("word.unknown"), known: data.since ? "yes" : "no" }) : say("why.out")}
            </p>
            <Told reasons={data.reasons} />
            <Link to="/customers/segments/$key" params={{ key: segment }}>
              {say("why.segment")}
            </Link>
          </div>
        )}
      </Answer>
    </Drawer>
  );
}

const conditionsIn = (reasons: Reason[]): Rule[] => reasons.flatMap((reason) => [...(reason.rule ? [reason.rule] : []), ...conditionsIn(reason.reasons)]);

/** The reasons in the reader's language. */
function Told({ reasons }: { reasons: Reason[] }) {
  const say = useText();
  const words = useConditionWords(useNames({ all: conditionsIn(reasons) }));
  return <Reasons reasons={reasons} words={(reason) => (reason.rule ? words(reason.rule) : say(reason.kind === "not" ? "segment.group.none" : reason.kind === "any" ? "segment.group.any" : "segment.group.all"))} />;
}

function Reasons({ reasons, words }: { reasons: Reason[]; words: (reason: Reason) => string }) {
  const say = useText();
  const format = useFormat();
  return (
    <ul className={styles.reasons}>
      {reasons.map((reason, index) => (
        <li key={index} data-met={reason.met}>
          {reason.met ? <IconCheck size={16} aria-hidden="true" /> : <IconX size={16} aria-hidden="true" />}
          <div className="grow">
            <span className="visually-hidden">{say(reason.met ? "why.met" : "why.unmet")} </span>
            {words(reason)}
            {reason.event ? <span className={styles.by}>{say("why.by", { event: reason.event.name, when: format.dateTime(reason.event.time) })}</span> : reason.since ? <span className={styles.by}>{say("why.since", { when: format.dateTime(reason.since) })}</span> : null}
            {reason.until ? <span className={styles.by}>{say("why.until", { when: format.dateTime(reason.until) })}</span> : null}
            {reason.reasons.length > 0 ? <Reasons reasons={reason.reasons} words={words} /> : null}
          </div>
        </li>
      ))}
    </ul>
  );
}
