import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";
import type { Condition, Match } from "./asked";

/** A period in words the server reads: `30 days`, `12 hours`. */
export type Period = string;

export interface Did {
  any: Match[];
  at_least?: number | null;
  at_most?: number | null;
  within?: Period | null;
}

export interface Total {
  any: Match[];
  property: string;
  currency?: string | null;
  at_least?: number | null;
  at_most?: number | null;
  within?: Period | null;
}

export interface Moment {
  which: "first" | "last";
  any: Match[];
  within?: Period | null;
  longer_ago?: Period | null;
}

export interface Ordered {
  steps: { any: Match[] }[];
  apart: Period;
  within: Period;
}

export interface Without {
  any: Match[];
  without: Match[];
  after?: Period | null;
  within: Period;
}

/** A rule says exactly one of these things. */
export interface Rule {
  all?: Rule[];
  any?: Rule[];
  not?: Rule;
  trait?: Condition;
  consent?: { purpose: string; is: string };
  segment?: string;
  context?: Condition;
  stage?: { journey: string; in: string[] };
  did?: Did;
  sum?: Total;
  time?: Moment;
  ordered?: Ordered;
  without?: Without;
}

export interface AudienceBody {
  name: string;
  description: string;
  rule: Rule;
}

export interface AudienceRow {
  key: string;
  name: string;
  description: string;
  version: number;
  members: number;
  /** Kept in real time; until then counted when asked for. */
  live: boolean;
  as_of: string | null;
}

export interface Audience {
  key: string;
  version: number;
  body: AudienceBody;
  author: string | null;
  at: string;
}

export interface AudienceTemplate {
  key: string;
  name: string;
  description: string;
  body: AudienceBody;
}

export interface Reachable {
  channel: string;
  consented: number;
  contactable: number;
}

export interface AudienceSize {
  members: number;
  of: number;
  simulated: number;
  reachable: Reachable[];
  took_ms: number;
  sample: { profile: string; name: string | null; email: string | null }[];
}

export interface Member {
  profile: string;
  name: string | null;
  email: string | null;
  since: string | null;
}

export interface MembersPage {
  total: number;
  items: Member[];
  next: string | null;
}

/** One part of the answer to "why is she in?": what it says, whether it holds, since when and by which event. */
export interface Reason {
  text: string;
  kind: "all" | "any" | "not" | "condition";
  /** The condition itself; null for groups and negations. */
  rule: Rule | null;
  met: boolean;
  since: string | null;
  until: string | null;
  event: { row: number; name: string; time: string } | null;
  reasons: Reason[];
}

export interface Explanation {
  member: boolean;
  since: string | null;
  until: string | null;
  reasons: Reason[];
}

export const useAudiences = () => useQuery({ queryKey: ["audiences"], queryFn: ({ signal }) => get<Page<AudienceRow>>("/api/audiences", {}, signal) });

export const useAudience = (key: string) => useQuery({ queryKey: ["audience", key], queryFn: ({ signal }) => get<Audience>(`/api/audiences/${key}`, {}, signal), enabled: key !== "" });

export const useAudienceTemplates = () => useQuery({ queryKey: ["audience-templates"], queryFn: ({ signal }) => get<Page<AudienceTemplate>>("/api/audience-templates", {}, signal), staleTime: Infinity });

/** How many a rule holds for, saved or not, and who of them can be reached. `null`: not complete enough to be asked. */
export const useAudienceSize = (body: AudienceBody | null) =>
  useQuery({
    queryKey: ["audience-size", body?.rule ?? null],
    queryFn: ({ signal }) => post<AudienceSize>("/api/audiences/size", { body }, signal),
    enabled: body !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });

export const useMembers = (key: string) =>
  useInfiniteQuery({
    queryKey: ["audience-members", key],
    queryFn: ({ pageParam, signal }) => get<MembersPage>(`/api/audiences/${key}/members`, { limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const useExplanation = (key: string, profile: string) =>
  useQuery({ queryKey: ["audience-explain", key, profile], queryFn: ({ signal }) => get<Explanation>(`/api/audiences/${key}/explain`, { profile }, signal), staleTime: 0 });

/** The segments a customer is in, and the present stage on each journey map. */
export interface Belongings {
  items: { key: string; name: string; since: string | null }[];
  stages: { journey: string; stage: string; name: string; since: string }[];
}

export const useCustomerAudiences = (profile: string) =>
  useQuery({
    queryKey: ["customer-audiences", profile],
    queryFn: ({ signal }) => get<Belongings>(`/api/customers/${encodeURIComponent(profile)}/audiences`, {}, signal),
  });

export function useAudienceChange() {
  const client = useQueryClient();
  const onSuccess = () => Promise.all(["audiences", "audience", "audience-members", "populations", "customer-audiences"].map((name) => client.invalidateQueries({ queryKey: [name] })));
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: AudienceBody }) => post<Audience>("/api/audiences", request), onSuccess }),
    save: useMutation({
      mutationFn: ({ key, expected, body }: { key: string; expected: number; body: AudienceBody }) => put<Audience>(`/api/audiences/${key}`, { expected_version: expected, body }),
      onSuccess,
    }),
    discard: useMutation({
      mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`/api/audiences/${key}`),
      onSuccess: () => Promise.all(["audiences", "populations", "customer-audiences"].map((name) => client.invalidateQueries({ queryKey: [name] }))),
    }),
  };
}
