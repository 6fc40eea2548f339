import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";
import { useRows, useShelfChange } from "./shelf";

export const SENT = ["email", "sms", "push", "chat", "call"] as const;
export const ON_SITE = ["popup", "notification", "panel", "survey"] as const;

export interface Cap {
  /** null: all that interrupt. */
  kinds: string[] | null;
  most: number;
  per: string;
}

export interface Quiet {
  kinds: string[];
  start: string;
  end: string;
}

export interface Policy {
  name: string;
  description: string;
  caps: Cap[];
  quiet: Quiet[];
  timezone: string | null;
  always_from: number;
}

export interface ContactCounts {
  since: string;
  items: { kind: string; state: string; what: string; count: number }[];
  policy: Policy;
}

export interface ContactEntry {
  id: string;
  kind: string;
  what: string;
  at: string;
  state: string;
  reason: string | null;
  rule: string | null;
  until: string | null;
}

const POLICIES = "/api/contact-policies";
/** The one of all policies that is in force. */
export const IN_FORCE = "global";

export const useContactCounts = (days = 7) => useQuery({ queryKey: ["contacts", days], queryFn: ({ signal }) => get<ContactCounts>("/api/contacts", { days }, signal) });

export const useContactsOf = (profile: string) => useQuery({ queryKey: ["contacts-of", profile], queryFn: ({ signal }) => get<Page<ContactEntry>>(`/api/contacts/${profile}`, {}, signal) });

export const usePolicies = () => useRows<{ key: string; in_force: boolean; version: number }>(POLICIES);
export const usePolicyChange = () => useShelfChange<Policy>(POLICIES, ["contacts"]);
