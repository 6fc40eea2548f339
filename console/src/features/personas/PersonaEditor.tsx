import { ActionIcon, Button, Chip, NativeSelect, TagsInput, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { ApiError } from "../../api/client";
import type { Assumed, Deed, PersonaBody } from "../../api/personas";
import { usePopulations } from "../../api/populations";
import { CHANNELS, useChannelName } from "../../design/channels";
import { ListField } from "../../design/fields";
import { NumberInput } from "../../design/NumberInput";
import { Failed } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import { MatchEditor } from "../../matching/MatchEditor";
import styles from "./Personas.module.css";
import { FACES, Portrait } from "./Portrait";

interface Props {
  start: PersonaBody;
  saving: boolean;
  error: unknown;
  save: (body: PersonaBody) => void;
  cancel: () => void;
}

type Line = "summary" | "quote" | "age" | "income" | "family" | "place" | "industry" | "education" | "motivation" | "owner";

/** The refusal of one field, by its path, as the server told it. */
const refusedAt = (error: unknown, at: string): string | undefined => {
  if (!(error instanceof ApiError) || !error.body.field) return undefined;
  const { field, rule, remedy } = error.body;
  return field === at || field.startsWith(`${at}.`) || field.startsWith(`${at}[`) ? [rule, remedy].filter(Boolean).join(" ") : undefined;
};

/** A persona drawn by hand: who they are, what they want, and how the data can tell who is one of them. */
export function PersonaEditor({ start, saving, error, save, cancel }: Props) {
  const say = useText();
  const nameOf = useChannelName();
  const [body, setBody] = useState(start);
  const put = (change: Partial<PersonaBody>) => setBody((old) => ({ ...old, ...change }));
  const line = (field: Line, hint?: MessageId) => (
    <TextInput label={say(`persona.${field}`)} description={hint ? say(hint) : undefined} value={body[field]} error={refusedAt(error, field)} onChange={(event) => put({ [field]: event.currentTarget.value })} />
  );
  const list = (field: "needs" | "goals" | "pains") => <ListField label={say(`persona.${field}`)} add={say(`persona.${field}.add`)} value={body[field]} save={(value) => put({ [field]: value })} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(body);
  };
  const told = error instanceof ApiError && error.body.field ? null : error;
  return (
    <form onSubmit={submit} className={styles.editor}>
      {told ? <Failed error={told} /> : null}
      <Part title={say("persona.part.who")}>
        <TextInput label={say("field.name")} required data-autofocus value={body.name} error={refusedAt(error, "name")} onChange={(event) => put({ name: event.currentTarget.value })} />
        <fieldset className={styles.faces}>
          <legend>{say("persona.face")}</legend>
          {FACES.map((face, index) => (
            <label key={face}>
              <input type="radio" name="face" className="visually-hidden" checked={body.face === face} onChange={() => put({ face })} />
              <Portrait face={face} size={44} />
              <span className="visually-hidden">{say("persona.face.one", { number: index + 1 })}</span>
            </label>
          ))}
        </fieldset>
        {line("summary")}
        {line("quote", "persona.quote.what")}
        <div className={styles.pairs}>
          {line("age", "persona.age.what")}
          {line("place")}
          {line("family")}
          {line("income")}
          {line("education")}
          {line("industry")}
        </div>
      </Part>
      <Part title={say("persona.part.wants")}>
        {line("motivation")}
        {list("goals")}
        {list("needs")}
        {list("pains")}
        <ListField
          label={say("persona.key_tasks")}
          add={say("persona.key_tasks.add")}
          value={body.key_tasks.map((task) => task.text)}
          save={(texts) => put({ key_tasks: texts.map((text) => body.key_tasks.find((task) => task.text === text) ?? { text, match: null }) })}
        />
        <fieldset className={styles.channels}>
          <legend>{say("persona.channels")}</legend>
          <Chip.Group multiple value={body.channels} onChange={(channels) => put({ channels })}>
            <div className="row">
              {CHANNELS.filter((channel) => channel !== "server" && channel !== "other").map((channel) => (
                <Chip key={channel} value={channel} size="xs" variant="outline">
                  {nameOf(channel)}
                </Chip>
              ))}
            </div>
          </Chip.Group>
        </fieldset>
      </Part>
      {body.found ? null : <Belonging body={body} put={put} error={error} />}
      <Part title={say("persona.part.assumptions")} lead={say("persona.assumptions.what")}>
        {body.assumptions.map((assumed, index) => (
          <AssumedRow
            key={index}
            assumed={assumed}
            problem={refusedAt(error, `assumptions[${index}]`)}
            save={(next) => put({ assumptions: body.assumptions.map((one, at) => (at === index ? next : one)) })}
            drop={() => put({ assumptions: body.assumptions.filter((_, at) => at !== index) })}
          />
        ))}
        <div>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => put({ assumptions: [...body.assumptions, { trait: "", values: [], low: null, high: null }] })}>
            {say("persona.assumptions.add")}
          </Button>
        </div>
        {line("owner")}
      </Part>
      <div className={styles.foot}>
        <Button variant="default" onClick={cancel}>
          {say("action.cancel")}
        </Button>
        <Button type="submit" loading={saving}>
          {say("action.save")}
        </Button>
      </div>
    </form>
  );
}

function Part({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <section className="card stack">
      <div>
        <h2>{title}</h2>
        {lead ? <p className={styles.lead}>{lead}</p> : null}
      </div>
      {children}
    </section>
  );
}

/** Who is one of them: nobody can tell, the members of a segment, or those who did some things. */
function Belonging({ body, put, error }: { body: PersonaBody; put: (change: Partial<PersonaBody>) => void; error: unknown }) {
  const say = useText();
  const segments = (usePopulations().data ?? []).filter((one) => one.kind === "audience");
  const way = body.audience !== null ? "audience" : body.rule !== null ? "rule" : "none";
  const choose = (next: string) =>
    put({
      audience: next === "audience" ? (segments[0]?.value.slice("audience:".length) ?? "") : null,
      rule: next === "rule" ? { all: [{ match: { type: "track", name: null, where: [], channel: null }, at_least: 1, within_days: null, never: false }] } : null,
    });
  const deeds = body.rule?.all ?? [];
  const setDeeds = (all: Deed[]) => put(all.length > 0 ? { rule: { all } } : { rule: null });
  return (
    <Part title={say("persona.part.belonging")} lead={say("persona.belonging.what")}>
      <NativeSelect
        label={say("persona.belonging")}
        value={way}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: "none", label: say("persona.belonging.none") },
          ...(segments.length > 0 || way === "audience" ? [{ value: "audience", label: say("persona.belonging.audience") }] : []),
          { value: "rule", label: say("persona.belonging.rule") },
        ]}
      />
      {way === "audience" ? (
        <NativeSelect
          label={say("persona.belonging.segment")}
          value={body.audience ?? ""}
          error={refusedAt(error, "audience")}
          onChange={(event) => put({ audience: event.currentTarget.value })}
          data={segments.map((one) => ({ value: one.value.slice("audience:".length), label: one.name }))}
        />
      ) : null}
      {deeds.map((deed, index) => (
        <DeedRow key={index} deed={deed} index={index} error={error} save={(next) => setDeeds(deeds.map((one, at) => (at === index ? next : one)))} drop={() => setDeeds(deeds.filter((_, at) => at !== index))} />
      ))}
      {way === "rule" ? (
        <div>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => setDeeds([...deeds, { match: { type: "track", name: null, where: [], channel: null }, at_least: 1, within_days: null, never: false }])}>
            {say("persona.deed.add")}
          </Button>
        </div>
      ) : null}
    </Part>
  );
}

function DeedRow({ deed, index, error, save, drop }: { deed: Deed; index: number; error: unknown; save: (deed: Deed) => void; drop: () => void }) {
  const say = useText();
  const problem = refusedAt(error, `rule.all[${index}]`);
  return (
    <div className={styles.deed}>
      <div className="row">
        <NativeSelect
          size="xs"
          aria-label={say("persona.deed")}
          value={deed.never ? "never" : "did"}
          onChange={(event) => save({ ...deed, never: event.currentTarget.value === "never", at_least: 1 })}
          data={[
            { value: "did", label: say("persona.deed.did") },
            { value: "never", label: say("persona.deed.never") },
          ]}
        />
        {deed.never ? null : (
          <NumberInput size="xs" w={132} min={1} hideControls aria-label={say("persona.deed.times")} suffix={` ${say("persona.deed.times.suffix")}`} value={deed.at_least} onChange={(value) => save({ ...deed, at_least: Math.max(1, Number(value) || 1) })} />
        )}
        <NativeSelect
          size="xs"
          aria-label={say("persona.deed.within")}
          value={String(deed.within_days ?? "")}
          onChange={(event) => save({ ...deed, within_days: event.currentTarget.value ? Number(event.currentTarget.value) : null })}
          data={[{ value: "", label: say("persona.deed.ever") }, ...[...new Set([7, 30, 90, 180, 365, ...(deed.within_days ? [deed.within_days] : [])])].map((days) => ({ value: String(days), label: say("persona.deed.days", { days }) }))]}
        />
      </div>
      <MatchEditor
        label={say("rule.event")}
        value={deed.match.type === "track" && !deed.match.name ? null : deed.match}
        save={(match) => save({ ...deed, match })}
        problems={problem ? { "": problem } : {}}
        actions={
          <ActionIcon variant="subtle" color="gray" aria-label={say("rule.remove")} onClick={drop}>
            <IconX size={15} aria-hidden="true" />
          </ActionIcon>
        }
      />
    </div>
  );
}

/** One guess about a trait: some values, or a range. */
function AssumedRow({ assumed, problem, save, drop }: { assumed: Assumed; problem: string | undefined; save: (assumed: Assumed) => void; drop: () => void }) {
  const say = useText();
  const ranged = assumed.low !== null || assumed.high !== null;
  const number = (value: string | number): number | null => (value === "" ? null : Number(value));
  return (
    <div className={styles.deed}>
      <div className="row">
        <TextInput size="xs" className="grow" aria-label={say("trait.name")} placeholder={say("persona.assumed.trait")} value={assumed.trait} error={problem} onChange={(event) => save({ ...assumed, trait: event.currentTarget.value })} />
        <NativeSelect
          size="xs"
          aria-label={say("rule.operator")}
          value={ranged ? "range" : "values"}
          onChange={(event) => save(event.currentTarget.value === "range" ? { ...assumed, values: [], low: 0, high: 100 } : { ...assumed, low: null, high: null })}
          data={[
            { value: "values", label: say("op.in") },
            { value: "range", label: say("persona.assumed.range") },
          ]}
        />
        <ActionIcon variant="subtle" color="gray" aria-label={say("rule.removeCondition")} onClick={drop}>
          <IconX size={15} aria-hidden="true" />
        </ActionIcon>
      </div>
      {ranged ? (
        <div className="row">
          <NumberInput size="xs" w={120} hideControls aria-label={say("persona.assumed.low")} value={assumed.low ?? ""} onChange={(value) => save({ ...assumed, low: number(value) })} />
          <span aria-hidden="true">–</span>
          <NumberInput size="xs" w={120} hideControls aria-label={say("persona.assumed.high")} value={assumed.high ?? ""} onChange={(value) => save({ ...assumed, high: number(value) })} />
        </div>
      ) : (
        <TagsInput size="xs" aria-label={say("rule.values")} placeholder={assumed.values.length === 0 ? say("rule.values") : ""} value={assumed.values} onChange={(values) => save({ ...assumed, values })} />
      )}
    </div>
  );
}
