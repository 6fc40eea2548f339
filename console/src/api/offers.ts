import { useMutation, useQueryClient } from "@tanstack/react-query";
import { post } from "./client";
import type { Schedule } from "./content";
import { useRows, useSaved, useShelfChange } from "./shelf";

export const OFFER_KINDS = ["discount", "free_shipping", "instalments", "trial", "gift", "other"] as const;

/** Something offered on terms. */
export interface OfferBody {
  name: string;
  description: string;
  kind: (typeof OFFER_KINDS)[number];
  terms: string;
  codes: "none" | "shared" | "single";
  code: string | null;
  audience: string | null;
  cost: { amount: number; currency: string } | null;
  valid: Schedule | null;
  owner: string;
}

export interface OfferRow {
  key: string;
  name: string;
  kind: OfferBody["kind"];
  codes: OfferBody["codes"];
  version: number;
}

/** How many single codes there are, and how many of them are given out. */
export interface Stock {
  codes: number;
  given: number;
}

const PATH = "/api/offers";

export const blankOffer = (): OfferBody => ({ name: "", description: "", kind: "discount", terms: "", codes: "none", code: null, audience: null, cost: null, valid: null, owner: "" });

export const useOffers = () => useRows<OfferRow>(PATH);
export const useOffer = (key: string | null) => useSaved<OfferBody, { stock: Stock }>(PATH, key);
export const useOfferChange = () => useShelfChange<OfferBody>(PATH);

export function useAddCodes(key: string) {
  const client = useQueryClient();
  return useMutation({ mutationFn: (codes: string[]) => post<Stock>(`${PATH}/${key}/codes`, { codes }), onSuccess: () => client.invalidateQueries({ queryKey: [PATH] }) });
}
