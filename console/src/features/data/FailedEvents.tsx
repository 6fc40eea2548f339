import { Button, Textarea } from "@mantine/core";
import { IconCheck, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { useFailedEventChange, useFailedEvents, type FailedEvent } from "../../api/failedEvents";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { plain } from "../../design/Properties";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Data.module.css";

/** What could not be taken: why, and the way to mend it. */
export function FailedEvents() {
  const say = useText();
  const failed = useFailedEvents();
  const may = useMay("events:write");
  return (
    <section className="stack" aria-labelledby="failed">
      <h2 id="failed">{say("data.failed")}</h2>
      <Answer of={failed}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return (
              <Empty icon={<IconCheck />} title={say("failed.empty")}>
                {say("failed.empty.words")}
              </Empty>
            );
          }
          return (
            <>
              <ul className={styles.failures}>
                {items.map((item) => (
                  <Failure key={item.id} item={item} may={may} />
                ))}
              </ul>
              <More of={failed} />
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function Failure({ item, may }: { item: FailedEvent; may: boolean }) {
  const say = useText();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const id = `failed-${item.id}`;
  return (
    <li className="card flush">
      <button type="button" className={styles.failure} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <IconChevronRight size={16} className={styles.arrow} data-open={open} aria-hidden="true" />
        <span className="grow">
          <strong>{say("failed.reason", { field: item.reason.field, rule: item.reason.rule })}</strong>
          <span className="dim small" style={{ display: "block" }}>
            {say("failed.when", { source: item.source || say("word.unknown"), when: format.ago(item.at) })}
          </span>
        </span>
        {item.state === "open" ? null : <Pill tone={item.state === "redriven" ? "accent" : "quiet"}>{say(`failed.${item.state}`)}</Pill>}
      </button>
      {open ? (
        <div id={id} className={styles.failuremore}>
          <dl className={styles.reason}>
            <div>
              <dt>{say("failed.field")}</dt>
              <dd className="mono">{item.reason.field}</dd>
            </div>
            <div>
              <dt>{say("failed.value")}</dt>
              <dd className="mono">{plain(item.reason.value)}</dd>
            </div>
            <div>
              <dt>{say("failed.remedy")}</dt>
              <dd>{item.reason.remedy}</dd>
            </div>
          </dl>
          <Mend item={item} may={may && item.state === "open"} />
        </div>
      ) : null}
    </li>
  );
}

const pretty = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

function Mend({ item, may }: { item: FailedEvent; may: boolean }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { redrive, discard, restore } = useFailedEventChange();
  const [text, setText] = useState(() => pretty(item.payload));
  const [problem, setProblem] = useState<string | null>(null);
  const send = () => {
    try {
      JSON.parse(text);
    } catch (error) {
      setProblem(say("failed.notJson", { detail: error instanceof Error ? error.message : "" }));
      return;
    }
    setProblem(null);
    redrive.mutate(
      { id: item.id, ...(text === pretty(item.payload) ? {} : { payload: text }) },
      { onSuccess: () => tell(say("failed.sent")), onError: tellError },
    );
  };
  return (
    <>
      <Textarea
        label={say("failed.payload")}
        autosize
        minRows={4}
        maxRows={20}
        readOnly={!may}
        spellCheck={false}
        value={text}
        error={problem}
        onChange={(event) => setText(event.currentTarget.value)}
        styles={{ input: { fontFamily: "var(--mono)", fontSize: "0.78125rem" } }}
      />
      {may ? (
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button
            variant="default"
            size="xs"
            loading={discard.isPending}
            onClick={() => discard.mutate(item.id, { onSuccess: () => tell(say("failed.discarded.toast"), () => restore.mutate(item.id, { onError: tellError })), onError: tellError })}
          >
            {say("failed.discard")}
          </Button>
          <Button size="xs" loading={redrive.isPending} onClick={send}>
            {say("failed.redrive")}
          </Button>
        </div>
      ) : null}
    </>
  );
}
