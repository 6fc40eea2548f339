import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, remove } from "./client";
import { useRows, useSaved, useShelfChange } from "./shelf";

export interface Sender {
  name: string;
  host: string;
  port: number;
  security: "starttls" | "tls" | "none";
  username: string;
  password_env: string;
  from_name: string;
  from_address: string;
  reply_to: string;
  return_path: string;
  brand: string | null;
  connections: number;
  per_minute: number | null;
  track_clicks: boolean;
  track_opens: boolean;
  paused: boolean;
  dkim: { domain: string; selector: string; key_env: string } | null;
}

export interface EmailStatus {
  sender: string | null;
  paused: boolean;
  trouble: string | null;
  trouble_code: string | null;
  https: boolean;
  address: string;
  states: Record<string, number>;
  suppressed: number;
  hosts: string[];
}

export interface QueuedMail {
  id: string;
  state: string;
  at: string;
  due: string;
  identity: string | null;
  address: string;
  kind: string;
  what: string;
  subject: string;
  attempts: number;
  sent_at: string | null;
  code: string;
  reason: string;
}

export interface TemplateVersion {
  language: string;
  subject: string;
  preheader: string;
  body: string;
}

export interface EmailTemplate {
  name: string;
  description: string;
  purpose: "marketing" | "personalisation" | "service";
  brand: string | null;
  versions: TemplateVersion[];
  example: Record<string, unknown>;
}

export interface EmailLook {
  subject: string;
  text: string;
  bytes: number;
  most_bytes: number;
  problems: string[];
  path: string;
}

export interface Suppressed {
  address: string;
  reason: string;
  detail: string;
  at: string;
  by: string;
}

const SENDERS = "/api/email-senders";
const TEMPLATES = "/api/email-templates";
const OUTBOX = "/api/email/outbox";
const SUPPRESSIONS = "/api/email/suppressions";
export const SENDING = "default";
export const STATES = ["queued", "sending", "sent", "delivered", "failed", "bounced", "unclear", "held", "cancelled"] as const;
/** States from which a person can have a mail sent once more. */
export const AGAIN = ["failed", "unclear"];

export const blankSender: Sender = {
  name: "Sender",
  host: "",
  port: 587,
  security: "starttls",
  username: "",
  password_env: "",
  from_name: "",
  from_address: "",
  reply_to: "",
  return_path: "",
  brand: null,
  connections: 2,
  per_minute: null,
  track_clicks: true,
  track_opens: false,
  paused: false,
  dkim: null,
};

export const blankTemplate = (language: string): EmailTemplate => ({
  name: "",
  description: "",
  purpose: "marketing",
  brand: null,
  versions: [{ language, subject: "", preheader: "", body: "<mj-section>\n  <mj-column>\n    <mj-text></mj-text>\n  </mj-column>\n</mj-section>" }],
  example: {},
});

export const useEmailStatus = () => useQuery({ queryKey: ["email"], queryFn: ({ signal }) => get<EmailStatus>("/api/email", {}, signal), refetchInterval: 10_000 });

export const useSenders = () => useRows<{ key: string; version: number }>(SENDERS);
export const useSender = (key: string | null) => useSaved<Sender>(SENDERS, key);
export const useSenderChange = () => useShelfChange<Sender>(SENDERS, ["email"]);
export const useTrySender = () => useMutation({ mutationFn: (sender: Sender) => post<{ ok: boolean; code: string; message: string }>("/api/email/try", sender) });

export const useEmailTemplates = () => useRows<{ key: string; name: string; description: string; purpose: string; languages: string[]; starter: boolean; version: number }>(TEMPLATES);
export const useEmailTemplate = (key: string | null) => useSaved<EmailTemplate>(TEMPLATES, key);
export const useEmailTemplateChange = () => useShelfChange<EmailTemplate>(TEMPLATES);

/** How a draft looks as a mail; asked anew as it changes, the last one shown meanwhile. */
export const useEmailLook = (body: EmailTemplate, language: string) =>
  useQuery({
    queryKey: ["email-look", JSON.stringify(body), language],
    queryFn: () => post<EmailLook>("/api/email-looks", { body, language }),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
    enabled: body.name.trim() !== "",
  });

export function useSendTest() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, language }: { key: string; language: string }) => post<{ id: string; address: string }>(`${TEMPLATES}/${key}/test`, { language }),
    onSuccess: () => client.invalidateQueries({ queryKey: [OUTBOX] }),
  });
}

export const useOutbox = (state: string | null) =>
  useInfiniteQuery({
    queryKey: [OUTBOX, state],
    queryFn: ({ signal, pageParam }) => get<{ items: QueuedMail[]; next: number | null }>(OUTBOX, { state, before: pageParam }, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
  });

export function useMailChange() {
  const client = useQueryClient();
  const touched = () => Promise.all([client.invalidateQueries({ queryKey: [OUTBOX] }), client.invalidateQueries({ queryKey: ["email"] })]);
  return {
    again: useMutation({ mutationFn: (id: string) => post<QueuedMail>(`${OUTBOX}/${id}/retry`), onSuccess: touched }),
    cancel: useMutation({ mutationFn: (id: string) => post<QueuedMail>(`${OUTBOX}/${id}/cancel`), onSuccess: touched }),
  };
}

export const useSuppressions = (search: string) => useQuery({ queryKey: [SUPPRESSIONS, search], queryFn: ({ signal }) => get<{ items: Suppressed[]; next: string | null }>(SUPPRESSIONS, { search }, signal), placeholderData: keepPreviousData });

export function useSuppressionChange() {
  const client = useQueryClient();
  const touched = () => Promise.all([client.invalidateQueries({ queryKey: [SUPPRESSIONS] }), client.invalidateQueries({ queryKey: ["email"] })]);
  return {
    add: useMutation({ mutationFn: (request: { address: string; detail?: string }) => post<Suppressed>(SUPPRESSIONS, request), onSuccess: touched }),
    drop: useMutation({ mutationFn: (address: string) => remove<unknown>(`${SUPPRESSIONS}/${encodeURIComponent(address)}`), onSuccess: touched }),
  };
}

/** How words that are being written look as a mail; `null`: nobody looks. */
export const useWordsLook = (path: string, words: { subject: string; text: string; language: string | null } | null) =>
  useQuery({
    queryKey: ["words-look", path, words],
    queryFn: () => post<EmailLook>(path, words),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
    enabled: words !== null,
  });
