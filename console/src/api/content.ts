import { useRows, useSaved, useShelfChange } from "./shelf";

export const TYPES = ["banner", "popup", "notification", "panel", "text", "html", "redirect", "json"] as const;
export type ContentType = (typeof TYPES)[number];
export const BLOCKS: readonly ContentType[] = ["banner", "popup", "notification", "panel"];

export interface BlockButton {
  label: string;
  url?: string | null;
  kind?: "primary" | "secondary";
}

/** What a version is made of; which of it counts depends on the content's type (docs/experiences.md). */
export interface ContentPart {
  text?: string;
  html?: string;
  data?: unknown;
  url?: string;
  keep_query?: boolean;
  title?: string;
  image?: string | null;
  image_alt?: string;
  buttons?: BlockButton[];
  dismissible?: boolean;
  position?: string | null;
  trigger?: "load" | "delay" | "scroll" | "exit";
  delay?: number;
  scroll?: number;
}

export interface ContentVersion {
  language: string;
  body: ContentPart;
}

export interface Schedule {
  start?: string | null;
  end?: string | null;
}

export type Approval = "draft" | "review" | "approved";

export interface ContentBody {
  name: string;
  description: string;
  type: ContentType;
  versions: ContentVersion[];
  approval: Approval;
  schedule: Schedule | null;
  tags: { stages: string[]; personas: string[]; intents: string[]; other: string[] };
  offer: string | null;
  owner: string;
}

export interface ContentRow {
  key: string;
  name: string;
  type: ContentType;
  languages: string[];
  approval: Approval;
  stages: string[];
  personas: string[];
  intents: string[];
  /** The experiences that show it. */
  experiences: string[];
  version: number;
}

export const CONTENT = "/api/content";

/** An empty body of a type, with what it needs to be one. */
export const blankPart = (type: ContentType): ContentPart =>
  type === "text" ? { text: "" } : type === "html" ? { html: "" } : type === "json" ? { data: {} } : type === "redirect" ? { url: "/", keep_query: true } : { title: "", text: "", buttons: [], dismissible: true };

export const blankContent = (type: ContentType, language: string): ContentBody => ({
  name: "",
  description: "",
  type,
  versions: [{ language, body: blankPart(type) }],
  approval: "draft",
  schedule: null,
  tags: { stages: [], personas: [], intents: [], other: [] },
  offer: null,
  owner: "",
});

export const useContents = () => useRows<ContentRow>(CONTENT);
export const useContent = (key: string | null) => useSaved<ContentBody>(CONTENT, key);
export const useContentChange = () => useShelfChange<ContentBody>(CONTENT, ["coverage", "decisions"]);
