import { ActionIcon, Button, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useContacts } from "./policy";
import { useContents, type ContentType } from "../../api/content";
import { useExperienceChange, useExperiences, type ExperienceBody, type ShownVariation, type VisitContext } from "../../api/experiences";
import { useGoals } from "../../api/goals";
import { usePlacements } from "../../api/placements";
import { fetchSiteExperiment, useExperimentNames } from "../../api/siteExperiments";
import { usePopulations } from "../../api/populations";
import type { Saved } from "../../api/shelf";
import { ListField } from "../../design/fields";
import { useFormat } from "../../design/format";
import { NumberInput } from "../../design/NumberInput";
import { Page } from "../../design/Page";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { below } from "../../questions/problems";
import { Conditions } from "../../targeting/Conditions";
import { DryRunPanel } from "./DryRunPanel";
import { useEditing, type Editing } from "./editing";
import { beginning, type Begun } from "./beginning";
import styles from "./Experiences.module.css";
import { InWords } from "./InWords";
import { NewContent, NewPlacement } from "./making";
import { Ending, Picks, ScheduleFields } from "./parts";
import { interrupts, PERIODS, personal } from "./words";

const DEVICES = ["desktop", "mobile", "tablet"];
const PRIORITIES = [20, 50, 80];

interface Props {
  saved: Saved<ExperienceBody> | null;
  /** What a new one begins with. */
  begun: Begun;
  done: (key: string) => void;
}

/** The guided path: where, for whom, what, when and how often, what it asks of the customer; said back in words beside it. */
export function ExperienceEditor({ saved, begun, done }: Props) {
  const say = useText();
  const change = useExperienceChange();
  const taken = useExperiences().data?.items.map((one) => one.key) ?? [];
  const editing = useEditing({ saved, blank: beginning(begun, (name) => say("match.name", { name })), change, taken, done });
  const { draft } = editing;
  const missing = [
    ...(draft.name.trim() === "" ? [say("exp.missing.name")] : []),
    ...(draft.placement === "" ? [say("exp.missing.place")] : []),
    ...(draft.variations.every((one) => one.content === null) ? [say("exp.missing.content")] : []),
  ];
  return (
    <Page title={saved ? say("exp.edit", { name: saved.body.name }) : say("exp.new")} lead={<Link to="/experiences">{say("exp.all")}</Link>}>
      <form
        className={styles.columns}
        onSubmit={(event) => {
          event.preventDefault();
          editing.store();
        }}
      >
        <ol className={styles.steps}>
          <Step number={1} title={say("exp.step.where")}>
            <Where of={editing} />
          </Step>
          <Step number={2} title={say("exp.step.who")}>
            <Who of={editing} />
          </Step>
          <Step number={3} title={say("exp.step.what")}>
            <What of={editing} />
          </Step>
          <Step number={4} title={say("exp.step.when")}>
            <When of={editing} />
          </Step>
          <Step number={5} title={say("exp.step.fair")}>
            <Fair of={editing} />
          </Step>
        </ol>
        <div className={styles.side}>
          <InWords body={draft} />
          {missing.length === 0 ? <DryRunPanel of={saved?.key ?? null} body={{ ...draft, name: draft.name.trim() }} /> : null}
          <section className={styles.panel} aria-label={say("action.save")}>
            {missing.length > 0 ? <p className="dim small">{missing.join(" ")}</p> : <p className="dim small">{say(draft.status === "live" ? "exp.saves.live" : "exp.saves.draft")}</p>}
            <Ending
              of={editing}
              ready={missing.length === 0}
              label={saved ? say("action.save") : say("exp.saveDraft")}
              back={
                <Button variant="default" renderRoot={(props) => (saved ? <Link to="/experiences/$key" params={{ key: saved.key }} search={{}} {...props} /> : <Link to="/experiences" {...props} />)}>
                  {say("action.cancel")}
                </Button>
              }
            />
          </section>
        </div>
      </form>
    </Page>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: React.ReactNode }) {
  return (
    <li className={styles.step}>
      <span className={styles.number} aria-hidden="true">
        {number}
      </span>
      <section className={styles.body} aria-label={title}>
        <h2>{title}</h2>
        {children}
      </section>
    </li>
  );
}

type Part = { of: Editing<ExperienceBody> };

function Where({ of: { draft, set, problems } }: Part) {
  const say = useText();
  const format = useFormat();
  const places = usePlacements().data?.items ?? [];
  const experiences = new Map(useExperiences().data?.items.map((one) => [one.key, one.name]));
  const contents = new Map(useContents().data?.items.map((one) => [one.key, one.name]));
  const [making, setMaking] = useState(false);
  const place = places.find((one) => one.key === draft.placement);
  return (
    <>
      <TextInput label={say("field.name")} placeholder={say("exp.name.example")} required maxLength={120} value={draft.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
      <div className="row" style={{ alignItems: "flex-end" }}>
        <NativeSelect
          className="grow"
          label={say("exp.place")}
          required
          value={draft.placement}
          error={problems.placement}
          data={[{ value: "", label: say("exp.place.choose") }, ...places.map((one) => ({ value: one.key, label: one.name }))]}
          onChange={(event) => set({ placement: event.currentTarget.value })}
        />
        <Button variant="default" onClick={() => setMaking(true)}>
          {say("placement.new")}
        </Button>
      </div>
      {place ? (
        <p className="dim small" style={{ margin: 0 }}>
          {place.experiences.length > 0 ? say("placement.filled", { what: format.list(place.experiences.map((key) => experiences.get(key) ?? key)) }) : say("placement.unfilled")}{" "}
          {place.default ? say("placement.else", { what: contents.get(place.default) ?? place.default }) : say("exp.place.noDefault")}
        </p>
      ) : null}
      {making ? (
        <NewPlacement
          close={() => setMaking(false)}
          done={(key) => {
            set({ placement: key });
            setMaking(false);
          }}
        />
      ) : null}
    </>
  );
}

function Who({ of: { draft, set, problems } }: Part) {
  const say = useText();
  const people = usePopulations().data ?? [];
  const { context } = draft;
  const visit = (change: Partial<VisitContext>) => set({ context: { ...context, ...change } });
  const chosen = draft.audience ? `audience:${draft.audience}` : draft.persona ? `persona:${draft.persona}` : "";
  const choose = (value: string) => {
    const [kind, key = ""] = value.split(/:(.*)/);
    set({ audience: kind === "audience" ? key : null, persona: kind === "persona" ? key : null });
  };
  const conditions = context.pages.length > 0 || context.campaign.source.length > 0 || context.campaign.name.length > 0 || context.devices.length > 0 || context.visitor !== null || context.condition !== null;
  return (
    <>
      <NativeSelect
        label={say("exp.who")}
        description={
          people.length === 0 ? (
            <Link to="/customers/segments/$key" params={{ key: "new" }}>
              {say("exp.who.make")}
            </Link>
          ) : undefined
        }
        value={chosen}
        error={problems.audience ?? problems.persona}
        data={[
          { value: "", label: say("exp.everybody") },
          { group: say("lens.population.audience"), items: people.filter((one) => one.kind === "audience").map((one) => ({ value: one.value, label: one.name })) },
          { group: say("lens.population.persona"), items: people.filter((one) => one.kind === "persona").map((one) => ({ value: one.value, label: one.name })) },
        ]}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <details className={styles.more} open={conditions}>
        <summary>{say("exp.visit")}</summary>
        <div className="stack">
          <ListField label={say("exp.pages")} add={say("exp.pages.add")} value={context.pages.map((one) => one.pattern)} save={(patterns) => visit({ pages: patterns.map((pattern) => context.pages.find((one) => one.pattern === pattern) ?? { pattern }) })} />
          <div className={styles.pair}>
            <ListField label={say("exp.campaign.source")} add={say("exp.campaign.source.add")} value={context.campaign.source} save={(source) => visit({ campaign: { ...context.campaign, source } })} />
            <ListField label={say("exp.campaign.name")} add={say("exp.campaign.name.add")} value={context.campaign.name} save={(name) => visit({ campaign: { ...context.campaign, name } })} />
          </div>
          <Picks label={say("exp.devices")} options={DEVICES.map((value) => ({ value, label: say(`exp.device.${value}` as "exp.device.desktop") }))} value={context.devices} save={(devices) => visit({ devices })} />
          <div className="stack-s">
            <span className="small">{say("exp.visitor")}</span>
            <SegmentedControl
              size="xs"
              aria-label={say("exp.visitor")}
              value={context.visitor ?? "any"}
              onChange={(value) => visit({ visitor: value === "any" ? null : (value as "new" | "returning") })}
              data={(["any", "new", "returning"] as const).map((value) => ({ value, label: say(`exp.visitor.${value}`) }))}
            />
          </div>
          <Conditions condition={context.condition} set={(condition) => visit({ condition })} problems={below(problems, "context.condition")} />
        </div>
      </details>
    </>
  );
}

const letter = (used: string[]): string => "abcdefghijklmnopqrstuvwxyz".split("").find((one) => !used.includes(one)) ?? `v${used.length + 1}`;

function What({ of: { draft, set, problems } }: Part) {
  const say = useText();
  const format = useFormat();
  const contents = useContents().data?.items ?? [];
  const place = usePlacements().data?.items.find((one) => one.key === draft.placement);
  const [making, setMaking] = useState<number | null>(null);
  const fitting = contents.filter((one) => !place || place.types.length === 0 || place.types.includes(one.type));
  const { variations } = draft;
  const total = variations.reduce((sum, one) => sum + one.weight, 0) || 1;
  const change = (index: number, part: Partial<ShownVariation>) => set({ variations: variations.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const experiments = useExperimentNames().data?.items.filter((one) => one.status === "draft" || one.status === "running" || one.key === draft.experiment) ?? [];
  const { tellError } = useToasts();
  /** An experiment splits by its own variations: they are taken over, each with the content that stood at its place. */
  const split = (key: string) => {
    if (key === "") set({ experiment: null });
    else fetchSiteExperiment(key).then(({ body }) => set({ experiment: key, variations: body.variations.map((one, index) => ({ key: one.key, name: one.name, content: variations[index]?.content ?? null, weight: 1 })) }), tellError);
  };
  const add = (content: string | null) => set({ variations: [...variations, { key: letter(variations.map((one) => one.key)), name: "", content, weight: 1 }] });
  return (
    <>
      {variations.map((one, index) => (
        <fieldset key={one.key} className={styles.part}>
          <legend>{variations.length > 1 ? say("exp.variation", { key: one.key.toUpperCase(), share: format.percent(one.weight / total) }) : say("exp.content")}</legend>
          <div className={styles.variation}>
            <NativeSelect
              aria-label={say("exp.content.of", { key: one.key.toUpperCase() })}
              value={one.content ?? ""}
              error={problems[`variations[${index}].content`]}
              data={[{ value: "", label: variations.length > 1 ? say("exp.asItIs") : say("exp.content.choose") }, ...fitting.map((row) => ({ value: row.key, label: row.approval === "approved" ? row.name : say("exp.content.unapproved", { name: row.name }) }))]}
              onChange={(event) => change(index, { content: event.currentTarget.value || null })}
            />
            {variations.length > 1 ? <NumberInput aria-label={say("exp.weight", { key: one.key.toUpperCase() })} min={0} value={one.weight} onChange={(value) => change(index, { weight: Number(value) })} /> : <span />}
            <div className="row" style={{ flexWrap: "nowrap" }}>
              <Button variant="default" onClick={() => setMaking(index)}>
                {say("exp.content.write")}
              </Button>
              {variations.length > 1 ? (
                <ActionIcon variant="subtle" color="gray" aria-label={say("exp.variation.remove", { key: one.key.toUpperCase() })} onClick={() => set({ variations: variations.filter((_, at) => at !== index) })}>
                  <IconX size={16} aria-hidden="true" />
                </ActionIcon>
              ) : null}
            </div>
          </div>
        </fieldset>
      ))}
      <div className="row">
        <Button size="xs" variant="default" onClick={() => add(null)}>
          {say("exp.variation.add")}
        </Button>
      </div>
      <div className={styles.pair}>
        <NumberInput label={say("exp.holdout")} description={say("exp.holdout.what")} min={0} max={90} suffix=" %" error={problems.holdout} value={Math.round(draft.holdout * 1000) / 10} onChange={(value) => set({ holdout: Number(value) / 100 })} />
        {experiments.length > 0 || draft.experiment ? (
          <NativeSelect
            label={say("exp.experiment")}
            description={say("exp.experiment.what")}
            value={draft.experiment ?? ""}
            error={problems.experiment}
            data={[{ value: "", label: say("exp.experiment.none") }, ...experiments.map((one) => ({ value: one.key, label: one.name }))]}
            onChange={(event) => split(event.currentTarget.value)}
          />
        ) : null}
      </div>
      {making === null ? null : (
        <NewContent
          types={place && place.types.length > 0 ? (place.types as ContentType[]) : undefined}
          close={() => setMaking(null)}
          done={(key) => {
            change(making, { content: key });
            setMaking(null);
          }}
        />
      )}
    </>
  );
}

function When({ of: { draft, set, problems } }: Part) {
  const say = useText();
  const { frequency } = draft;
  const level = PRIORITIES.includes(draft.priority) ? String(draft.priority) : "";
  return (
    <>
      <ScheduleFields value={draft.schedule} save={(schedule) => set({ schedule })} problem={problems.schedule ?? problems["schedule.end"]} />
      <div className={styles.pair}>
        <NativeSelect
          label={say("exp.often")}
          value={frequency ? (PERIODS.includes(frequency.per) ? frequency.per : "other") : ""}
          error={problems["frequency.per"]}
          data={[{ value: "", label: say("exp.often.always") }, ...PERIODS.map((value) => ({ value, label: say(`exp.often.${value.replace(" ", "")}` as "exp.often.1day") })), ...(frequency && !PERIODS.includes(frequency.per) ? [{ value: "other", label: frequency.per }] : [])]}
          onChange={(event) => {
            const per = event.currentTarget.value;
            set({ frequency: per === "" ? null : { most: frequency?.most ?? 1, per: per === "other" ? (frequency?.per ?? "1 day") : per } });
          }}
        />
        {frequency ? <NumberInput label={say("exp.often.most")} min={1} value={frequency.most} error={problems["frequency.most"]} onChange={(value) => set({ frequency: { ...frequency, most: Number(value) || 1 } })} /> : null}
        <NativeSelect
          label={say("exp.priority")}
          description={say("exp.priority.what")}
          value={level}
          data={[...(level ? [] : [{ value: "", label: String(draft.priority) }]), ...PRIORITIES.map((value) => ({ value: String(value), label: say(`exp.priority.${value}` as "exp.priority.50") }))]}
          onChange={(event) => set({ priority: Number(event.currentTarget.value) || draft.priority })}
        />
      </div>
    </>
  );
}

function Fair({ of: { draft, set, problems } }: Part) {
  const say = useText();
  const contents = useContents().data?.items;
  const goals = useGoals().data?.items ?? [];
  const caps = useContacts();
  const counts = interrupts(draft, new Map(contents?.map((one) => [one.key, one.type as string])));
  return (
    <>
      <p style={{ margin: 0 }}>{say(personal(draft) ? "exp.fair.personal" : "exp.fair.open")}</p>
      <p style={{ margin: 0 }}>{counts ? say("exp.fair.contact", { caps }) : say("exp.fair.quiet")}</p>
      <div className={styles.pair}>
        <NativeSelect
          label={say("exp.purpose")}
          value={draft.purpose ?? ""}
          error={problems.purpose}
          data={[{ value: "", label: say("exp.purpose.none") }, ...(["analytics", "personalisation", "marketing", "sharing"] as const).map((value) => ({ value, label: say(`consent.${value}`) }))]}
          onChange={(event) => set({ purpose: (event.currentTarget.value || null) as ExperienceBody["purpose"] })}
        />
        {goals.length > 0 ? (
          <NativeSelect
            label={say("exp.goal")}
            value={draft.goal ?? ""}
            error={problems.goal}
            data={[{ value: "", label: say("exp.goal.none") }, ...goals.map((one) => ({ value: one.key, label: one.name }))]}
            onChange={(event) => set({ goal: event.currentTarget.value || null })}
          />
        ) : null}
      </div>
      <TextInput label={say("exp.because")} description={say("exp.because.what")} placeholder={say("exp.because.example")} maxLength={400} value={draft.because} error={problems.because} onChange={(event) => set({ because: event.currentTarget.value })} />
      {draft.context.campaign.source.length > 0 || draft.context.campaign.name.length > 0 ? <TextInput label={say("exp.promise")} description={say("exp.promise.what")} maxLength={400} value={draft.promise} error={problems.promise} onChange={(event) => set({ promise: event.currentTarget.value })} /> : null}
    </>
  );
}
