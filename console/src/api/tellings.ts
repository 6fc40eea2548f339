import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, type Page } from "./client";

/** Whose comments are meant. */
export interface About {
  theme?: string | null;
  survey?: string | null;
  text?: string | null;
  days: number;
}

export interface Message {
  subject: string;
  text: string;
}

export interface Hearer {
  profile: string;
  name: string | null;
  channel: "email" | null;
  language: string | null;
  hindrance: "simulated" | "told_before" | "no_address" | "no_consent" | null;
}

export interface TellingPreview {
  ready: boolean;
  people: Hearer[];
  languages: Record<string, number>;
  mentioned: number;
  anonymous: number;
  simulated: number;
  no_address: number;
  no_consent: number;
  told_before: number;
  will_hear: number;
  complete: boolean;
}

export interface Telling {
  id: string;
  title: string;
  about: About;
  texts: Record<string, Message>;
  author: string;
  at: string;
  waiting: number;
  sent: number;
  held_back: number;
  came_back: number;
  people: { profile: string | null; name: string | null; state: "waiting" | "sent" | "held_back" | "dead"; problem: string }[];
}

export const useTellings = () =>
  useQuery({
    queryKey: ["tellings"],
    queryFn: ({ signal }) => get<Page<Telling>>("/api/tellings", {}, signal),
    refetchInterval: (query) => (query.state.data?.items.some((one) => one.waiting > 0) ? 2_000 : false),
  });

export const useTelling = (id: string | null) => useQuery({ queryKey: ["tellings", id], queryFn: ({ signal }) => get<Telling>(`/api/tellings/${id}`, {}, signal), enabled: id !== null });

/** Who would hear it; `null`: nothing is chosen yet. */
export const useTellingPreview = (about: About | null) =>
  useQuery({ queryKey: ["telling-preview", about], queryFn: () => post<TellingPreview>("/api/tellings/preview", about), enabled: about !== null, placeholderData: keepPreviousData });

export function useTell() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: { title: string; about: About; texts: Record<string, Message> }) => post<Telling>("/api/tellings", request),
    onSuccess: () => Promise.all(["tellings", "telling-preview"].map((name) => client.invalidateQueries({ queryKey: [name] }))),
  });
}
