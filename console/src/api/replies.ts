import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { post } from "./client";
import { useRows, useSaved, useShelfChange } from "./shelf";

/** Words of a reply in one language, with Liquid in them: `{{ customer.first_name | default: "there" }}`. */
export interface ReplyVersion {
  language: string;
  subject: string;
  text: string;
}

export interface ReplyTemplate {
  name: string;
  versions: ReplyVersion[];
}

export interface FilledReply {
  subject: string;
  text: string;
  language: string;
  languages: string[];
}

const TEMPLATES = "/api/reply-templates";

export const blankReplyTemplate = (language: string): ReplyTemplate => ({ name: "", versions: [{ language, subject: "", text: "" }] });

export const useReplyTemplates = () => useRows<{ key: string; name: string; languages: string[]; version: number }>(TEMPLATES);
export const useReplyTemplate = (key: string | null) => useSaved<ReplyTemplate>(TEMPLATES, key);
export const useReplyTemplateChange = () => useShelfChange<ReplyTemplate>(TEMPLATES);

/** A saved template, filled for one answer. */
export const useReplyDraft = (answer: number) => useMutation({ mutationFn: (wish: { template: string }) => post<FilledReply>(`/api/inbox/${answer}/reply-draft`, wish) });

/** A template that is being written, filled for one answer; `null`: it is not whole yet. */
export const useFilledReply = (answer: number, body: ReplyTemplate | null, language: string) =>
  useQuery({
    queryKey: ["filled-reply", answer, body, language],
    queryFn: () => post<FilledReply>(`/api/inbox/${answer}/reply-draft`, { body, language }),
    placeholderData: keepPreviousData,
    retry: false,
    enabled: body !== null,
  });
