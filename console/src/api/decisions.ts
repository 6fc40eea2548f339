import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { post, type Page } from "./client";
import type { ContentPart, ContentType } from "./content";
import type { ExperienceBody } from "./experiences";

/** Who is looked through the eyes of: a customer, or somebody made up. */
export interface Somebody {
  profile?: string | null;
  persona?: string | null;
  segments?: string[] | null;
  consent?: Record<string, string>;
  returning?: boolean | null;
}

export interface PreviewWish {
  placements: string[];
  somebody: Somebody;
  visit: { url?: string; device?: string | null; locale?: string | null; campaign?: Record<string, string> };
  drafts: boolean;
}

export interface Previewed {
  placement: string;
  experience: string | null;
  variation: string | null;
  content: string | null;
  type: ContentType | null;
  language: string | null;
  body: ContentPart | null;
  probability: number | null;
  reason: { code: string; text: string };
  passed: { experience: string; code: string; text: string }[];
}

export interface DryRunWish {
  days: number;
  drafts: boolean;
  key?: string | null;
  body?: ExperienceBody | null;
  people?: string | null;
}

export interface DryRun {
  start: number;
  end: number;
  views: number;
  people: number;
  /** false: only the first page views could be looked at. */
  whole: boolean;
  items: {
    experience: string;
    name: string;
    placement: string;
    people: number;
    outcomes: { outcome: string; variation: string | null; text: string; views: number; people: number }[];
  }[];
  behind: string[];
}

/** What somebody would see; changes nothing. */
export const usePreview = (wish: PreviewWish | null) =>
  useQuery({
    queryKey: ["decisions", "preview", wish],
    queryFn: ({ signal }) => post<Page<Previewed>>("/api/decide/preview", wish, signal),
    enabled: wish !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });

/** Who would have seen what on past days; `null`: not asked yet. */
export const useDryRun = (wish: DryRunWish | null) =>
  useQuery({ queryKey: ["decisions", "dry-run", wish], queryFn: ({ signal }) => post<DryRun>("/api/decide/dry-run", wish, signal), enabled: wish !== null, retry: false, staleTime: 60_000 });
