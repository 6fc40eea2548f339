import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { post } from "./client";
import type { LensQuery } from "./journeys";
import type { PeoplePage } from "./people";
import type { Match, Span } from "./asked";

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
  /** What to mind about this answer: a code with its numbers, and an English sentence for codes not known here. */
  mind: { code: string; values: Record<string, number>; text: string }[];
  half_life_days: number;
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

/** Which figure: of an item, or of all who converted. */
export interface AttributionFigure {
  kind: AttributionItem["kind"] | "all";
  item?: string;
  /** Only those whose touches led to a conversion: who stands behind what the models give. */
  converting?: boolean;
}

export const useAttributionPeople = (body: AttributionBody, lens: LensQuery, of: AttributionFigure) =>
  useInfiniteQuery({
    queryKey: ["attribution-people", body, lens, of],
    queryFn: ({ pageParam, signal }) => post<PeoplePage>("/api/attribution/people", { lens, ...body, ...of, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
