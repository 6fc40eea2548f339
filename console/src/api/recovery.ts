import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";

export type Outcome = "returned" | "bought" | "spent" | "score";

export interface Difference {
  outcome: Outcome;
  contacted: number;
  others: number;
  difference: number;
  low: number;
  high: number;
  customers: number;
  compared_with: number;
}

export interface Recovery {
  way: "experiment" | "comparison";
  days: number;
  currency: string;
  contacted: number;
  others: number;
  differences: Difference[];
  reason: "" | "few" | "uneven";
}

export const useRecovery = (asked: { rule?: string | undefined; days: number }) =>
  useQuery({ queryKey: ["recovery", asked], queryFn: ({ signal }) => get<Recovery>("/api/recovery", asked, signal), placeholderData: keepPreviousData });
