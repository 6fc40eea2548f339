import { useMutation, useQuery } from "@tanstack/react-query";
import type { Match } from "./asked";
import { get, post, type Page } from "./client";
import { useRows, useSaved, useShelfChange, type Saved } from "./shelf";

/** A text by language; where one is missing, the survey's first language is spoken. */
export type Texts = Record<string, string>;

export const KINDS = ["nps", "csat", "ces", "scale", "rating", "single", "multiple", "ranking", "matrix", "text", "date", "contact"] as const;
export type Kind = (typeof KINDS)[number];
export const CHANNELS = ["site", "link", "email", "api"] as const;
export type SurveyChannel = (typeof CHANNELS)[number];
export type SurveyStatus = "draft" | "live" | "paused" | "ended";
export const OPS = ["is", "is_not", "in", "at_least", "at_most", "answered", "skipped"] as const;
export type Op = (typeof OPS)[number];
export const CONTACT_FIELDS = ["name", "email", "phone"] as const;

export interface Choice {
  key: string;
  text: Texts;
  fixed?: boolean;
  alone?: boolean;
  write_in?: boolean;
  quota?: number | null;
}

/** About an earlier answer, or about belonging to a segment. */
export interface Condition {
  question?: string | null;
  op?: Op;
  value?: string | number | (string | number)[] | null;
  audience?: string | null;
  member?: boolean;
}

export interface Question {
  key: string;
  kind: Kind;
  text: Texts;
  help: Texts;
  required: boolean;
  options: Choice[];
  rows: Choice[];
  low: Texts;
  high: Texts;
  lowest: number;
  highest: number;
  least: number | null;
  most: number | null;
  fields: (typeof CONTACT_FIELDS)[number][];
  earliest: string | null;
  latest: string | null;
  max_length: number;
  show_if: Condition[];
  randomise: boolean;
  trait: string | null;
}

export interface Branch {
  after: string;
  to: string;
  when?: Condition[];
}

export type Trigger = { kind: "transactional"; events: Match[]; delay?: string | null } | { kind: "relational"; every: string };

export interface Appearing {
  when: "at_once" | "delay" | "scroll" | "exit";
  seconds: number;
  scrolled: number;
}

/** Pages of one kind of address: `simple` with `*`, or a regular expression; with `include` off they are left out. */
export interface SurveyPage {
  pattern: string;
  type?: "simple" | "regex";
  include?: boolean;
}

export const PURPOSES = ["analytics", "personalisation", "marketing", "sharing"] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface SurveyBody {
  name: string;
  description: string;
  owner: string;
  about: "customers" | "employees";
  status: SurveyStatus;
  anonymous: boolean;
  languages: string[];
  questions: Question[];
  intro: Texts;
  thanks: Texts;
  order: "fixed" | "random";
  branches: Branch[];
  quota: number | null;
  channels: SurveyChannel[];
  open_link: boolean;
  trigger: Trigger | null;
  audience: string | null;
  persona: string | null;
  sample: number;
  rest: string;
  pages: SurveyPage[];
  appearing: Appearing;
  /** The spot on the page that it is shown in; none: a card in the corner. */
  placement: string | null;
  /** Of several that are due, the highest is asked first. */
  priority: number;
  /** What somebody must have agreed to; none: the channel's usual. */
  purpose: Purpose | null;
  /** An answering that rests so long is closed as it is. */
  partial_after: string;
  /** How long a personal link leads to the survey. */
  link_lives: string;
  brand: string | null;
}

/** As it is written: what is not said there has its usual value. */
export type WrittenQuestion = Partial<Question> & Pick<Question, "key" | "kind">;
export type WrittenSurvey = Partial<Omit<SurveyBody, "questions" | "appearing">> & { name: string; questions?: WrittenQuestion[]; appearing?: Partial<Appearing> };

export interface SurveyRow {
  key: string;
  name: string;
  about: "customers" | "employees";
  status: SurveyStatus;
  anonymous: boolean;
  languages: string[];
  questions: number;
  metric: "nps" | "csat" | "ces" | null;
  channels: SurveyChannel[];
  audience: string | null;
  version: number;
}

const QUESTION: Omit<Question, "key" | "kind"> = {
  text: {},
  help: {},
  required: false,
  options: [],
  rows: [],
  low: {},
  high: {},
  lowest: 1,
  highest: 5,
  least: null,
  most: null,
  fields: ["email"],
  earliest: null,
  latest: null,
  max_length: 2000,
  show_if: [],
  randomise: false,
  trait: null,
};

const SURVEY: Omit<SurveyBody, "name" | "questions"> = {
  description: "",
  owner: "",
  about: "customers",
  status: "draft",
  anonymous: false,
  languages: ["en"],
  intro: {},
  thanks: {},
  order: "fixed",
  branches: [],
  quota: null,
  channels: ["site", "link", "email", "api"],
  open_link: false,
  trigger: null,
  audience: null,
  persona: null,
  sample: 1,
  rest: "30 days",
  pages: [],
  appearing: { when: "delay", seconds: 5, scrolled: 0.5 },
  placement: null,
  priority: 50,
  purpose: null,
  partial_after: "30 minutes",
  link_lives: "90 days",
  brand: null,
};

export const wholeQuestion = (written: WrittenQuestion): Question => ({ ...QUESTION, ...written });

/** With everything that goes without saying; what this console has no field for is kept as it came. */
export const wholeSurvey = (written: WrittenSurvey): SurveyBody => ({
  ...SURVEY,
  ...written,
  appearing: { ...SURVEY.appearing, ...written.appearing },
  questions: (written.questions ?? []).map((one) => ({ ...wholeQuestion(one), options: (one.options ?? []).map((each) => ({ ...each, text: each.text ?? {} })), rows: (one.rows ?? []).map((each) => ({ ...each, text: each.text ?? {} })) })),
});

export const blankSurvey = (language: string): SurveyBody => wholeSurvey({ name: "", languages: [language], channels: ["link"], open_link: true });

export const SURVEYS = "/api/survey-definitions";

export const useSurveys = () => useRows<SurveyRow>(SURVEYS);
export const useSurvey = (key: string | null) => useSaved<WrittenSurvey>(SURVEYS, key);
export const useSurveyChange = () => useShelfChange<WrittenSurvey>(SURVEYS, ["contacts"]);
export type SavedSurvey = Saved<WrittenSurvey>;

/** Where a survey that is being edited can be walked through; each look begins anew. */
export const usePreview = () =>
  useMutation({ mutationFn: (request: { body: WrittenSurvey; language: string; audiences: string[] }) => post<{ url: string; until: string }>("/api/survey-previews", request) });

/** A survey to begin with, and the question it answers for the business. */
export interface SurveyTemplate {
  key: string;
  need: string;
  body: WrittenSurvey;
}

export const useTemplates = (wanted = true) => useQuery({ queryKey: ["survey-templates"], queryFn: ({ signal }) => get<Page<SurveyTemplate>>("/api/survey-templates", {}, signal), enabled: wanted, staleTime: Infinity });

/** The brands there are to choose from. */
export const useBrands = () => useRows<{ key: string; name: string }>("/api/brands");

/** What became of a survey's askings, and how far its quotas are. */
export interface SurveyAsking {
  quotas: { question: string | null; option: string | null; wanted: number; taken: number }[];
  /** All the answers that are wanted are there or being given: nobody is asked any more. */
  full: boolean;
}

/** Whom it would reach if it asked now; `reached` and `now` are null where nobody can know. */
export interface SurveyReach {
  target: number;
  simulated: number;
  sample: number;
  /** It asks in rounds, so everybody's turn comes; else only those to whom something happens. */
  everybody: boolean;
  channels: { channel: "site" | "email" | "api"; ready: boolean; agreed: number; reached: number | null; now: number | null }[];
}

export const useSurveyReach = (key: string, version: number) => useQuery({ queryKey: [SURVEYS, key, "reach", version], queryFn: ({ signal }) => get<SurveyReach>(`/api/surveys/${key}/reach`, {}, signal) });

export const useSurveyAsking = (key: string) => useQuery({ queryKey: [SURVEYS, key, "asking"], queryFn: ({ signal }) => get<SurveyAsking>(`/api/survey-asking/${key}`, {}, signal) });
