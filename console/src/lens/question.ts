import { lensOf, type Lens } from "./lens";

/** All that a question's address tells: the question itself, the lens, how it is looked at, whose list is open. */
export interface QuestionSearch extends Partial<Lens> {
  q?: Record<string, unknown>;
  saved?: string;
  view?: "table";
  people?: string;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

export function questionSearch(search: Record<string, unknown>): QuestionSearch {
  const { q } = search;
  return {
    ...lensOf(search),
    q: q && typeof q === "object" && !Array.isArray(q) ? (q as Record<string, unknown>) : undefined,
    saved: text(search.saved),
    view: search.view === "table" ? "table" : undefined,
    people: text(search.people),
  };
}
