import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Unit } from "./experiments";
import type { Results } from "./results";
import { fetchVersion, useRows, useShelfChange } from "./shelf";

const PATH = "/api/holdouts";

/** A share of units that sees nothing of the whole programme. */
export interface HoldoutBody {
  name: string;
  description?: string;
  share?: number;
  unit?: Unit;
  active?: boolean;
  seed?: string;
}

export interface HoldoutRow {
  key: string;
  name: string;
  share: number;
  unit: Unit;
  active: boolean;
  since: string;
  version: number;
}

export const useHoldouts = () => useRows<HoldoutRow>(PATH);

export const useHoldoutChange = () => useShelfChange<HoldoutBody>(PATH);

export const fetchHoldout = (row: HoldoutRow) => fetchVersion<HoldoutBody>(PATH, row.key, row.version);

/** What the whole programme does to a metric, against those who see nothing of it. */
export const useHoldoutResults = (key: string, metric: string, simulated: boolean) =>
  useQuery({ queryKey: ["holdout-results", key, metric, simulated], queryFn: ({ signal }) => get<Results>(`${PATH}/${key}/results`, { metrics: metric, simulated }, signal), staleTime: 60_000 });
