import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { LensQuery } from "../api/journeys";
import { useSession } from "../api/session";
import { useText } from "../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../lens/lens";
import { questionSearch, type QuestionSearch } from "../lens/question";

export interface Address {
  search: QuestionSearch;
  /** The lens as the reader set it, and as the server is asked. */
  lens: Partial<Lens>;
  query: LensQuery;
  days: number;
  /** Opening a list is a step that the way back undoes; editing the question is not. */
  go: (change: Partial<QuestionSearch>) => void;
  setLens: (lens: Partial<Lens>) => void;
}

export function useAddress(): Address {
  const search = questionSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const { workspace } = useSession();
  const lens = lensOf({ ...search });
  // Rounded to the quarter of an hour: the question stays the same, so its answer can be kept.
  const now = Math.floor(Date.now() / 900_000) * 900_000;
  const { period, from, to, compare, channel, simulated, population } = lens;
  const query = useMemo(
    () => queryOf({ period, from, to, compare, channel, simulated, population }, now, workspace.timezone, usualPeriod(workspace.demo)),
    [period, from, to, compare, channel, simulated, population, now, workspace],
  );
  const go = useCallback(
    (change: Partial<QuestionSearch>) => void navigate({ to: ".", search: ((old: QuestionSearch) => ({ ...old, ...change })) as never, replace: change.people === undefined, resetScroll: false }),
    [navigate],
  );
  const setLens = useCallback(
    (next: Partial<Lens>) => void navigate({ to: ".", search: (({ q, saved, view, by }: QuestionSearch) => ({ by, ...next, q, saved, view })) as never, resetScroll: false }),
    [navigate],
  );
  return { search, lens, query, days: Math.max(1, Math.round((Date.parse(query.to) - Date.parse(query.from)) / 86_400_000)), go, setLens };
}

/** What the period is compared with, in words: "in the 30 days before". */
export function useThan(): string {
  const say = useText();
  const { query, days } = useAddress();
  if (!query.compare || query.compare === "none") return "";
  return query.compare === "year" ? say("than.year") : say("than.before", { days });
}
