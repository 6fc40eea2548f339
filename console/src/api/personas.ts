import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";
import type { PeoplePage } from "./people";
import type { Match } from "./questions";

export interface Task {
  text: string;
  match: Match | null;
}

export interface Deed {
  match: Match;
  at_least: number;
  within_days: number | null;
  never: boolean;
}

export interface Assumed {
  trait: string;
  values: string[];
  low: number | null;
  high: number | null;
}

export interface PersonaBody {
  name: string;
  face: string;
  summary: string;
  age: string;
  income: string;
  family: string;
  place: string;
  industry: string;
  education: string;
  motivation: string;
  needs: string[];
  goals: string[];
  key_tasks: Task[];
  pains: string[];
  channels: string[];
  quote: string;
  owner: string;
  assumptions: Assumed[];
  rule: { all: Deed[] } | null;
  audience: string | null;
  found: string | null;
}

export const blankPersona = (name = ""): PersonaBody => ({
  name,
  face: "",
  summary: "",
  age: "",
  income: "",
  family: "",
  place: "",
  industry: "",
  education: "",
  motivation: "",
  needs: [],
  goals: [],
  key_tasks: [],
  pains: [],
  channels: [],
  quote: "",
  owner: "",
  assumptions: [],
  rule: null,
  audience: null,
  found: null,
});
