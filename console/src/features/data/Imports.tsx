import { Button, NativeSelect, Progress } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useRef, useState, type DragEvent } from "react";
import { ApiError } from "../../api/client";
import { useImportChange, useImportMappings, useImportPreview, useImports, useStartImport, type Import } from "../../api/imports";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { Modal } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { plain } from "../../design/Properties";
import { Answer, Empty, Failed, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Data.module.css";

export function Imports() {
  const say = useText();
  const imports = useImports();
  const may = useMay("write");
  const [file, setFile] = useState<File | null>(null);
  return (
    <section className="stack" aria-labelledby="imports">
      <h2 id="imports">{say("data.imports")}</h2>
      {may ? <DropZone take={setFile} /> : null}
      <Answer of={imports}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconFileUpload />} title={say("import.empty")}>
              {say("import.empty.words")}
            </Empty>
          ) : (
            <ul className={styles.imports}>
              {items.map((one) => (
                <ImportRow key={one.id} one={one} may={may} />
              ))}
            </ul>
          )
        }
      </Answer>
      {file ? <Preview file={file} close={() => setFile(null)} /> : null}
    </section>
  );
}

function DropZone({ take }: { take: (file: File) => void }) {
  const say = useText();
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) take(file);
  };
  return (
    <div
      className={styles.drop}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <IconFileUpload size={24} stroke={1.5} aria-hidden="true" />
      <span>{say("import.drop")}</span>
      <Button size="xs" onClick={() => input.current?.click()}>
        {say("import.choose")}
      </Button>
      <input
        ref={input}
        hidden
        type="file"
        aria-label={say("import.choose")}
        accept=".csv,.tsv,.json,.jsonl,.ndjson,.parquet,.gz"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) take(file);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

const TONES = { running: "gold", done: "accent", failed: "ember", stopped: "quiet" } as const;

function ImportRow({ one, may }: { one: Import; may: boolean }) {
  const say = useText();
  const format = useFormat();
  const { tellError } = useToasts();
  const change = useImportChange();
  const share = one.total_bytes > 0 ? Math.min(1, one.done_bytes / one.total_bytes) : one.state === "done" ? 1 : 0;
  return (
    <li className="card">
      <div className="row-between">
        <span className="row">
          <strong>{one.file.split("/").at(-1)}</strong>
          <Pill tone={TONES[one.state]}>{say(`import.${one.state}`)}</Pill>
        </span>
        <span className="row">
          <span className="dim small">{format.dateTime(one.started_at)}</span>
          {may && one.state !== "done" ? (
            <Button size="compact-xs" variant="default" loading={change.isPending} onClick={() => change.mutate({ id: one.id, change: one.state === "running" ? "stop" : "resume" }, { onError: tellError })}>
              {one.state === "running" ? say("import.stop") : say("import.resume")}
            </Button>
          ) : null}
        </span>
      </div>
      {one.error ? <p style={{ margin: "4px 0", color: "var(--ember-ink)" }}>{one.error}</p> : null}
      {one.state === "running" ? <Progress value={share * 100} animated aria-label={say("import.progress", { file: one.file, share: format.percent(share) })} mt={8} mb={8} /> : null}
      <div className="small dim">
        {say("import.counts", { records: one.records, events: one.events, failed: one.failed, skipped: one.skipped })}
        {one.state === "running" && one.total_bytes > 0 ? ` · ${say("import.bytes", { done: format.bytes(one.done_bytes), total: format.bytes(one.total_bytes) })}` : ""}
      </div>
    </li>
  );
}

/** What would come in, before it does. */
function Preview({ file, close }: { file: File; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const mappings = useImportMappings();
  const [mapping, setMapping] = useState("");
  const preview = useImportPreview(file, mapping);
  const start = useStartImport();
  const choices = (mappings.data?.items ?? []).map((one) => ({ value: one.name, label: one.title }));
  const sample = preview.data?.sample ?? [];
  const columns = [...new Set(sample.flatMap((event) => Object.keys(event)))].slice(0, 8);
  return (
    <Modal opened onClose={close} size="xl" title={<strong>{say("import.preview", { file: file.name, size: format.bytes(file.size) })}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        <NativeSelect label={say("import.mapping")} description={say("import.mapping.what")} value={mapping} data={[{ value: "", label: say("import.mapping.auto") }, ...choices]} onChange={(event) => setMapping(event.currentTarget.value)} />
        {preview.isPending ? <Lines count={4} /> : null}
        {preview.error ? <Failed error={preview.error} retry={() => void preview.refetch()} /> : null}
        {preview.data ? (
          <>
            <p className="dim small" style={{ margin: 0 }}>
              {say("import.format", { format: preview.data.format, columns: preview.data.columns.length })}{" "}
              {preview.data.mapping?.title ? say("import.mapped", { title: preview.data.mapping.title }) : null}{" "}
              {preview.data.mapping ? say("import.would", { records: preview.data.records, events: preview.data.events, failed: preview.data.failed }) : null}
            </p>
            {preview.data.mapping ? null : <Failed error={new ApiError(400, { code: "mapping", message: say("import.noMapping"), remedy: say("import.noMapping.remedy") })} />}
            {preview.data.problems.length > 0 ? (
              <ul style={{ margin: 0, color: "var(--ember-ink)" }}>
                {preview.data.problems.slice(0, 8).map((problem, index) => (
                  <li key={index}>{say("import.problem", { record: problem.record, field: problem.field, value: problem.value === "" || problem.value === null ? "" : `“${plain(problem.value)}”`, rule: problem.rule, remedy: problem.remedy })}</li>
                ))}
              </ul>
            ) : null}
            {sample.length > 0 ? (
              <div className="scroll-x" tabIndex={0} role="region" aria-label={say("import.sample")}>
                <table className="plain small">
                  <caption className="visually-hidden">{say("import.sample")}</caption>
                  <thead>
                    <tr>
                      {columns.map((column) => (
                        <th key={column} scope="col">
                          {column}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {sample.slice(0, 5).map((event, index) => (
                      <tr key={index}>
                        {columns.map((column) => (
                          <td key={column} style={{ maxWidth: 240 }} className="clip">
                            {plain(event[column])}
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            ) : null}
          </>
        ) : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={close}>
            {say("action.cancel")}
          </Button>
          <Button
            disabled={!preview.data?.mapping}
            loading={start.isPending}
            onClick={() =>
              start.mutate(
                { file, mapping },
                {
                  onSuccess: () => {
                    tell(say("import.started", { file: file.name }));
                    close();
                  },
                  onError: tellError,
                },
              )
            }
          >
            {say("import.go")}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
