import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import type { Dispatch } from "react";
import { useJourneys, type JourneyBody, type Stage, type Touchpoint } from "../../../api/journeys";
import { usePopulations } from "../../../api/populations";
import { CHANNELS, useChannelName } from "../../../design/channels";
import { Drawer } from "../../../design/dialogs";
import { useText } from "../../../design/text";
import type { DraftAction } from "./draft";
import { ListField, TextField } from "../../../design/fields";
import { RuleEditor } from "./RuleEditor";

/** The drawer that edits one stage or touchpoint of the draft. */
export function Editor({ body, point, change, close }: { body: JourneyBody; point: string; change: Dispatch<DraftAction>; close: () => void }) {
  const say = useText();
  const stage = body.stages.find((one) => one.key === point);
  const touchpoint = body.stages.flatMap((one) => one.touchpoints).find((one) => one.key === point);
  const it = stage ?? touchpoint;
  if (!it) return null;
  return (
    <Drawer opened onClose={close} title={<strong>{it.name}</strong>} size={520} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack" key={point}>
        {touchpoint ? <TouchpointFields body={body} touchpoint={touchpoint} change={change} /> : null}
        {stage ? <StageFields stage={stage} change={change} /> : null}
        <div className="row-between">
          <Button
            variant="subtle"
            color="orange"
            size="xs"
            leftSection={<IconTrash size={14} aria-hidden="true" />}
            onClick={() => {
              change({ do: "remove", key: point });
              close();
            }}
          >
            {say("action.remove")}
          </Button>
          <Button size="xs" onClick={close}>
            {say("action.done")}
          </Button>
        </div>
      </div>
    </Drawer>
  );
}

function TouchpointFields({ body, touchpoint, change }: { body: JourneyBody; touchpoint: Touchpoint; change: Dispatch<DraftAction> }) {
  const say = useText();
  const nameOf = useChannelName();
  const put = (part: Partial<Touchpoint>) => change({ do: "touchpoint", key: touchpoint.key, change: part });
  const text = (field: "wants" | "feels" | "does" | "department" | "people" | "systems" | "content" | "owner", lines?: number) => (
    <TextField label={say(`field.${field}`)} value={touchpoint[field]} lines={lines} save={(value) => put({ [field]: value })} />
  );
  const home = body.stages.find((stage) => stage.touchpoints.some((one) => one.key === touchpoint.key));
  return (
    <>
      <TextField label={say("field.name")} value={touchpoint.name} save={(name) => name.trim() && put({ name: name.trim() })} />
      <div className="row" style={{ alignItems: "flex-end" }}>
        <NativeSelect
          className="grow"
          label={say("field.stage")}
          value={home?.key ?? ""}
          data={body.stages.map((stage) => ({ value: stage.key, label: stage.name }))}
          onChange={(event) => change({ do: "placeTouchpoint", key: touchpoint.key, stage: event.currentTarget.value })}
        />
        <NativeSelect
          className="grow"
          label={say("word.channel")}
          value={touchpoint.channel ?? ""}
          data={[{ value: "", label: say("rule.channel.any") }, ...CHANNELS.map((value) => ({ value, label: nameOf(value) }))]}
          onChange={(event) => put({ channel: event.currentTarget.value || null })}
        />
      </div>
      <Checkbox label={say("field.byHand")} description={say("field.byHand.what")} checked={touchpoint.by_hand} onChange={(event) => put(event.currentTarget.checked ? { by_hand: true, rule: { any: [] } } : { by_hand: false })} />
      {touchpoint.by_hand ? null : <RuleEditor clauses={touchpoint.rule.any} save={(any) => put({ rule: { any } })} />}
      <Checkbox label={say("board.moment")} checked={touchpoint.moment_that_matters} onChange={(event) => put({ moment_that_matters: event.currentTarget.checked })} />
      {text("wants", 1)}
      {text("feels", 1)}
      {text("does", 1)}
      <ListField label={say("field.pain_points")} add={say("field.pain_points.add")} value={touchpoint.pain_points} save={(pain_points) => put({ pain_points })} />
      <ListField label={say("field.opportunities")} add={say("field.opportunities.add")} value={touchpoint.opportunities} save={(opportunities) => put({ opportunities })} />
      <ListField label={say("field.measures")} add={say("field.measures.add")} value={touchpoint.measures} save={(measures) => put({ measures })} />
      {text("owner")}
      {text("department")}
      {text("people")}
      {text("systems")}
      {text("content")}
    </>
  );
}

function StageFields({ stage, change }: { stage: Stage; change: Dispatch<DraftAction> }) {
  const say = useText();
  const put = (part: Partial<Stage>) => change({ do: "stage", key: stage.key, change: part });
  return (
    <>
      <TextField label={say("field.name")} value={stage.name} save={(name) => name.trim() && put({ name: name.trim() })} />
      {(["situation", "needs", "expectations", "mindset", "feelings", "actions"] as const).map((field) => (
        <TextField key={field} label={say(`field.${field}`)} value={stage[field]} lines={2} save={(value) => put({ [field]: value })} />
      ))}
    </>
  );
}

/** Name, persona and goal of the whole map. */
export function MapEditor({ journey, body, change, close }: { journey: string; body: JourneyBody; change: Dispatch<DraftAction>; close: () => void }) {
  const say = useText();
  const populations = usePopulations().data ?? [];
  const others = (useJourneys().data?.items ?? []).filter((one) => one.key !== journey);
  const goal = body.goal ?? { metric: "", target: "", owner: "", due: "" };
  const put = (part: Partial<JourneyBody>) => change({ do: "map", change: part });
  const goalField = (field: keyof typeof goal) => (
    <TextField
      label={say(`goal.${field}`)}
      value={goal[field] === null ? "" : String(goal[field])}
      save={(value) => {
        const next = { ...goal, [field]: value };
        // A goal is known by its metric, and a day that is not given is none.
        put({ goal: next.metric ? { ...next, due: next.due || null } : null });
      }}
    />
  );
  return (
    <Drawer opened onClose={close} title={<strong>{say("edit.about")}</strong>} size={480} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        <TextField label={say("field.name")} value={body.name} save={(name) => name.trim() && put({ name: name.trim() })} />
        <TextField label={say("field.description")} value={body.description} lines={2} save={(description) => put({ description })} />
        <TextField label={say("field.persona")} value={body.persona} save={(persona) => put({ persona })} />
        <NativeSelect
          label={say("field.population")}
          description={say("field.population.what")}
          value={body.population ?? ""}
          data={choices(body.population, say("lens.population.all"), populations.map(({ value, name }) => ({ value, label: name })))}
          onChange={(event) => put({ population: event.currentTarget.value || null })}
        />
        <NativeSelect
          label={say("field.intended")}
          description={say("field.intended.what")}
          value={body.intended ?? ""}
          data={choices(body.intended, say("field.intended.none"), others.map(({ key, name }) => ({ value: key, label: name })))}
          onChange={(event) => put({ intended: event.currentTarget.value || null })}
        />
        <h3>{say("goal.title")}</h3>
        {goalField("metric")}
        {goalField("target")}
        {goalField("owner")}
        {goalField("due")}
        <div>
          <Button size="xs" onClick={close}>
            {say("action.done")}
          </Button>
        </div>
      </div>
    </Drawer>
  );
}

/** Nothing, what there is, and what is chosen although it is not there any more. */
function choices(chosen: string | null | undefined, none: string, known: { value: string; label: string }[]): { value: string; label: string }[] {
  const gone = chosen && !known.some((one) => one.value === chosen) ? [{ value: chosen, label: chosen }] : [];
  return [{ value: "", label: none }, ...known, ...gone];
}
