import { Button, NativeSelect, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useMetricChange, useMetricPreview, useMetrics, type Events, type Measure, type Metric, type MetricBody, type Quantity, type Unit } from "../../api/metrics";
import { useProperties } from "../../api/properties";
import { keyFor } from "../../design/keys";
import { NumberInput } from "../../design/NumberInput";
import { Page } from "../../design/Page";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { useAddress } from "../../questions/address";
import { AnyEditor } from "../../questions/later";
import { WindowSelect } from "../../questions/fields";
import { usualInterval } from "../../questions/intervals";
import { below, isRefusal, problemsUnder } from "../../questions/problems";
import question from "../../questions/Question.module.css";
import { Range, Refused, Sparkline, useFigure } from "./figures";
import { emptyMetric, FORMS, reformed, SIDES, tidy, united, UNITS, whole, type FormName } from "./metric";
import styles from "./Metrics.module.css";
import { useMeasureWords } from "./words";

/** A metric of one's own from nothing. */
export function NewMetric() {
  const navigate = useNavigate();
  return <MetricEditor metric={null} close={() => void navigate({ to: "/metrics" })} />;
}

/** Writes a metric: what is counted on one side, what comes of it on the other. */
export function MetricEditor({ metric, close }: { metric: Metric | null; close: () => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { tell, tellError } = useToasts();
  const { query, days } = useAddress();
  const all = useMetrics();
  const { create, save } = useMetricChange();
  const [draft, setDraft] = useState<MetricBody>(metric?.body ?? emptyMetric());
  const [settled] = useDebouncedValue(draft, 400);
  const preview = useMetricPreview(whole(settled) ? { ...tidy(settled), name: settled.name.trim() || say("metric.unnamed") } : null, query, usualInterval(days));
  const error = create.error ?? save.error ?? preview.error;
  const problems = problemsUnder(error, "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = tidy(draft);
    if (metric) {
      const back = () => save.mutate({ key: metric.key, expected: metric.version + 1, body: metric.body }, { onError: tellError });
      save.mutate(
        { key: metric.key, expected: metric.version, body },
        {
          onSuccess: () => {
            tell(say("metric.saved", { name: body.name }), back);
            close();
          },
        },
      );
    } else {
      const key = keyFor(body.name, all.data?.items.map((one) => one.key) ?? []);
      create.mutate(
        { key, body },
        {
          onSuccess: () => {
            tell(say("metric.saved", { name: body.name }));
            void navigate({ to: "/metrics/$key", params: { key } });
          },
        },
      );
    }
  };
  const shown = create.error ?? save.error;
  return (
    <Page title={metric ? say("metric.edit", { name: metric.body.name }) : say("metric.new")}>
      <form onSubmit={submit} className={question.columns}>
        <div className="card stack-s" style={{ padding: 16 }}>
          <Fields draft={draft} set={setDraft} problems={problems} />
        </div>
        <div className={question.answer}>
          <Preview draft={draft} of={preview} />
          {shown && !isRefusal(shown) ? <Failed error={shown} /> : null}
          {isRefusal(error) && Object.keys(problems).length === 0 ? <Failed error={error} /> : null}
          <div className="row">
            <Button type="submit" loading={create.isPending || save.isPending}>
              {say("action.save")}
            </Button>
            <Button variant="default" onClick={close}>
              {say("action.cancel")}
            </Button>
          </div>
        </div>
      </form>
    </Page>
  );
}

function Preview({ draft, of }: { draft: MetricBody; of: ReturnType<typeof useMetricPreview> }) {
  const say = useText();
  const figure = useFigure();
  const words = useMeasureWords();
  const item = of.data?.items[0];
  const ready = whole(draft);
  return (
    <section className="card stack-s" aria-label={say("metric.preview")} aria-live="polite">
      <h2>{say("metric.preview")}</h2>
      {ready ? <p style={{ margin: 0 }}>{words(draft)}</p> : <p className="dim" style={{ margin: 0 }}>{say("metric.preview.empty")}</p>}
      {ready && of.error ? (
        isRefusal(of.error) ? (
          <Refused why={{ field: of.error.body.field ?? "", value: null, rule: of.error.body.rule ?? of.error.body.message, remedy: of.error.body.remedy ?? "" }} />
        ) : (
          <Failed error={of.error} retry={() => void of.refetch()} />
        )
      ) : ready && item ? (
        item.refused ? (
          <Refused why={item.refused} />
        ) : (
          <div className="row" style={{ gap: 16, alignItems: "center", opacity: of.isPlaceholderData ? 0.55 : 1 }}>
            <span className={`${styles.big} figures`}>{figure(item.value, item)}</span>
            <Range of={item} low={item.low} high={item.high} />
            <span className="dim small">{say(`metric.n.${item.unit}`, { count: item.n })}</span>
            <Sparkline values={item.series.map((point) => point.value)} label={say("metric.spark", { name: item.name })} />
          </div>
        )
      ) : null}
    </section>
  );
}

interface FieldsProps {
  draft: MetricBody;
  set: (draft: MetricBody) => void;
  problems: Record<string, string>;
}

function Fields({ draft, set, problems }: FieldsProps) {
  const say = useText();
  const { measure } = draft;
  const change = (next: Partial<Measure>) => set({ ...draft, measure: { ...measure, ...next } });
  const events = (name: "events" | "start" | "back", label: string) => <EventsField label={label} value={measure[name]} problems={below(problems, `measure.${name}`)} save={(value) => change({ [name]: value })} />;
  const session = draft.unit === "session";
  return (
    <>
      <TextInput size="xs" label={say("field.name")} required maxLength={120} error={problems.name} value={draft.name} onChange={(event) => set({ ...draft, name: event.currentTarget.value })} />
      <NativeSelect size="xs" label={say("metric.form")} description={say(`metric.form.${measure.form}.words`)} value={measure.form} data={FORMS.map((form) => ({ value: form, label: say(`metric.form.${form}`) }))} onChange={(event) => set(reformed(draft, event.currentTarget.value as FormName))} />
      {UNITS[measure.form].length > 1 ? (
        <NativeSelect size="xs" label={say("metric.unit")} error={problems.unit} value={draft.unit} data={UNITS[measure.form].map((unit) => ({ value: unit, label: say(measure.form === "unique" && unit === "event" ? "metric.unit.value" : `metric.unit.${unit}`) }))} onChange={(event) => set(united(draft, event.currentTarget.value as Unit))} />
      ) : null}
      {measure.form === "conversion" ? events("start", say("metric.start")) : null}
      {measure.form === "retention" ? (
        <>
          {events("start", say("metric.start"))}
          {events("back", say("metric.back"))}
          <Span label={say("metric.after")} value={measure.after ?? 86_400} error={problems["measure.after"]} save={(after) => change({ after })} />
          <Span label={say("metric.within")} value={measure.within ?? 2_592_000} error={problems["measure.within"]} save={(within) => change({ within })} />
        </>
      ) : measure.form === "ratio" ? (
        (["numerator", "denominator"] as const).map((side) => <SideField key={side} label={say(`metric.${side}`)} value={measure[side] ?? { of: "events" }} problems={below(problems, `measure.${side}`)} save={(quantity) => change({ [side]: quantity })} />)
      ) : (
        events("events", measure.form === "conversion" ? say("metric.arrive") : say("metric.events"))
      )}
      {measure.form === "conversion" && measure.start && !session ? (
        <>
          <Switch size="xs" label={say("metric.windowed")} checked={measure.within !== null && measure.within !== undefined} onChange={(event) => change({ within: event.currentTarget.checked ? 604_800 : null })} />
          {measure.within ? <Span label={say("metric.within")} value={measure.within} error={problems["measure.within"]} save={(within) => change({ within })} /> : null}
        </>
      ) : null}
      {measure.form === "conversion" || measure.form === "retention" ? <Switch size="xs" label={say("metric.others")} checked={measure.others ?? false} onChange={(event) => change({ others: event.currentTarget.checked })} /> : null}
      {measure.form === "sum" || ((measure.form === "mean" || measure.form === "quantile") && !session) ? (
        <PropertyField label={say("metric.property")} events={measure.events} value={measure.property ?? ""} error={problems["measure.property"]} save={(property) => change({ property })} />
      ) : null}
      {measure.form === "unique" && draft.unit === "event" ? <PropertyField label={say("metric.property.values")} events={measure.events} value={measure.property ?? ""} error={problems["measure.property"]} anyKind save={(property) => change({ property })} /> : null}
      {session && (measure.form === "mean" || measure.form === "quantile") ? (
        <NativeSelect
          size="xs"
          label={say("metric.visit")}
          error={problems["measure.visit"]}
          value={measure.visit ?? "seconds"}
          data={(["seconds", "events", "bounce", "exit"] as const).map((visit) => ({ value: visit, label: say(`metric.visit.${visit}`) }))}
          onChange={(event) => change({ visit: event.currentTarget.value as NonNullable<Measure["visit"]> })}
        />
      ) : null}
      {measure.form === "quantile" ? <NumberInput size="xs" label={say("metric.q")} error={problems["measure.q"]} suffix=" %" min={1} max={99} value={Math.round((measure.q ?? 0.5) * 100)} onChange={(value) => change({ q: Number(value) / 100 })} /> : null}
      {measure.form === "mean" && measure.visit !== "bounce" && measure.visit !== "exit" ? (
        <NumberInput
          size="xs"
          label={say("metric.cap")}
          description={say("metric.cap.words")}
          min={0}
          error={problems["outliers.cap"] ?? problems.outliers}
          value={draft.outliers?.cap ?? ""}
          onChange={(value) => {
            const { outliers: _, ...rest } = draft;
            set(value === "" ? rest : { ...rest, outliers: { cap: Number(value) } });
          }}
        />
      ) : null}
      <NativeSelect
        size="xs"
        label={say("metric.direction")}
        value={draft.direction ?? "up"}
        data={(["up", "down", "none"] as const).map((direction) => ({ value: direction, label: say(`metric.direction.${direction}`) }))}
        onChange={(event) => set({ ...draft, direction: event.currentTarget.value as NonNullable<MetricBody["direction"]> })}
      />
      <TextInput size="xs" label={say("metric.currency")} description={say("metric.currency.words")} maxLength={3} error={problems.currency} value={draft.currency ?? ""} onChange={(event) => set({ ...draft, currency: event.currentTarget.value.toUpperCase() || null })} />
      <TextInput size="xs" label={say("field.owner")} error={problems.owner} value={draft.owner ?? ""} onChange={(event) => set({ ...draft, owner: event.currentTarget.value })} />
      <Textarea size="xs" label={say("field.description")} autosize minRows={2} error={problems.description} value={draft.description ?? ""} onChange={(event) => set({ ...draft, description: event.currentTarget.value })} />
    </>
  );
}

function EventsField({ label, value, problems, save }: { label: string; value: Events | null | undefined; problems: Record<string, string>; save: (value: Events | null) => void }) {
  const say = useText();
  const any = value?.any ?? [];
  return (
    <section className={question.step} aria-label={label}>
      <div className="row-between">
        <span className="dim small">{label}</span>
        {any.length > 0 ? (
          <button type="button" className={`${question.verb} small`} onClick={() => save(null)}>
            {say("metric.clear")}
          </button>
        ) : null}
      </div>
      <AnyEditor any={any.length > 0 ? any : [null]} label={label} problems={problems} save={(next) => save(next.length > 0 ? { any: next } : null)} />
      {problems[""] || problems.any ? (
        <span className={question.refused} role="alert">
          {problems[""] ?? problems.any}
        </span>
      ) : null}
    </section>
  );
}

function SideField({ label, value, problems, save }: { label: string; value: Quantity; problems: Record<string, string>; save: (value: Quantity) => void }) {
  const say = useText();
  const events = value.of === "events" || value.of === "orders" || value.of === "amount";
  return (
    <fieldset className={question.step} style={{ margin: 0 }}>
      <legend className="small dim">{label}</legend>
      <NativeSelect
        size="xs"
        aria-label={label}
        error={problems.of ?? problems.metric}
        value={value.of}
        data={[...SIDES.map((of) => ({ value: of as string, label: say(`metric.of.${of}`) })), ...(value.of === "metric" ? [{ value: "metric", label: value.metric ?? "" }] : [])]}
        onChange={(event) => save({ of: event.currentTarget.value as Quantity["of"], events: value.events ?? null, ...(event.currentTarget.value === "amount" ? { property: value.property ?? "revenue" } : {}) })}
      />
      {events || value.events ? <EventsField label={say("metric.events")} value={value.events} problems={below(problems, "events")} save={(next) => save({ ...value, events: next })} /> : null}
      {value.of === "amount" ? <PropertyField label={say("metric.property")} events={value.events} value={value.property ?? "revenue"} error={problems.property} save={(property) => save({ ...value, property })} /> : null}
    </fieldset>
  );
}

interface PropertyProps {
  label: string;
  events: Events | null | undefined;
  value: string;
  error: string | undefined;
  /** Of any kind; else numbers only. */
  anyKind?: boolean;
  save: (property: string) => void;
}

/** Properties of the events chosen. */
function PropertyField({ label, events, value, error, anyKind = false, save }: PropertyProps) {
  const properties = useProperties(events?.any[0] ?? null);
  const found = (properties.data?.items ?? []).filter((one) => anyKind || one.kind === "number").map((one) => one.name);
  const names = [...new Set([...(anyKind ? [] : ["revenue"]), ...found, value])].filter(Boolean);
  return <Select size="xs" label={label} searchable allowDeselect={false} error={error} data={names} value={value || null} onChange={(next) => next && save(next)} />;
}

function Span({ label, value, error, save }: { label: string; value: number; error: string | undefined; save: (seconds: number) => void }) {
  return (
    <label className={question.field}>
      <span>{label}</span>
      <WindowSelect value={value} error={error} save={save} />
    </label>
  );
}
