import { ActionIcon, Autocomplete, Button, MultiSelect, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useAudiences, type Did, type Moment, type Ordered, type Rule, type Total, type Without } from "../../../api/audiences";
import { useCustomers } from "../../../api/customers";
import { useJourney, useJourneys } from "../../../api/journeys";
import { useProperties } from "../../../api/properties";
import type { Condition, Match } from "../../../api/asked";
import { useSession } from "../../../api/session";
import { NumberInput } from "../../../design/NumberInput";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { OPERATORS, textOf, valueOf } from "../../../matching/clauses";
import { MatchEditor } from "../../../matching/MatchEditor";
import { PeriodField } from "./PeriodField";
import { under } from "./rules";
import styles from "./Segments.module.css";

interface Props {
  rule: Rule;
  save: (rule: Rule) => void;
  problems: Record<string, string>;
  self: string;
}

/** One condition as a sentence of fields, by what it is about. */
export function ConditionEditor({ rule, save, problems, self }: Props) {
  const say = useText();
  const kind = Object.keys(rule)[0] ?? "";
  const own = under(problems, kind);
  const told = { ...own, "": own[""] ?? problems[""] ?? "" };
  if (rule.did) return <DidEditor did={rule.did} save={(did) => save({ did })} problems={told} />;
  if (rule.sum) return <SumEditor sum={rule.sum} save={(sum) => save({ sum })} problems={told} />;
  if (rule.time) return <TimeEditor time={rule.time} save={(time) => save({ time })} problems={told} />;
  if (rule.without) return <WithoutEditor without={rule.without} save={(without) => save({ without })} problems={told} />;
  if (rule.ordered) return <OrderedEditor ordered={rule.ordered} save={(ordered) => save({ ordered })} problems={told} />;
  if (rule.stage) return <StageEditor stage={rule.stage} save={(stage) => save({ stage })} problems={told} />;
  if (rule.trait) return <TraitEditor trait={rule.trait} save={(trait) => save({ trait })} problems={told} />;
  if (rule.context) return <ContextEditor context={rule.context} save={(context) => save({ context })} problems={told} />;
  if (rule.consent) return <ConsentEditor consent={rule.consent} save={(consent) => save({ consent })} problems={told} />;
  if (rule.segment !== undefined) return <SegmentEditor segment={rule.segment} save={(segment) => save({ segment })} self={self} problem={problems.segment ?? told[""]} />;
  return <span className="dim">{say("segment.unknown")}</span>;
}

/** Words and fields on one line that breaks where it must; what the server refused stands beneath. */
function Sentence({ children, problem }: { children: ReactNode; problem?: string | undefined }) {
  return (
    <>
      <div className={styles.sentence}>{children}</div>
      <Problem>{problem}</Problem>
    </>
  );
}

/** Events of which any counts. */
function Matches({ matches, save, problems, label }: { matches: Match[]; save: (matches: Match[]) => void; problems: Record<string, string>; label: string }) {
  const say = useText();
  return (
    <div className={styles.matches}>
      {matches.map((match, index) => (
        <div key={index}>
          {index > 0 ? <span className={styles.joint}>{say("rule.or")}</span> : null}
          <MatchEditor
            label={label}
            value={match.type === "track" && !match.name ? null : match}
            save={(next) => save(matches.map((one, at) => (at === index ? next : one)))}
            problems={under(problems, `[${index}]`)}
            actions={
              <>
                {index === matches.length - 1 && match.name ? (
                  <ActionIcon variant="subtle" color="gray" aria-label={say("rule.add")} onClick={() => save([...matches, { type: "track", name: null, where: [], channel: null }])}>
                    <IconPlus size={15} aria-hidden="true" />
                  </ActionIcon>
                ) : null}
                {matches.length > 1 ? (
                  <ActionIcon variant="subtle" color="gray" aria-label={say("rule.remove")} onClick={() => save(matches.filter((_, at) => at !== index))}>
                    <IconX size={15} aria-hidden="true" />
                  </ActionIcon>
                ) : null}
              </>
            }
          />
        </div>
      ))}
    </div>
  );
}

/** At any time, or in the last so and so long. */
function Within({ value, save, problem }: { value: string | null | undefined; save: (period: string | null) => void; problem?: string | undefined }) {
  const say = useText();
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label={say("segment.when")}
        value={value ? "last" : "ever"}
        onChange={(event) => save(event.currentTarget.value === "ever" ? null : "30 days")}
        data={[
          { value: "last", label: say("segment.inTheLast") },
          { value: "ever", label: say("words.ever") },
        ]}
      />
      {value ? <PeriodField label={say("segment.period")} value={value} save={save} problem={problem} /> : null}
    </>
  );
}

const timesOf = (did: Did): "never" | "exactly" | "most" | "least" => {
  const { at_least: least = null, at_most: most = null } = did;
  if (most === 0) return "never";
  if (least !== null && least === most) return "exactly";
  return most !== null ? "most" : "least";
};

function DidEditor({ did, save, problems }: { did: Did; save: (did: Did) => void; problems: Record<string, string> }) {
  const say = useText();
  const how = timesOf(did);
  const count = how === "most" || how === "exactly" ? (did.at_most ?? 1) : (did.at_least ?? 1);
  const put = (kind: string, number: number) =>
    save({ ...did, at_least: kind === "least" || kind === "exactly" ? number : null, at_most: kind === "never" ? 0 : kind === "most" || kind === "exactly" ? number : null });
  return (
    <>
      <Sentence problem={problems[""] || problems.at_least || problems.at_most || problems.any}>
        <NativeSelect
          size="xs"
          aria-label={say("segment.howOften")}
          value={how}
          onChange={(event) => put(event.currentTarget.value, Math.max(1, count))}
          data={(["least", "most", "exactly", "never"] as const).map((value) => ({ value, label: say(`segment.times.${value}`) }))}
        />
        {how === "never" ? null : (
          <NumberInput size="xs" w={76} min={0} hideControls allowDecimal={false} aria-label={say("segment.times")} suffix=" ×" value={count} onChange={(value) => typeof value === "number" && put(how, value)} />
        )}
        <Within value={did.within} save={(within) => save({ ...did, within })} problem={problems.within} />
      </Sentence>
      <Matches label={say("rule.event")} matches={did.any} save={(any) => save({ ...did, any })} problems={under(problems, "any")} />
    </>
  );
}

function SumEditor({ sum, save, problems }: { sum: Total; save: (sum: Total) => void; problems: Record<string, string> }) {
  const say = useText();
  const { workspace } = useSession();
  const properties = useProperties(sum.any[0] ?? null);
  const numbers = (properties.data?.items ?? []).filter((one) => one.kind === "number").map((one) => one.name);
  const most = (sum.at_least ?? null) === null;
  const amount = (most ? sum.at_most : sum.at_least) ?? 0;
  const put = (top: boolean, value: number) => save({ ...sum, at_least: top ? null : value, at_most: top ? value : null });
  const money = sum.property === "revenue";
  return (
    <>
      <Sentence problem={problems[""] || problems.at_least || problems.at_most || problems.any}>
        <span>{say("segment.sum.of")}</span>
        <Autocomplete size="xs" w={150} aria-label={say("rule.property")} data={[...new Set(["revenue", ...numbers])]} value={sum.property} error={problems.property} onChange={(property) => save({ ...sum, property, currency: property === "revenue" ? (sum.currency ?? workspace.currency) : null })} />
        <NativeSelect
          size="xs"
          aria-label={say("rule.operator")}
          value={most ? "most" : "least"}
          onChange={(event) => put(event.currentTarget.value === "most", amount)}
          data={[
            { value: "least", label: say("segment.times.least.is") },
            { value: "most", label: say("segment.times.most.is") },
          ]}
        />
        <NumberInput size="xs" w={100} hideControls aria-label={say("segment.amount")} value={amount} onChange={(value) => typeof value === "number" && put(most, value)} />
        {money ? <TextInput size="xs" w={64} maxLength={3} aria-label={say("workspace.currency")} value={sum.currency ?? ""} error={problems.currency} onChange={(event) => save({ ...sum, currency: event.currentTarget.value.toUpperCase() || null })} /> : null}
        <Within value={sum.within} save={(within) => save({ ...sum, within })} problem={problems.within} />
      </Sentence>
      <Matches label={say("rule.event")} matches={sum.any} save={(any) => save({ ...sum, any })} problems={under(problems, "any")} />
    </>
  );
}

function TimeEditor({ time, save, problems }: { time: Moment; save: (time: Moment) => void; problems: Record<string, string> }) {
  const say = useText();
  const recent = (time.within ?? null) !== null;
  const period = recent ? time.within : time.longer_ago;
  const put = (within: boolean, value: string) => save({ which: time.which, any: time.any, ...(within ? { within: value } : { longer_ago: value }) });
  return (
    <>
      <Sentence problem={problems[""] || problems.any}>
        <NativeSelect
          size="xs"
          aria-label={say("segment.which")}
          value={time.which}
          onChange={(event) => save({ ...time, which: event.currentTarget.value === "first" ? "first" : "last" })}
          data={[
            { value: "last", label: say("segment.lastTime") },
            { value: "first", label: say("segment.firstTime") },
          ]}
        />
        <NativeSelect
          size="xs"
          aria-label={say("segment.when")}
          value={recent ? "within" : "ago"}
          onChange={(event) => put(event.currentTarget.value === "within", period ?? "30 days")}
          data={[
            { value: "ago", label: say("segment.longerAgo") },
            { value: "within", label: say("segment.wasInTheLast") },
          ]}
        />
        <PeriodField label={say("segment.period")} value={period} save={(value) => put(recent, value)} problem={problems.within ?? problems.longer_ago} />
      </Sentence>
      <Matches label={say("rule.event")} matches={time.any} save={(any) => save({ ...time, any })} problems={under(problems, "any")} />
    </>
  );
}

function WithoutEditor({ without, save, problems }: { without: Without; save: (without: Without) => void; problems: Record<string, string> }) {
  const say = useText();
  return (
    <>
      <Sentence problem={problems[""] || problems.any}>
        <span>{say("segment.without.did")}</span>
        <PeriodField label={say("segment.period")} value={without.within} save={(within) => save({ ...without, within })} problem={problems.within} />
      </Sentence>
      <Matches label={say("rule.event")} matches={without.any} save={(any) => save({ ...without, any })} problems={under(problems, "any")} />
      <Sentence problem={problems.without}>
        <span>{say("segment.without.then")}</span>
      </Sentence>
      <Matches label={say("segment.without.other")} matches={without.without} save={(next) => save({ ...without, without: next })} problems={under(problems, "without")} />
      <Sentence>
        <span>{say("segment.without.for")}</span>
        <PeriodField label={say("segment.without.for")} value={without.after ?? "1 hour"} save={(after) => save({ ...without, after })} problem={problems.after} />
      </Sentence>
    </>
  );
}

function OrderedEditor({ ordered, save, problems }: { ordered: Ordered; save: (ordered: Ordered) => void; problems: Record<string, string> }) {
  const say = useText();
  const put = (steps: Ordered["steps"]) => save({ ...ordered, steps });
  return (
    <>
      <Sentence problem={problems[""] || problems.steps}>
        <span>{say("segment.ordered.did")}</span>
        <PeriodField label={say("segment.period")} value={ordered.within} save={(within) => save({ ...ordered, within })} problem={problems.within} />
      </Sentence>
      {ordered.steps.map((step, index) => (
        <div key={index} className={styles.step}>
          <span className={styles.number} aria-hidden="true">
            {index + 1}
          </span>
          <div className="grow">
            <Matches label={say("segment.ordered.step", { number: index + 1 })} matches={step.any} save={(any) => put(ordered.steps.map((one, at) => (at === index ? { any } : one)))} problems={under(problems, `steps[${index}].any`)} />
          </div>
          {ordered.steps.length > 2 ? (
            <ActionIcon variant="subtle" color="gray" aria-label={say("segment.ordered.remove", { number: index + 1 })} onClick={() => put(ordered.steps.filter((_, at) => at !== index))}>
              <IconX size={15} aria-hidden="true" />
            </ActionIcon>
          ) : null}
        </div>
      ))}
      <Sentence>
        {ordered.steps.length < 5 ? (
          <Button size="compact-xs" variant="subtle" leftSection={<IconPlus size={12} aria-hidden="true" />} onClick={() => put([...ordered.steps, { any: [{ type: "track", name: null, where: [], channel: null }] }])}>
            {say("segment.ordered.add")}
          </Button>
        ) : null}
        <span>{say("segment.ordered.apart")}</span>
        <PeriodField label={say("segment.ordered.apart")} value={ordered.apart} save={(apart) => save({ ...ordered, apart })} problem={problems.apart} />
      </Sentence>
    </>
  );
}

function StageEditor({ stage, save, problems }: { stage: { journey: string; in: string[] }; save: (stage: { journey: string; in: string[] }) => void; problems: Record<string, string> }) {
  const say = useText();
  const journeys = useJourneys().data?.items ?? [];
  const stages = useJourney(stage.journey).data?.body.stages ?? [];
  return (
    <Sentence problem={problems[""] || problems.in}>
      <span>{say("segment.stage.of")}</span>
      <NativeSelect
        size="xs"
        aria-label={say("segment.journey")}
        value={stage.journey}
        error={problems.journey}
        onChange={(event) => save({ journey: event.currentTarget.value, in: [] })}
        data={[{ value: "", label: say("segment.journey.choose") }, ...journeys.map((one) => ({ value: one.key, label: one.name }))]}
      />
      {stage.journey ? (
        <>
          <span>{say("segment.stage.in")}</span>
          <MultiSelect size="xs" className="grow" aria-label={say("segment.stages")} placeholder={stage.in.length === 0 ? say("segment.stages") : ""} value={stage.in} onChange={(next) => save({ ...stage, in: next })} data={stages.map((one) => ({ value: one.key, label: one.name }))} />
        </>
      ) : null}
    </Sentence>
  );
}

/** A property, an operator and a value, kept as typed until the writer leaves the field. */
function Comparison({ condition, save, problems, property, values }: { condition: Condition; save: (condition: Condition) => void; problems: Record<string, string>; property: ReactNode; values: string[] }) {
  const say = useText();
  const [text, setText] = useState(textOf(condition.value));
  const needs = OPERATORS.find(({ op }) => op === condition.op)?.needs ?? true;
  const done = (value: string) => save({ ...condition, value: valueOf(value, condition.op) });
  return (
    <Sentence problem={problems[""] || problems.value || problems.op || problems.property}>
      {property}
      <NativeSelect
        size="xs"
        aria-label={say("rule.operator")}
        value={condition.op}
        onChange={(event) => save({ ...condition, op: event.currentTarget.value, value: valueOf(text, event.currentTarget.value) })}
        data={OPERATORS.map(({ op }) => ({ value: op, label: say(`op.${op}`) }))}
      />
      {needs ? (
        <Autocomplete
          size="xs"
          className="grow"
          aria-label={say("rule.value")}
          placeholder={condition.op === "in" ? say("rule.values") : say("rule.value")}
          data={values}
          limit={30}
          value={text}
          onChange={setText}
          onOptionSubmit={done}
          onBlur={() => text !== textOf(condition.value) && done(text)}
        />
      ) : null}
    </Sentence>
  );
}

function TraitEditor({ trait, save, problems }: { trait: Condition; save: (trait: Condition) => void; problems: Record<string, string> }) {
  const say = useText();
  const known = useTraits();
  const [name, setName] = useState(trait.property);
  return (
    <Comparison
      condition={trait}
      save={save}
      problems={problems}
      values={known.get(trait.property) ?? []}
      property={
        <>
          <span>{say("segment.trait")}</span>
          <Autocomplete size="xs" w={160} aria-label={say("trait.name")} placeholder={say("trait.name")} data={[...known.keys()].sort()} limit={50} value={name} onChange={setName} onOptionSubmit={(property) => save({ ...trait, property })} onBlur={() => name.trim() !== trait.property && save({ ...trait, property: name.trim() })} />
        </>
      }
    />
  );
}

/** Traits that the customers seen last carry, with some of their values: suggestions, not a limit. */
function useTraits(): Map<string, string[]> {
  const customers = useCustomers("");
  return useMemo(() => {
    const found = new Map<string, string[]>();
    for (const customer of customers.data?.pages[0]?.items ?? []) {
      for (const [name, value] of Object.entries(customer.traits)) {
        if (value === null || typeof value === "object") continue;
        const values = found.get(name) ?? [];
        if (!values.includes(String(value))) found.set(name, [...values, String(value)]);
      }
    }
    return found;
  }, [customers.data]);
}

const CONTEXT = ["channel", "device", "os", "browser", "locale", "page_path", "referrer_kind", "campaign_source", "campaign_medium", "campaign_name"] as const;

function ContextEditor({ context, save, problems }: { context: Condition; save: (context: Condition) => void; problems: Record<string, string> }) {
  const say = useText();
  const properties = useProperties(null);
  const values = (properties.data?.items ?? []).find((one) => one.name === context.property)?.values.map(String) ?? [];
  return (
    <Comparison
      condition={context}
      save={save}
      problems={problems}
      values={values}
      property={
        <>
          <span>{say("segment.context")}</span>
          <NativeSelect size="xs" aria-label={say("rule.property")} value={context.property} onChange={(event) => save({ ...context, property: event.currentTarget.value })} data={CONTEXT.map((value) => ({ value, label: say(`context.${value}`) }))} />
        </>
      }
    />
  );
}

const PURPOSES = ["analytics", "personalisation", "marketing", "sharing"] as const;

function ConsentEditor({ consent, save, problems }: { consent: { purpose: string; is: string }; save: (consent: { purpose: string; is: string }) => void; problems: Record<string, string> }) {
  const say = useText();
  return (
    <Sentence problem={problems[""] || problems.purpose || problems.is}>
      <span>{say("segment.consent")}</span>
      <NativeSelect size="xs" aria-label={say("segment.purpose")} value={consent.purpose} onChange={(event) => save({ ...consent, purpose: event.currentTarget.value })} data={PURPOSES.map((value) => ({ value, label: say(`consent.${value}`) }))} />
      <NativeSelect
        size="xs"
        aria-label={say("segment.consent.state")}
        value={consent.is}
        onChange={(event) => save({ ...consent, is: event.currentTarget.value })}
        data={(["granted", "denied", "unknown"] as const).map((value) => ({ value, label: say(`consent.${value}`) }))}
      />
    </Sentence>
  );
}

function SegmentEditor({ segment, save, self, problem }: { segment: string; save: (segment: string) => void; self: string; problem: string | undefined }) {
  const say = useText();
  const others = (useAudiences().data?.items ?? []).filter((one) => one.key !== self);
  return (
    <Sentence problem={problem}>
      <span>{say("segment.isIn")}</span>
      <NativeSelect size="xs" aria-label={say("segment.other")} value={segment} onChange={(event) => save(event.currentTarget.value)} data={[{ value: "", label: say("segment.other.choose") }, ...others.map((one) => ({ value: one.key, label: one.name }))]} />
    </Sentence>
  );
}
