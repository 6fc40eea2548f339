import { useMutation } from "@tanstack/react-query";
import { post } from "./client";

export interface Rule {
  name: string;
  description?: string;
  on: boolean;
  when: {
    sources?: string[];
    surveys?: string[];
    metric?: "nps" | "csat" | "ces" | "rating" | null;
    score_from?: number | null;
    score_to?: number | null;
    sentiment?: ("positive" | "neutral" | "negative")[];
    themes?: string[];
    words?: string[];
    audience?: string | null;
    channels?: string[];
  };
  then: {
    alert?: { to: string[]; mail: boolean } | null;
    task?: { title?: string; owner?: string; due?: string; escalate_to?: string } | null;
    follow_up?: { template: string; after: string } | null;
    webhook?: { url: string } | null;
  };
  holdout: number;
}

export interface RuleRow {
  key: string;
  version: number;
  name: string;
  on: boolean;
  actions: ("alert" | "task" | "follow_up" | "webhook")[];
  holdout: number;
  fired: number;
  held_out: number;
  last_at: string | null;
}

export interface DryRun {
  answers: number;
  fired: number;
  customers: number;
}

export const useDryRun = () => useMutation({ mutationFn: (request: { body: Rule; days: number }) => post<DryRun>("/api/feedback-rules/dry-run", request) });
