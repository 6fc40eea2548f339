import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";

export type Status = "draft" | "running" | "paused" | "stopped" | "shipped";
export type Unit = "device" | "customer" | "account";
export type Method = "group_sequential" | "always_valid" | "fixed" | "bayesian";
export type Fraction = "full" | "half" | "quarter" | "eighth";

export interface Variation {
  key: string;
  name?: string;
  description?: string;
  weight?: number;
}

export interface Factor {
  key: string;
  name?: string;
  levels: { key: string; name?: string }[];
}

export interface Measured {
  primary?: string[];
  secondary?: string[];
  guardrails?: string[];
  /** How much worse a guardrail may be, as part of the control's value. */
  margins?: Record<string, number>;
}

export interface Plan {
  method?: Method;
  alpha?: number;
  power?: number;
  effect?: number | null;
  size?: number | null;
  looks?: number;
  days?: number | null;
  cuped?: boolean;
  winsorize?: number | null;
}

/** An experiment as written down (docs/experiments.md); what isn't named here is kept as it came. */
export interface ExperimentBody {
  name: string;
  description?: string;
  hypothesis?: string;
  idea?: string | null;
  goal?: string | null;
  map?: string | null;
  stage?: string | null;
  touchpoint?: string | null;
  friction?: string | null;
  owner?: string;
  unit?: Unit;
  audience?: string | null;
  condition?: Record<string, unknown> | null;
  variations?: Variation[];
  factors?: Factor[] | null;
  fraction?: Fraction;
  coverage?: number;
  layer?: { key: string; from: number; to: number } | null;
  prerequisites?: { flag: string; value: unknown }[];
  schedule?: { start?: string | null; end?: string | null } | null;
  /** Whether customers in a hold-out stay out of it; they do unless it says otherwise. */
  holdout?: boolean;
  metrics?: Measured;
  plan?: Plan;
  status?: Status;
  started?: string | null;
  ended?: string | null;
  phase?: number;
  shipped?: string | null;
  learning?: string;
}

/** How an experiment stands, as of the last look (`at`); `reached` is the part of its plan that is in. */
export interface Brief {
  standing: "collecting" | "better" | "worse" | "harmful" | "no_difference" | "check" | "undecided" | "won" | "kept";
  reached: number | null;
  at: string | null;
  units: number | null;
  metric: string | null;
  variation: string | null;
  effect: { value: number | null; low: number | null; high: number | null } | null;
}

export interface ExperimentRow {
  key: string;
  name: string;
  status: Status;
  unit: Unit;
  variations: string[];
  primary: string[];
  owner: string;
  idea: string | null;
  goal: string | null;
  started: string | null;
  ended: string | null;
  phase: number;
  shipped: string | null;
  learning: string;
  /** Whether it changes pages by the visual editor. */
  on_pages: boolean;
  version: number;
  result: Brief | null;
}

export interface Experiment {
  key: string;
  version: number;
  body: ExperimentBody;
  author: string;
  at: string;
  arms: string[];
  resolution: number | null;
  history: { version: number; author: string; at: string; deleted: boolean }[];
}

export interface Checklist {
  ready: boolean;
  items: { code: string; done: boolean; needed: boolean; text: string }[];
}

/** What an experiment takes of a layer, from 0 to 1. */
export interface LayerPart {
  experiment: string;
  name: string;
  status: Status;
  from: number;
  to: number;
}

export interface LayerRow {
  key: string;
  name: string;
  unit: Unit;
  experiments: string[];
  parts: LayerPart[];
}

export const useExperiments = () => useQuery({ queryKey: ["experiments"], queryFn: ({ signal }) => get<Page<ExperimentRow>>("/api/experiments", {}, signal) });

export const useExperiment = (key: string) => useQuery({ queryKey: ["experiment", key], queryFn: ({ signal }) => get<Experiment>(`/api/experiments/${key}`, {}, signal), enabled: key !== "" });

/** A phase: from `started` until the next one's; its weights add up to 1. `anew`: nobody kept what they had before. */
export interface Phase {
  phase: number;
  started: string;
  ended: string | null;
  weights: Record<string, number>;
  coverage: number;
  contexts: number;
  anew: boolean;
}

export const usePhases = (key: string, phase: number) => useQuery({ queryKey: ["experiment-phases", key, phase], queryFn: ({ signal }) => get<Page<Phase>>(`/api/experiments/${key}/phases`, {}, signal) });

/** What must be there before it starts; asked anew with every version. */
export const useChecklist = (key: string, version: number) =>
  useQuery({ queryKey: ["experiment-checklist", key, version], queryFn: ({ signal }) => get<Checklist>(`/api/experiments/${key}/checklist`, {}, signal) });

export const useLayers = () => useQuery({ queryKey: ["layers"], queryFn: ({ signal }) => get<Page<LayerRow>>("/api/layers", {}, signal) });

export function useLayerChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["layers"] });
  return { create: useMutation({ mutationFn: (request: { key: string; body: { name: string; unit: Unit } }) => post<{ key: string }>("/api/layers", request), onSuccess }) };
}

const TOUCHED = ["layers", "experiments", "experiment", "experiment-checklist", "experiment-results", "experiment-looks", "ideas", "flags"];

export function useExperimentChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(TOUCHED.map((name) => client.invalidateQueries({ queryKey: [name] })));
  const step = (name: string) => (request: { key: string; expected: number; variation?: string; learning?: string }) =>
    post<Experiment>(`/api/experiments/${request.key}/${name}`, {
      expected_version: request.expected,
      ...(request.variation === undefined ? {} : { variation: request.variation }),
      ...(request.learning === undefined ? {} : { learning: request.learning }),
    });
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: ExperimentBody }) => post<Experiment>("/api/experiments", request), onSuccess }),
    save: useMutation({
      mutationFn: ({ key, expected, body }: { key: string; expected: number; body: ExperimentBody }) => put<Experiment>(`/api/experiments/${key}`, { expected_version: expected, body }),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/experiments/${key}`), onSuccess: () => client.invalidateQueries({ queryKey: ["experiments"] }) }),
    start: useMutation({ mutationFn: step("start"), onSuccess }),
    pause: useMutation({ mutationFn: step("pause"), onSuccess }),
    stop: useMutation({ mutationFn: step("stop"), onSuccess }),
    ship: useMutation({ mutationFn: step("ship"), onSuccess }),
  };
}
