import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";

export interface HomeTotals {
  customers: number;
  events: number;
  orders: number;
  revenue: { currency: string | null; total: string }[];
}

export interface HomeCount {
  key: string;
  type: string | null;
  events: number;
  customers: number;
}

export interface HomeAnswer {
  totals: HomeTotals;
  previous: HomeTotals;
  events_today: number;
  trend: { day: string; events: number; customers: number; simulated: number }[];
  channels: HomeCount[];
  names: HomeCount[];
  sources: HomeCount[];
  /** First and last day, both included. */
  period: { first: string; last: string };
  compare: { first: string; last: string };
  as_of: string;
}

export const useHome = (days: number, simulated: boolean) =>
  useQuery({ queryKey: ["home", days, simulated], queryFn: () => get<HomeAnswer>("/api/home", { days, simulated }), placeholderData: keepPreviousData });
