import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";
import type { Match } from "./asked";

export interface Task {
  text: string;
  match: Match | null;
}

export interface Deed {
  match: Match;
  at_least: number;
  within_days: number | null;
  never: boolean;
}

export interface Assumed {
  trait: string;
  values: string[];
  low: number | null;
  high: number | null;
}

export interface PersonaBody {
  name: string;
  face: string;
  summary: string;
  age: string;
  income: string;
  family: string;
  place: string;
  industry: string;
  education: string;
  motivation: string;
  needs: string[];
  goals: string[];
  key_tasks: Task[];
  pains: string[];
  channels: string[];
  quote: string;
  owner: string;
  assumptions: Assumed[];
  rule: { all: Deed[] } | null;
  audience: string | null;
  found: string | null;
}

export const blankPersona = (name = ""): PersonaBody => ({
  name,
  face: "",
  summary: "",
  age: "",
  income: "",
  family: "",
  place: "",
  industry: "",
  education: "",
  motivation: "",
  needs: [],
  goals: [],
  key_tasks: [],
  pains: [],
  channels: [],
  quote: "",
  owner: "",
  assumptions: [],
  rule: null,
  audience: null,
  found: null,
});

export interface Difference {
  column: string;
  family: string;
  label: string;
  unit: "days" | "events" | "orders" | "money" | "share" | "stage" | "value";
  value: number | null;
  others: number | null;
  /** In standard deviations; above 0: more than others. */
  effect: number;
  q: number;
}

export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface PersonaWorth {
  currency: string | null;
  revenue: string;
  share: number | null;
  per_customer: Estimate;
  orders: Estimate;
  buyers: number;
}

export interface Typical {
  profile: string;
  name: string | null;
  email: string | null;
}

/** A kind of customer as a search found it. */
export interface Kind {
  id: string;
  key: string;
  name: string;
  face: string;
  size: number;
  share: number;
  stability: number;
  differences: Difference[];
  worth: PersonaWorth;
  typical: Typical[];
  before: { size: number; share: number; alike: number } | null;
}

export interface PersonaRow {
  key: string;
  name: string;
  face: string;
  summary: string;
  kind: "drawn" | "found";
  version: number;
  members: number | null;
  share: number | null;
  worth: PersonaWorth | null;
}

export interface PersonaRows extends Page<PersonaRow> {
  run: number | null;
  as_of: string;
}

export interface Persona {
  key: string;
  version: number;
  body: PersonaBody;
  author: string;
  at: string;
  members: number | null;
  found: Kind | null;
}

export interface Tried {
  kinds: number;
  jaccard: number[];
  explained: number;
  by_chance: number;
  needed: number;
  smallest: number;
  stable: boolean;
}

export interface PersonaSearch {
  id: number;
  state: "waiting" | "running" | "done" | "failed" | "stopped";
  step: string;
  progress: number;
  author: string;
  started_at: string;
  ended_at: string | null;
  adopted_at: string | null;
  error: string | null;
  result: {
    customers: number;
    sample: number;
    kinds: Kind[];
    tried: Tried[];
    distinct: boolean;
    verdict: string;
    drift: { what: string; label: string; psi: number; reading: "settled" | "moving" | "moved" }[];
    gone: string[];
    seconds: number;
  } | null;
}

export interface Share {
  share: number;
  low: number;
  high: number;
  n: number;
}

export interface Held {
  about: "channel" | "task" | "trait";
  assumed: string;
  members: Share | null;
  others: Share | null;
  verdict: "confirmed" | "contradicted" | "open" | "unknown";
  usual: string[];
}

export interface PersonaCheck {
  from: string;
  to: string;
  fit: Share;
  members: number;
  assumptions: Held[];
  differences: Difference[];
  worth: PersonaWorth | null;
  as_of: string;
}

export const usePersonas = () => useQuery({ queryKey: ["personas"], queryFn: ({ signal }) => get<PersonaRows>("/api/personas", {}, signal) });

export const usePersona = (key: string) => useQuery({ queryKey: ["persona", key], queryFn: ({ signal }) => get<Persona>(`/api/personas/${key}`, {}, signal) });

export const usePersonaCheck = (key: string, asked: boolean) =>
  useQuery({ queryKey: ["persona-check", key], queryFn: ({ signal }) => get<PersonaCheck>(`/api/personas/${key}/check`, {}, signal), enabled: asked, retry: false, staleTime: 60_000 });

export const usePersonaMembers = (key: string, asked: boolean) =>
  useInfiniteQuery({
    queryKey: ["persona-members", key],
    queryFn: ({ pageParam, signal }) => get<Page<Typical> & { total: number }>(`/api/personas/${key}/members`, { limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: asked,
  });

const going = (search: PersonaSearch): boolean => search.state === "waiting" || search.state === "running";

/** The searches so far; asked again each second while one runs, and the personas with it when it ends. */
export const usePersonaSearches = () =>
  useQuery({
    queryKey: ["persona-searches"],
    queryFn: ({ signal }) => get<Page<PersonaSearch>>("/api/personas/jobs", {}, signal),
    refetchInterval: (query) => (query.state.data?.items.some(going) ? 1000 : false),
  });

export function usePersonaChange() {
  const client = useQueryClient();
  const forget = (...names: string[]) => Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name] })));
  const onSuccess = () => forget("personas", "persona", "persona-check", "persona-members", "populations");
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: PersonaBody }) => post<Persona>("/api/personas", request), onSuccess }),
    save: useMutation({
      mutationFn: ({ key, expected, body }: { key: string; expected: number; body: PersonaBody }) => put<Persona>(`/api/personas/${key}`, { expected_version: expected, body }),
      onSuccess,
    }),
    discard: useMutation({ mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/personas/${key}`), onSuccess: () => forget("personas", "populations") }),
    find: useMutation({ mutationFn: () => post<PersonaSearch>("/api/personas/find", {}), onSuccess: () => forget("persona-searches") }),
    cancel: useMutation({ mutationFn: (id: number) => remove<PersonaSearch>(`/api/personas/jobs/${id}`), onSuccess: () => forget("persona-searches") }),
    adopt: useMutation({ mutationFn: (job: number) => post<PersonaRows>("/api/personas/adopt", { job }), onSuccess: () => forget("personas", "persona", "persona-searches", "populations") }),
  };
}
