import { useQuery } from "@tanstack/react-query";
import { get } from "./client";

/** A stage (`<map>/<stage>`), a persona or an intent, and the content tagged for it. */
export interface Covered {
  key: string;
  name: string;
  contents: string[];
  approved: number;
  live: number;
}

export interface Coverage {
  stages: Covered[];
  personas: Covered[];
  intents: Covered[];
}

export const useCoverage = () => useQuery({ queryKey: ["coverage"], queryFn: ({ signal }) => get<Coverage>("/api/content-coverage", {}, signal) });
