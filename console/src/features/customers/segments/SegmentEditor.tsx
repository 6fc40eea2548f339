import { Button, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { useAudiences, useAudienceChange, useAudienceSize, type AudienceBody, type Rule } from "../../../api/audiences";
import { ApiError } from "../../../api/client";
import { keyFor } from "../../../design/keys";
import { Page } from "../../../design/Page";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { RuleBuilder } from "./RuleBuilder";
import { asGroup, complete, finished, partsOf, under } from "./rules";
import styles from "./Segments.module.css";
import { SizePanel } from "./SizePanel";

interface Props {
  start: AudienceBody;
  /** null: a new one. */
  id: string | null;
  version: number;
  suggested?: string | undefined;
  done: (key: string | null) => void;
}

/** What a refusal says, by the path it says it of; anything else is no field's. */
function problemsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError) || !error.body.field) return {};
  const { field, rule, remedy, message } = error.body;
  return { [field.replace(/^body\./, "")]: [rule ?? message, remedy].filter(Boolean).join(" ") };
}

/** Why it can't be saved yet. */
function Missing({ begun, whole, named }: { begun: boolean; whole: boolean; named: boolean }) {
  const say = useText();
  if (whole && named) return null;
  return <span className="dim small">{say(whole ? "segment.nameless" : begun ? "segment.unfinished" : "segment.nobody")}</span>;
}

/** Says who is meant, condition by condition, while the number of people it holds for stands beside it. */
export function SegmentEditor({ start, id, version, suggested, done }: Props) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const taken = useAudiences().data?.items.map((one) => one.key) ?? [];
  const [name, setName] = useState(start.name);
  const [description, setDescription] = useState(start.description ?? "");
  const [rule, setRule] = useState<Rule>(() => asGroup(start.rule));
  const [expected, setExpected] = useState(version);
  const { create, save } = useAudienceChange();
  const whole = complete(rule);
  const askable = useMemo(() => finished(rule), [rule]);
  const [asked] = useDebouncedValue(askable, 250);
  const size = useAudienceSize(asked ? { name: name.trim() || "?", description: "", rule: asked } : null);
  const failed = save.error ?? create.error;
  const problems = { ...(whole ? problemsOf(size.error) : {}), ...problemsOf(failed) };
  const conflict = failed instanceof ApiError && failed.status === 409 ? failed : null;
  const body: AudienceBody = { name: name.trim(), description: description.trim(), rule };

  const saved = (key: string, made: number) => {
    done(key);
    if (id) tell(say("segment.saved", { name: body.name }), () => save.mutate({ key, expected: made, body: start }, { onError: tellError }));
    else tell(say("segment.created", { name: body.name }));
  };
  const store = (over = expected) => {
    if (id === null) {
      const key = suggested && !taken.includes(suggested) ? suggested : keyFor(body.name, [...taken, "new"]);
      create.mutate({ key, body }, { onSuccess: (made) => saved(made.key ?? key, made.version) });
    } else save.mutate({ key: id, expected: over, body }, { onSuccess: (made) => saved(id, made.version) });
  };
  const theirs = conflict ? (conflict.body.current as { version?: number } | undefined)?.version : undefined;
  return (
    <Page title={id ? say("segment.edit", { name: start.name }) : say("segment.new")} lead={say("segment.edit.lead")}>
      <form
        className={styles.columns}
        onSubmit={(event) => {
          event.preventDefault();
          store();
        }}
      >
        <div className="stack">
          <TextInput label={say("field.name")} required placeholder={say("segment.name.example")} value={name} error={problems.name} onChange={(event) => setName(event.currentTarget.value)} />
          <Textarea label={say("field.description")} autosize minRows={1} value={description} error={problems.description} onChange={(event) => setDescription(event.currentTarget.value)} />
          <section className="stack-s" aria-labelledby="who">
            <h2 id="who">{say("segment.who")}</h2>
            <RuleBuilder rule={rule} save={setRule} problems={under(problems, "rule")} self={id ?? ""} />
          </section>
          {conflict ? (
            <div className="stack-s">
              <Failed error={conflict} />
              {theirs === undefined ? null : (
                <div>
                  <Button size="xs" variant="default" onClick={() => (setExpected(theirs), store(theirs))}>
                    {say("edit.conflict.mine")}
                  </Button>
                </div>
              )}
            </div>
          ) : failed && Object.keys(problemsOf(failed)).length === 0 ? (
            <Failed error={failed} />
          ) : null}
          <div className="row">
            <Button type="submit" loading={save.isPending || create.isPending} disabled={name.trim() === "" || !whole}>
              {say("action.save")}
            </Button>
            <Button variant="default" onClick={() => done(id)}>
              {say("action.cancel")}
            </Button>
            <Missing begun={partsOf(rule).length > 0} whole={whole} named={name.trim() !== ""} />
          </div>
        </div>
        <div className={styles.side}>
          <div className={styles.sticky}>
            <SizePanel size={asked ? size.data : undefined} waiting={size.isFetching} sample />
            {size.error && Object.keys(problemsOf(size.error)).length === 0 ? <Failed error={size.error} retry={() => void size.refetch()} /> : null}
          </div>
        </div>
      </form>
    </Page>
  );
}
