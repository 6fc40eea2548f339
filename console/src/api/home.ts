import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";

export interface HomeTotals {
  customers: number;
  events: number;
  events_today?: number;
  orders: number;
  revenue: { currency: string; total: string | number }[];
}

export interface HomeAnswer {
  totals: HomeTotals & { previous?: Partial<HomeTotals> | null };
  previous?: Partial<HomeTotals> | null;
  trend: { day: string; events: number; customers: number; simulated: number }[];
  channels: { channel: string; events: number; customers: number }[];
  names: { name: string; type: string; events: number }[];
  sources: unknown[];
  period: { from: string; to: string };
  compare: ({ from: string; to: string } & { totals?: Partial<HomeTotals> }) | null;
  as_of: string;
  demo: boolean;
}

export const useHome = (days: number) =>
  useQuery({ queryKey: ["home", days], queryFn: () => get<HomeAnswer>("/api/home", { days }), placeholderData: keepPreviousData });
