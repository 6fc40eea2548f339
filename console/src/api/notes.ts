import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, remove } from "./client";
import type { LensQuery } from "./journeys";

export type NoteKind = "comment" | "assumption" | "experience";

/** What an assumption says that can be counted. */
export interface Claim {
  says: "goes_on" | "uses" | "comes_by" | "takes";
  than: "more" | "fewer";
  share?: number | null;
  seconds?: number | null;
  stage?: string | null;
  to?: string | null;
  touchpoint?: string | null;
  channel?: string | null;
}

/** A claim held against the data of a lens. */
export interface Tested {
  verdict: "confirmed" | "contradicted" | "undecided" | "no data" | "gone";
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

export interface Note {
  id: string;
  version: number;
  kind: NoteKind;
  on: string;
  text: string;
  good: boolean | null;
  claim: Claim | null;
  tested: Tested | null;
  author: string;
  mine: boolean;
  at: string;
  changed_at: string | null;
}

export interface Votes {
  on: string;
  up: number;
  down: number;
  mine: boolean | null;
}

export interface Notes {
  items: Note[];
  votes: Votes[];
}

export interface NewNote {
  kind: NoteKind | "vote";
  on: string;
  text?: string;
  good?: boolean | null;
  claim?: Claim | null;
}

export const useNotes = (journey: string, lens: LensQuery) =>
  useQuery({
    queryKey: ["notes", journey, lens],
    queryFn: ({ signal }) => get<Notes>(`/api/journeys/${journey}/notes`, { ...lens, compare: undefined }, signal),
    placeholderData: (old) => old,
  });

export function useNoteChange(journey: string) {
  const client = useQueryClient();
  const path = `/api/journeys/${journey}/notes`;
  const onSuccess = () => client.invalidateQueries({ queryKey: ["notes", journey] });
  return {
    add: useMutation({ mutationFn: (note: NewNote) => post<Note>(path, note), onSuccess }),
    change: useMutation({ mutationFn: ({ id, ...change }: { id: string; expected_version: number; text: string }) => patch<Note>(`${path}/${id}`, change), onSuccess }),
    drop: useMutation({ mutationFn: (id: string) => remove<Note>(`${path}/${id}`), onSuccess }),
    restore: useMutation({ mutationFn: (id: string) => post<Note>(`${path}/${id}/restore`), onSuccess }),
  };
}
