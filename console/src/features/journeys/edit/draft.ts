import type { Clause, JourneyBody, Stage, Touchpoint } from "../../../api/journeys";
import { keyFor } from "../../../design/keys";

/** A change to a map being edited. Every one is a plain value, so the reducer can be tested and undone. */
export type Edit =
  | { do: "map"; change: Partial<JourneyBody> }
  | { do: "stage"; key: string; change: Partial<Stage> }
  | { do: "touchpoint"; key: string; change: Partial<Touchpoint> }
  | { do: "addStage"; name: string }
  | { do: "addTouchpoint"; stage: string; name: string; clause?: Clause; channel?: string | null }
  | { do: "remove"; key: string }
  | { do: "moveStage"; key: string; by: -1 | 1 }
  | { do: "moveTouchpoint"; key: string; by: -1 | 1 }
  | { do: "shiftTouchpoint"; key: string; by: -1 | 1 }
  | { do: "placeTouchpoint"; key: string; stage: string };

export interface Draft {
  body: JourneyBody;
  past: JourneyBody[];
  future: JourneyBody[];
}

export type DraftAction = Edit | { do: "undo" } | { do: "redo" } | { do: "reset"; body: JourneyBody };

const DEPTH = 100;

export const draftOf = (body: JourneyBody): Draft => ({ body, past: [], future: [] });

export function reduceDraft(draft: Draft, action: DraftAction): Draft {
  if (action.do === "reset") return draftOf(action.body);
  if (action.do === "undo") {
    const body = draft.past.at(-1);
    return body ? { body, past: draft.past.slice(0, -1), future: [draft.body, ...draft.future] } : draft;
  }
  if (action.do === "redo") {
    const [body, ...future] = draft.future;
    return body ? { body, past: [...draft.past, draft.body], future } : draft;
  }
  const body = edited(draft.body, action);
  return body === draft.body ? draft : { body, past: [...draft.past.slice(-DEPTH), draft.body], future: [] };
}

/** Moves the item at `from` by one place; the same array when it can't go further. */
function moved<T>(items: T[], from: number, by: -1 | 1): T[] {
  const to = from + by;
  if (from < 0 || to < 0 || to >= items.length) return items;
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

const withStages = (body: JourneyBody, stages: Stage[]): JourneyBody => ({ ...body, stages });
const stageOf = (body: JourneyBody, touchpoint: string): number => body.stages.findIndex((stage) => stage.touchpoints.some((one) => one.key === touchpoint));

export function edited(body: JourneyBody, edit: Edit): JourneyBody {
  switch (edit.do) {
    case "map":
      return { ...body, ...edit.change };
    case "stage":
      return withStages(body, body.stages.map((stage) => (stage.key === edit.key ? { ...stage, ...edit.change } : stage)));
    case "touchpoint":
      return withStages(
        body,
        body.stages.map((stage) => ({ ...stage, touchpoints: stage.touchpoints.map((one) => (one.key === edit.key ? { ...one, ...edit.change } : one)) })),
      );
    case "addStage":
      return withStages(body, [...body.stages, newStage(body, edit.name)]);
    case "addTouchpoint":
      return withStages(
        body,
        body.stages.map((stage) => (stage.key === edit.stage ? { ...stage, touchpoints: [...stage.touchpoints, newTouchpoint(body, edit.name, edit.clause, edit.channel ?? null)] } : stage)),
      );
    case "remove":
      return withStages(
        body,
        body.stages.filter((stage) => stage.key !== edit.key).map((stage) => ({ ...stage, touchpoints: stage.touchpoints.filter((one) => one.key !== edit.key) })),
      );
    case "moveStage": {
      const stages = moved(body.stages, body.stages.findIndex((stage) => stage.key === edit.key), edit.by);
      return stages === body.stages ? body : withStages(body, stages);
    }
    case "moveTouchpoint": {
      const at = stageOf(body, edit.key);
      const stage = body.stages[at];
      if (!stage) return body;
      const touchpoints = moved(stage.touchpoints, stage.touchpoints.findIndex((one) => one.key === edit.key), edit.by);
      return touchpoints === stage.touchpoints ? body : withStages(body, body.stages.map((one) => (one === stage ? { ...one, touchpoints } : one)));
    }
    case "shiftTouchpoint": {
      const target = body.stages[stageOf(body, edit.key) + edit.by];
      return target ? edited(body, { do: "placeTouchpoint", key: edit.key, stage: target.key }) : body;
    }
    case "placeTouchpoint": {
      const from = body.stages[stageOf(body, edit.key)];
      const touchpoint = from?.touchpoints.find((one) => one.key === edit.key);
      if (!from || !touchpoint || from.key === edit.stage) return body;
      return withStages(
        body,
        body.stages.map((stage) => {
          if (stage === from) return { ...stage, touchpoints: stage.touchpoints.filter((one) => one !== touchpoint) };
          return stage.key === edit.stage ? { ...stage, touchpoints: [...stage.touchpoints, touchpoint] } : stage;
        }),
      );
    }
  }
}

const keysOf = (body: JourneyBody): string[] => body.stages.flatMap((stage) => [stage.key, ...stage.touchpoints.map((one) => one.key)]);

function newStage(body: JourneyBody, name: string): Stage {
  return { ...emptyStage(name), key: keyFor(name, keysOf(body)) };
}

export function emptyStage(name: string): Stage {
  return { key: keyFor(name, []), name, situation: "", needs: "", expectations: "", mindset: "", feelings: "", actions: "", touchpoints: [] };
}

function newTouchpoint(body: JourneyBody, name: string, clause: Clause | undefined, channel: string | null): Touchpoint {
  return {
    key: keyFor(name, keysOf(body)),
    name,
    channel,
    rule: { any: clause ? [clause] : [] },
    by_hand: false,
    wants: "",
    feels: "",
    does: "",
    measures: [],
    department: "",
    people: "",
    systems: "",
    content: "",
    pain_points: [],
    opportunities: [],
    owner: "",
    moment_that_matters: false,
  };
}
