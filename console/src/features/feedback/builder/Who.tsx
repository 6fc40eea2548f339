import { ActionIcon, Button, NativeSelect, SegmentedControl, Switch } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Match } from "../../../api/asked";
import { useAudience, useAudienceSize } from "../../../api/audiences";
import { usePlacements } from "../../../api/placements";
import { usePopulations } from "../../../api/populations";
import { CHANNELS, PURPOSES, type Purpose, type SurveyChannel, type Trigger } from "../../../api/surveys";
import { NumberInput } from "../../../design/NumberInput";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { MatchEditor } from "../../../matching/MatchEditor";
import { below } from "../../../questions/problems";
import styles from "../Feedback.module.css";
import { PagesField } from "./PagesField";
import { PeriodField } from "./PeriodField";
import { Picks } from "./Picks";
import type { Building } from "./useBuilding";

/** On which ways, after what, whom, and how often at most. */
export function Who({ of }: { of: Building }) {
  return (
    <>
      <Ways of={of} />
      <When of={of} />
      <Whom of={of} />
      <Answering of={of} />
    </>
  );
}

function Ways({ of: { body, set, problems } }: { of: Building }) {
  const say = useText();
  const { appearing } = body;
  const places = usePlacements().data?.items ?? [];
  return (
    <section className={styles.panel} aria-labelledby="survey-ways">
      <h2 id="survey-ways">{say("survey.ways")}</h2>
      <Picks label={say("survey.ways.which")} options={CHANNELS.map((value) => ({ value, label: say(`survey.channel.${value}`) }))} value={body.channels} save={(channels) => set({ channels: channels as SurveyChannel[] })} />
      <Problem>{problems.channels}</Problem>
      {body.channels.includes("link") ? <Switch label={say("survey.open")} description={say("survey.open.words")} checked={body.open_link} onChange={(event) => set({ open_link: event.currentTarget.checked })} /> : null}
      {body.channels.includes("site") ? (
        <>
          <NativeSelect label={say("survey.placement")} description={say("survey.placement.words")} value={body.placement ?? ""} error={problems.placement} data={[{ value: "", label: say("survey.placement.none") }, ...places.map((one) => ({ value: one.key, label: one.name }))]} onChange={(event) => set({ placement: event.currentTarget.value || null })} />
          <PagesField pages={body.pages} problems={problems} save={(pages) => set({ pages })} />
          <div className={styles.pair}>
            <NativeSelect
              label={say("survey.appears")}
              value={appearing.when}
              data={(["at_once", "delay", "scroll", "exit"] as const).map((value) => ({ value, label: say(`survey.appears.${value}`) }))}
              onChange={(event) => set({ appearing: { ...appearing, when: event.currentTarget.value as typeof appearing.when } })}
            />
            {appearing.when === "delay" ? <NumberInput label={say("survey.appears.seconds")} min={0} max={3600} value={appearing.seconds} error={problems["appearing.seconds"]} onChange={(value) => set({ appearing: { ...appearing, seconds: Number(value) } })} /> : null}
            {appearing.when === "scroll" ? <NumberInput label={say("survey.appears.scrolled")} suffix=" %" min={0} max={100} value={Math.round(appearing.scrolled * 100)} error={problems["appearing.scrolled"]} onChange={(value) => set({ appearing: { ...appearing, scrolled: Number(value) / 100 } })} /> : null}
          </div>
        </>
      ) : null}
    </section>
  );
}

const KINDS = ["visit", "transactional", "relational"] as const;

function When({ of: { body, set, problems } }: { of: Building }) {
  const say = useText();
  const { trigger } = body;
  const choose = (kind: string) => set({ trigger: kind === "transactional" ? { kind, events: [{ type: "track", name: "Order Completed" }], delay: null } : kind === "relational" ? { kind, every: "90 days" } : null });
  return (
    <section className={styles.panel} aria-labelledby="survey-when">
      <h2 id="survey-when">{say("survey.when")}</h2>
      <SegmentedControl size="xs" style={{ alignSelf: "flex-start" }} aria-label={say("survey.when")} value={trigger?.kind ?? "visit"} onChange={choose} data={KINDS.map((value) => ({ value, label: say(`survey.when.${value}`) }))} />
      <p className="dim small">{say(`survey.when.${trigger?.kind ?? "visit"}.words`)}</p>
      {trigger?.kind === "relational" ? <PeriodField label={say("survey.every")} value={trigger.every} error={problems["trigger.every"]} save={(every) => set({ trigger: { ...trigger, every } })} /> : null}
      {trigger?.kind === "transactional" ? <Events of={trigger} set={(next) => set({ trigger: next })} problems={below(problems, "trigger")} /> : null}
    </section>
  );
}

type Transactional = Extract<Trigger, { kind: "transactional" }>;

function Events({ of, set, problems }: { of: Transactional; set: (trigger: Transactional) => void; problems: Record<string, string> }) {
  const say = useText();
  const [adding, setAdding] = useState(false);
  const put = (index: number, match: Match) => set({ ...of, events: of.events.map((one, at) => (at === index ? match : one)) });
  return (
    <>
      {of.events.map((match, index) => (
        <MatchEditor
          key={index}
          label={say("survey.event", { number: index + 1 })}
          value={match}
          save={(next) => put(index, next)}
          problems={below(problems, `events[${index}]`)}
          actions={
            of.events.length > 1 ? (
              <ActionIcon variant="subtle" color="gray" aria-label={say("survey.event.drop", { number: index + 1 })} onClick={() => set({ ...of, events: of.events.filter((_, at) => at !== index) })}>
                <IconX size={14} aria-hidden="true" />
              </ActionIcon>
            ) : null
          }
        />
      ))}
      {adding ? (
        <MatchEditor
          label={say("survey.event", { number: of.events.length + 1 })}
          value={null}
          save={(match) => {
            set({ ...of, events: [...of.events, match] });
            setAdding(false);
          }}
        />
      ) : (
        <div>
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => setAdding(true)}>
            {say("survey.event.add")}
          </Button>
        </div>
      )}
      <Switch label={say("survey.delay.on")} checked={Boolean(of.delay)} onChange={(event) => set({ ...of, delay: event.currentTarget.checked ? "2 hours" : null })} />
      {of.delay ? <PeriodField label={say("survey.delay")} value={of.delay} error={problems.delay} save={(delay) => set({ ...of, delay })} /> : null}
    </>
  );
}

function Whom({ of: { body, set, problems } }: { of: Building }) {
  const say = useText();
  const people = usePopulations().data ?? [];
  const chosen = body.audience ? `audience:${body.audience}` : body.persona ? `persona:${body.persona}` : "";
  const choose = (value: string) => {
    const [kind, key = ""] = value.split(/:(.*)/);
    set({ audience: kind === "audience" ? key : null, persona: kind === "persona" ? key : null });
  };
  return (
    <section className={styles.panel} aria-labelledby="survey-whom">
      <h2 id="survey-whom">{say("survey.whom")}</h2>
      <NativeSelect
        label={say("survey.whom.which")}
        value={chosen}
        error={problems.audience ?? problems.persona}
        data={[
          { value: "", label: say("survey.everybody") },
          { group: say("lens.population.audience"), items: people.filter((one) => one.kind === "audience").map((one) => ({ value: one.value, label: one.name })) },
          { group: say("lens.population.persona"), items: people.filter((one) => one.kind === "persona").map((one) => ({ value: one.value, label: one.name })) },
        ]}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {body.audience ? <Size audience={body.audience} /> : null}
      <div className={styles.pair}>
        <NumberInput label={say("survey.sample")} description={say("survey.sample.words")} suffix=" %" min={0} max={100} value={Math.round(body.sample * 1000) / 10} error={problems.sample} onChange={(value) => set({ sample: Math.min(1, Math.max(0, Number(value) / 100)) })} />
        <PeriodField label={say("survey.rest")} hint={say("survey.rest.words")} value={body.rest} error={problems.rest} save={(rest) => set({ rest })} />
      </div>
      <div className={styles.pair}>
        <NumberInput label={say("survey.priority")} description={say("survey.priority.words")} min={0} max={1000} value={body.priority} error={problems.priority} onChange={(value) => set({ priority: Math.min(1000, Math.max(0, Math.round(Number(value) || 0))) })} />
        <NativeSelect label={say("survey.purpose")} description={say("survey.purpose.words")} value={body.purpose ?? ""} error={problems.purpose} data={[{ value: "", label: say("survey.purpose.usual") }, ...PURPOSES.map((value) => ({ value, label: say(`consent.${value}`) }))]} onChange={(event) => set({ purpose: (event.currentTarget.value || null) as Purpose | null })} />
      </div>
    </section>
  );
}

/** How long an answering may rest, and how long a personal link leads to it. */
function Answering({ of: { body, set, problems } }: { of: Building }) {
  const say = useText();
  return (
    <section className={styles.panel} aria-labelledby="survey-answering">
      <h2 id="survey-answering">{say("survey.answering")}</h2>
      <div className={styles.pair}>
        <PeriodField label={say("survey.partial")} hint={say("survey.partial.words")} value={body.partial_after} error={problems.partial_after} save={(partial_after) => set({ partial_after })} />
        <PeriodField label={say("survey.lives")} hint={say("survey.lives.words")} value={body.link_lives} error={problems.link_lives} save={(link_lives) => set({ link_lives })} />
      </div>
    </section>
  );
}

function Size({ audience }: { audience: string }) {
  const say = useText();
  const segment = useAudience(audience);
  const size = useAudienceSize(segment.data?.body ?? null);
  return (
    <p role="status">
      <Link to="/customers/segments/$key" params={{ key: audience }}>
        {size.data ? say("people.total", { count: size.data.members }) : say("state.loading")}
      </Link>
    </p>
  );
}
