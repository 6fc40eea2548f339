import { Button, NativeSelect, Progress, TextInput } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useGuessedColumns, type FeedbackColumns, type GuessedColumns, type Scale } from "../../../api/feedbackImports";
import { useImportPreview, useImports, useStartImport } from "../../../api/imports";
import { useMay } from "../../../api/session";
import { useFormat } from "../../../design/format";
import { Answer, Empty, Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "./Inbox.module.css";

/** Past surveys and reviews from a file: chosen, looked at, brought in. */
export function ImportPage() {
  const say = useText();
  const may = useMay("write");
  const [file, setFile] = useState<File | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const choose = may ? (
    <Button onClick={() => input.current?.click()} leftSection={<IconFileUpload size={16} aria-hidden="true" />}>
      {say("bring.choose")}
    </Button>
  ) : null;
  return (
    <section className="stack" aria-labelledby="bring">
      <h2 id="bring">{say("bring.title")}</h2>
      <input
        ref={input}
        hidden
        type="file"
        aria-label={say("bring.choose")}
        accept=".csv,.tsv,.json,.jsonl,.ndjson,.parquet,.gz"
        onChange={(event) => {
          setFile(event.currentTarget.files?.[0] ?? null);
          event.currentTarget.value = "";
        }}
      />
      {file ? (
        <Columns key={`${file.name}-${file.lastModified}`} file={file} close={() => setFile(null)} />
      ) : (
        <Empty icon={<IconFileUpload />} title={say("bring.empty")} action={choose}>
          {say("bring.words")}
        </Empty>
      )}
      <Running />
    </section>
  );
}

function Columns({ file, close }: { file: File; close: () => void }) {
  const say = useText();
  const [chosen, setChosen] = useState<FeedbackColumns | null>(null);
  const guessed = useGuessedColumns(file, chosen);
  return (
    <div className={styles.panel} style={{ position: "static" }}>
      <h3>{file.name}</h3>
      <Answer of={guessed}>
        {(found) => <Chooser found={found} columns={chosen ?? found.columns} choose={setChosen} fresh={chosen === null} file={file} close={close} />}
      </Answer>
      <Button variant="subtle" color="gray" size="xs" onClick={close} style={{ justifySelf: "start" }}>
        {say("action.cancel")}
      </Button>
    </div>
  );
}

const PARTS = ["score", "comment", "date", "customer", "email", "channel"] as const;
const SCALES: Scale[] = ["0-10", "1-5", "1-7"];

function Chooser({ found, columns, choose, fresh, file, close }: { found: GuessedColumns; columns: FeedbackColumns; choose: (columns: FeedbackColumns) => void; fresh: boolean; file: File; close: () => void }) {
  const say = useText();
  const none = { value: "", label: say("bring.none") };
  const names = [none, ...found.names.filter(Boolean).map((value) => ({ value, label: value }))];
  const doubts = fresh ? found.doubts : [];
  return (
    <div className="stack">
      <div className={styles.minding}>
        <NativeSelect label={say("bring.what")} value={columns.what} data={(["survey", "review"] as const).map((value) => ({ value, label: say(`bring.what.${value}`) }))} onChange={(event) => choose({ ...columns, what: event.currentTarget.value as "survey" })} />
        {PARTS.map((part) => (
          <NativeSelect
            key={part}
            label={say(`bring.column.${part}`)}
            description={doubts.includes(part) ? say("bring.doubt") : undefined}
            value={columns[part] ?? ""}
            data={names}
            onChange={(event) => choose({ ...columns, [part]: event.currentTarget.value || null, ...(part === "date" ? { date_format: null } : {}) })}
          />
        ))}
        <NativeSelect label={say("bring.scale")} description={doubts.includes("scale") ? say("bring.scale.doubt") : undefined} value={columns.scale ?? ""} data={[none, ...SCALES.map((value) => ({ value, label: say(`bring.scale.${value}`) }))]} onChange={(event) => choose({ ...columns, scale: (event.currentTarget.value || null) as Scale | null })} />
        {columns.date === null ? <TextInput type="date" label={say("bring.on")} value={columns.on ?? ""} onChange={(event) => choose({ ...columns, on: event.currentTarget.value || null })} /> : null}
      </div>
      {found.problem ? <p role="status">{found.problem}</p> : null}
      {found.mapping ? <Preview file={file} mapping={JSON.stringify(found.mapping)} close={close} /> : null}
    </div>
  );
}

/** What would come in, before it does. */
function Preview({ file, mapping, close }: { file: File; mapping: string; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const preview = useImportPreview(file, mapping);
  const start = useStartImport();
  const { tell } = useToasts();
  const go = () => start.mutate({ file, mapping }, { onSuccess: () => (tell(say("bring.started")), close()) });
  return (
    <Answer of={preview}>
      {(seen) => (
        <div className="stack-s">
          <p>{say("bring.would", { events: seen.events, failed: seen.failed, records: seen.records })}</p>
          <ul className={styles.plain}>
            {seen.sample.slice(0, 3).map((event, index) => (
              <li key={index} className="small">
                <strong>{String((event.properties as Record<string, unknown> | undefined)?.score ?? (event.properties as Record<string, unknown> | undefined)?.rating ?? "–")}</strong>{" "}
                <span className="dim">{format.dateTime(String(event.time))}</span>
                <div dir="auto">{String((event.properties as Record<string, unknown> | undefined)?.comment ?? (event.properties as Record<string, unknown> | undefined)?.review_body ?? "").slice(0, 200)}</div>
              </li>
            ))}
          </ul>
          {seen.problems.slice(0, 3).map((problem, index) => (
            <p key={index} className="small" style={{ margin: 0, color: "var(--ember-ink)" }}>
              {say("bring.problem", { record: problem.record, field: problem.field, rule: problem.rule, remedy: problem.remedy })}
            </p>
          ))}
          {start.error ? <Failed error={start.error} /> : null}
          <Button onClick={go} loading={start.isPending} disabled={seen.events === 0} style={{ alignSelf: "start" }}>
            {say("bring.start")}
          </Button>
        </div>
      )}
    </Answer>
  );
}

/** How far what is being brought in is. */
function Running() {
  const say = useText();
  const format = useFormat();
  const items = useImports().data?.items.filter((one) => one.mapping === "feedback").slice(0, 5) ?? [];
  if (items.length === 0) return null;
  return (
    <ul className={styles.plain} aria-label={say("bring.earlier")}>
      {items.map((one) => {
        const share = one.total_bytes > 0 ? Math.min(1, one.done_bytes / one.total_bytes) : 1;
        return (
          <li key={one.id} className={styles.rule}>
            <span className="grow">
              <strong>{one.file.split("/").at(-1)}</strong>
              {one.state === "running" ? <Progress value={share * 100} aria-label={say("bring.progress", { file: one.file, share: format.percent(share) })} /> : null}
            </span>
            <span className="dim small">{say("bring.counts", { records: one.records, events: one.events, failed: one.failed, skipped: one.skipped })}</span>
          </li>
        );
      })}
    </ul>
  );
}
