import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { post } from "./client";
import type { LensQuery } from "./journeys";
import type { Match, Span } from "./questions";

export const MODELS = ["first", "last", "linear", "time_decay", "markov", "shapley"] as const;
export type Model = (typeof MODELS)[number];

type Worth = { currency: string | null } & Record<Model, string | null>;

export type AttributionItem = {
  touch: string;
  name: string;
  /** `rest`: touches too few to tell apart; `none`: conversions that no touch preceded. */
  kind: "touch" | "rest" | "none";
  touches: number;
  customers: number | null;
  removal: number | null;
  values: Worth[];
} & Record<Model, number | null>;

export interface Attribution {
  period: Span;
  conversions: number;
  customers: number;
  without_touch: number;
  lost_paths: number;
  value: string | null;
  currency: string | null;
  touch: string;
  items: AttributionItem[];
  order: number;
  reading: Partial<Record<Model, string>>;
  limits: string[];
  as_of: string;
  took_ms: number;
}

export interface AttributionBody {
  conversion: { any: Match[] };
  touch: string;
  window_days: number;
  order: number;
}

export const useAttribution = (body: AttributionBody | null, lens: LensQuery) =>
  useQuery({
    queryKey: ["attribution", body, lens],
    queryFn: ({ signal }) => post<Attribution>("/api/attribution", { lens, ...body }, signal),
    enabled: body !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
