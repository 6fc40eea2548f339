import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, type Page } from "./client";

export interface CustomerRow {
  profile: string;
  name: string | null;
  email: string | null;
  identities: number;
  events: number;
  first_seen: string | null;
  last_seen: string | null;
  simulated: boolean;
  traits: Record<string, unknown>;
}

export interface Trait {
  name: string;
  value: unknown;
  time: string | null;
  source: string | null;
  identity: string | null;
  verified: boolean;
}

export type ConsentState = "granted" | "denied" | "unknown";

export interface Consent {
  purpose: string;
  state: ConsentState;
  time: string | null;
  source: string | null;
}

export interface IdentityInfo {
  identity: string;
  number: number;
  first_seen: string | null;
  last_seen: string | null;
  events: number;
}

export interface IdentityLink {
  id: number;
  a: string;
  b: string;
  kind: string;
  /** Only one in force holds two identifiers together. */
  state: string;
  verified: boolean;
  at: string;
  message_id: string | null;
  by: string;
  reason: string;
}

export interface Customer {
  profile: string;
  canonical: string | null;
  name: string | null;
  email: string | null;
  traits: Trait[];
  consent: Consent[];
  identities: IdentityInfo[];
  links: IdentityLink[];
  events: number;
  first_seen: string | null;
  last_seen: string | null;
  revenue: { currency: string | null; total: string; orders: number }[];
  channels: { channel: string; events: number }[];
  simulated: boolean;
}

export const useCustomers = (q: string) =>
  useInfiniteQuery({
    queryKey: ["customers", q],
    queryFn: ({ pageParam, signal }) => get<Page<CustomerRow>>("/api/customers", { q, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const useCustomer = (profile: string) =>
  useQuery({ queryKey: ["customer", profile], queryFn: () => get<Customer>(`/api/customers/${encodeURIComponent(profile)}`), enabled: profile !== "" });

export function useCustomerChange(profile: string) {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["customer", profile] });
  const path = `/api/customers/${encodeURIComponent(profile)}`;
  return {
    setConsent: useMutation({
      mutationFn: (change: { purpose: string; state: ConsentState }) => patch<unknown>(`${path}/consent`, change),
      onSuccess,
    }),
    setTraits: useMutation({ mutationFn: (traits: Record<string, unknown>) => patch<unknown>(`${path}/traits`, traits), onSuccess }),
  };
}

export interface MergePreview {
  into: string;
  identities: number;
  events: number;
  traits: { name: string; keeps: unknown; gives_way: unknown }[];
  consent: { purpose: string; state: string }[];
  warnings: string[];
}

export interface UnlinkPreview {
  parts: { profile: string; identities: string[]; events: number }[];
  warnings: string[];
}

export const useMergePreview = (a: string, b: string) =>
  useQuery({
    queryKey: ["merge-preview", a, b],
    queryFn: () => post<MergePreview>("/api/merges/preview", { profiles: [a, b] }),
    enabled: b !== "",
    retry: false,
    staleTime: 0,
    refetchOnWindowFocus: false, // merged meanwhile, it would be refused
  });

export const useUnlinkPreview = (link: number | null) =>
  useQuery({
    queryKey: ["unlink-preview", link],
    queryFn: () => post<UnlinkPreview>("/api/unlink/preview", { link }),
    enabled: link !== null,
    retry: false,
    staleTime: 0,
  });

export function useLinkChange() {
  const client = useQueryClient();
  // A merge moves everything that is counted by customer; what it would have done is no question any more.
  const settled = new Set<unknown>(["session", "merge-preview", "unlink-preview"]);
  const onSuccess = () => client.invalidateQueries({ predicate: (query) => !settled.has(query.queryKey[0]) });
  return {
    merge: useMutation({
      mutationFn: (request: { profiles: [string, string]; reason: string }) => post<{ link: number; profile: string }>("/api/merges", request),
      onSuccess,
    }),
    unlink: useMutation({
      mutationFn: (request: { link: number; reason: string }) => post<{ profiles: string[] }>("/api/unlink", request),
      onSuccess,
    }),
    relink: useMutation({ mutationFn: (link: number) => post<unknown>("/api/relink", { link }), onSuccess }),
  };
}
