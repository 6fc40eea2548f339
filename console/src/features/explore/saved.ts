import type { SavedKind } from "../../api/questions";
import { lensOf } from "../../lens/lens";
import { questionSearch, type QuestionSearch } from "../../lens/question";

export const PAGE_OF: Record<SavedKind, string> = {
  trends: "/explore/trends",
  funnel: "/explore/funnels",
  retention: "/explore/retention",
  paths: "/explore/paths",
  sql: "/explore/sql",
};

/** What a saved question keeps: what is asked, how it is drawn, and the lens as it was chosen, so that "the last 30 days" stays so. */
export function savedBody(search: QuestionSearch, asked: object): Record<string, unknown> {
  return { ...search.q, ...asked, lens: lensOf({ ...search }) };
}

/** The address of a saved question. */
export function searchOf(key: string, body: Record<string, unknown>): QuestionSearch {
  const { lens, ...q } = body;
  return questionSearch({ ...(lens && typeof lens === "object" ? lens : {}), q, saved: key });
}
