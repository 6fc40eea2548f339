import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";

/** What is known of a cell beside its flow; null where nothing is. */
export interface Cell {
  key: string;
  value: { currency: string | null; total: string }[];
  satisfaction: { metric: "nps" | "csat" | "ces"; answers: number; mean: number; nps: number | null }[] | null;
  friction: { customers: number; signals: number } | null;
}

export interface Cells {
  stages: (Cell & { touchpoints: Cell[] })[];
}

export const useCells = (journey: string, version: number, lens: LensQuery, asked: boolean) =>
  useQuery({
    queryKey: ["cells", journey, version, lens],
    queryFn: ({ signal }) => get<Cells>(`/api/journeys/${journey}/cells`, { ...lens, compare: undefined }, signal),
    placeholderData: keepPreviousData,
    enabled: asked,
  });
