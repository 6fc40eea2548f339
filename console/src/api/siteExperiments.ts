import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";
import { useSaved, useShelfChange } from "./shelf";
import type { Change } from "./siteEditor";

/** An experiment as far as the visual editor and experiences know it; all else of it is kept as it came. */
export interface SiteExperiment {
  name: string;
  status: "draft" | "running" | "paused" | "stopped" | "shipped";
  variations: { key: string; name: string }[];
  pages: { patterns: { pattern: string; type?: string; include?: boolean }[]; changes: Record<string, { css?: string; mutations?: Change[]; redirect?: string | null }>; keep_query?: boolean } | null;
}

export interface ExperimentName {
  key: string;
  name: string;
  status: SiteExperiment["status"];
  /** Whether it changes pages by now. */
  on_pages: boolean;
}

const PATH = "/api/experiments";

export const useExperimentNames = () => useQuery({ queryKey: ["experiment-names"], queryFn: ({ signal }) => get<Page<ExperimentName>>(PATH, {}, signal) });
export const fetchSiteExperiment = (key: string) => get<{ key: string; body: SiteExperiment }>(`${PATH}/${key}`);
export const useSiteExperiment = (key: string) => useSaved<SiteExperiment>(PATH, key);
export const useSiteExperimentChange = () => useShelfChange<SiteExperiment>(PATH, ["experiments", "experiment", "experiment-names"]);
