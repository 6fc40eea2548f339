import { Autocomplete, Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Match } from "../../../api/asked";
import type { CommentSource } from "../../../api/comments";
import { useProperties } from "../../../api/properties";
import { useShelfChange } from "../../../api/shelf";
import { Drawer } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { MatchEditor } from "../../../matching/MatchEditor";
import { problemsUnder } from "../../../questions/problems";

type Body = CommentSource["body"];
type Part = "title" | "text" | "score" | "language";

const METRICS = ["nps", "csat", "ces", "rating"] as const;
const BLANK: Body = { name: "", match: { type: "track", name: null }, text: "" };

/** Which events carry a comment, and in which of their properties its words, score and language stand. */
export function SourceEditor({ source, taken, close }: { source: CommentSource | null; taken: string[]; close: () => void }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { create, save, discard } = useShelfChange<Body>("/api/comment-sources", ["comment-sources", "comment-runs"]);
  const [body, setBody] = useState<Body>(source?.body ?? BLANK);
  const match = body.match.name || body.match.type !== "track" ? (body.match as Match) : null;
  const properties = useProperties(match).data?.items ?? [];
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const set = (change: Partial<Body>) => setBody({ ...body, ...change });
  const names = (numbers: boolean) => properties.filter((one) => one.kind === (numbers ? "number" : "text")).map((one) => one.name);
  const part = (name: Part, required = false) => (
    <Autocomplete comboboxProps={{ withinPortal: false }} required={required} label={say(`comments.source.${name}`)} description={say(`comments.source.${name}.what`)} data={names(name === "score")} value={(body[name] as string | null | undefined) ?? ""} error={problems[name]} onChange={(value) => set({ [name]: value || (name === "text" ? "" : null) })} />
  );
  const done = { onSuccess: () => (tell(say("comments.source.saved")), close()) };
  const store = () => {
    const scored = { ...body, name: body.name.trim(), metric: body.score ? (body.metric ?? (body.metric_property ? null : "csat")) : null, metric_property: body.score ? (body.metric_property ?? null) : null };
    if (source) save.mutate({ key: source.key, expected: source.version, body: scored }, done);
    else create.mutate({ key: keyFor(body.name, taken), body: scored }, done);
  };
  const drop = () =>
    source &&
    discard.mutate(source.key, {
      onSuccess: (gone) => {
        tell(say("comments.source.gone"), () => save.mutate({ key: source.key, expected: gone.expected_version, body: source.body }, { onError: tellError }));
        close();
      },
      onError: tellError,
    });
  return (
    <Drawer opened onClose={close} size={480} title={<strong>{say(source ? "comments.source.edit" : "comments.source.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          store();
        }}
      >
        <TextInput required maxLength={120} label={say("comments.name")} value={body.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <MatchEditor label={say("comments.source.event")} value={match} save={(next) => set({ match: next })} problems={problemsUnder(error, "match")} />
        {part("text", true)}
        {part("title")}
        {part("score")}
        {body.score && !body.metric_property ? <NativeSelect label={say("comments.source.metric")} value={(body.metric as string | null) ?? "csat"} data={METRICS.map((value) => ({ value, label: say(`comments.source.metric.${value}`) }))} onChange={(event) => set({ metric: event.currentTarget.value })} /> : null}
        {part("language")}
        {error && Object.keys(problems).length === 0 ? <Failed error={error} /> : null}
        <p className="dim small" style={{ margin: 0 }}>
          {say("comments.source.history")}
        </p>
        <div className="row">
          <Button type="submit" disabled={!match} loading={create.isPending || save.isPending}>
            {say("action.save")}
          </Button>
          {source && source.version > 0 ? (
            <Button variant="subtle" color="gray" onClick={drop}>
              {say("action.remove")}
            </Button>
          ) : null}
        </div>
      </form>
    </Drawer>
  );
}
