import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";

export interface Condition {
  property: string;
  op: string;
  value: unknown;
}

export interface Clause {
  type: string;
  name?: string | null;
  where?: Condition[];
  channel?: string | null;
}

export interface Touchpoint {
  key: string;
  name: string;
  channel: string | null;
  rule: { any: Clause[] };
  by_hand: boolean;
  wants: string;
  feels: string;
  does: string;
  measures: string[];
  department: string;
  people: string;
  systems: string;
  content: string;
  pain_points: string[];
  opportunities: string[];
  owner: string;
  moment_that_matters: boolean;
}

export interface Stage {
  key: string;
  name: string;
  color?: string | null;
  situation: string;
  needs: string;
  expectations: string;
  mindset: string;
  feelings: string;
  actions: string;
  touchpoints: Touchpoint[];
}

export interface Goal {
  metric: string;
  target: string;
  owner: string;
  due: string | null;
}

export interface JourneyBody {
  name: string;
  description: string;
  persona: string;
  goal: Goal | null;
  /** Whose journey it is: `audience:<key>` or `persona:<key>`. */
  population?: string | null;
  /** The key of the map that says how this journey should become. */
  intended?: string | null;
  stages: Stage[];
}

export interface Journey {
  key: string;
  version: number;
  body: JourneyBody;
  author: string | null;
  at: string;
  history: { version: number; author: string; at: string; deleted: boolean }[];
}

export interface JourneyRow {
  key: string;
  name: string;
  persona: string | null;
  goal: Goal | null;
  version: number;
  stages: number;
}

export interface JourneyTemplate {
  key: string;
  name: string;
  description: string;
  stages: string[];
}

export const useJourneys = () => useQuery({ queryKey: ["journeys"], queryFn: () => get<Page<JourneyRow>>("/api/journeys") });

export const fetchJourney = (key: string) => get<Journey>(`/api/journeys/${key}`);

export const journeyQuery = (key: string) => queryOptions({ queryKey: ["journey", key], queryFn: () => fetchJourney(key), enabled: key !== "" });

export const useJourney = (key: string) => useQuery(journeyQuery(key));

export const fetchJourneyVersion = (key: string, version: number) => get<Journey>(`/api/journeys/${key}`, { version });

export const useJourneyTemplates = () =>
  useQuery({ queryKey: ["journey-templates"], queryFn: () => get<Page<JourneyTemplate>>("/api/journey-templates"), staleTime: Infinity });

export function useJourneyChange() {
  const client = useQueryClient();
  const onSuccess = () =>
    Promise.all(["journeys", "journey", "journey-numbers", "people", "against"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    save: useMutation({
      mutationFn: ({ key, expected, body }: { key: string; expected: number; body: JourneyBody }) =>
        put<Journey>(`/api/journeys/${key}`, { expected_version: expected, body }),
      onSuccess,
    }),
    create: useMutation({
      mutationFn: (request: { key: string; name: string; from_template?: string; body?: JourneyBody }) => post<Journey>("/api/journeys", request),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/journeys/${key}`), onSuccess: () => client.invalidateQueries({ queryKey: ["journeys"] }) }),
  };
}

export interface Counted {
  customers: number;
  events: number;
}

export interface ChannelCount extends Counted {
  channel: string;
}

export interface TouchpointNumbers extends Counted {
  key: string;
  channels: ChannelCount[];
  previous: Counted | null;
}

export interface StageNumbers extends Counted {
  key: string;
  next: number;
  forward: number;
  drop_off: number;
  median_seconds: number | null;
  channels: ChannelCount[];
  previous: (Counted & { next: number; forward: number; median_seconds: number | null }) | null;
  touchpoints: TouchpointNumbers[];
}

export interface JourneyNumbers {
  period: { from: string; to: string };
  compare: { from: string; to: string } | null;
  as_of: string;
  real_events: number;
  simulated_events: number;
  stages: StageNumbers[];
  moves: { from: string; to: string; customers: number }[];
  customers: number;
  unmapped: { type: string; name: string; events: number; customers?: number | null }[];
  took_ms: number;
}

export interface LensQuery {
  from: string;
  to: string;
  compare?: string;
  channel?: string;
  simulated?: boolean;
  population?: string;
}

/** A comparison with a time from before the first event would call everything new: leave it out. */
function comparable(numbers: JourneyNumbers): JourneyNumbers {
  if (!numbers.compare || numbers.stages.some((stage) => (stage.previous?.customers ?? 0) > 0)) return numbers;
  const without = <T extends { previous: unknown }>(one: T): T => ({ ...one, previous: null });
  return { ...numbers, compare: null, stages: numbers.stages.map((stage) => ({ ...without(stage), touchpoints: stage.touchpoints.map(without) })) };
}

export const useJourneyNumbers = (key: string, lens: LensQuery) =>
  useQuery({
    queryKey: ["journey-numbers", key, lens],
    queryFn: async ({ signal }) => comparable(await get<JourneyNumbers>(`/api/journeys/${key}/numbers`, { ...lens }, signal)),
    placeholderData: keepPreviousData,
  });
