import { useQuery } from "@tanstack/react-query";
import { post } from "./client";

export type Scale = "0-10" | "1-5" | "1-7";

export interface FeedbackColumns {
  what: "survey" | "review";
  score: string | null;
  scale: Scale | null;
  comment: string | null;
  date: string | null;
  date_format: string | null;
  customer: string | null;
  email: string | null;
  channel: string | null;
  title: string | null;
  product: string | null;
  survey: string;
  on: string | null;
}

export interface GuessedColumns {
  names: string[];
  columns: FeedbackColumns;
  doubts: string[];
  mapping: Record<string, unknown> | null;
  problem: string;
  sample: Record<string, string>[];
}

/** The beginning of a file tells its columns; a packed one is sent whole. */
const BEGINNING = 1_000_000;

/** What a file's columns seem to be, or what a person chose, made into a mapping. */
export const useGuessedColumns = (file: File, chosen: FeedbackColumns | null) =>
  useQuery({
    queryKey: ["feedback-columns", file.name, file.size, file.lastModified, chosen],
    queryFn: () => {
      const form = new FormData();
      form.set("file", file.name.endsWith(".gz") ? file : file.slice(0, BEGINNING), file.name);
      if (chosen) form.set("columns", JSON.stringify(chosen));
      return post<GuessedColumns>("/api/feedback-imports/guess", form);
    },
    retry: false,
    placeholderData: (before) => before,
  });
