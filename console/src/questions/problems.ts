import { ApiError } from "../api/client";

/** The server understood and said no: the words stand beside the field, asking again would be pointless. */
export const isRefusal = (error: unknown): error is ApiError => error instanceof ApiError && (error.status === 400 || error.status === 422);

/** Refusals by the path they are about, from below `prefix`: `steps[1].any[0]` -> `where[0].value`. */
export function problemsUnder(error: unknown, prefix: string): Record<string, string> {
  if (!isRefusal(error) || !error.body.field) return {};
  const field = error.body.field.replace(/^body\./, "");
  if (prefix !== "" && field !== prefix && !field.startsWith(`${prefix}.`) && !field.startsWith(`${prefix}[`)) return {};
  const words = [error.body.rule ?? error.body.message, error.body.remedy].filter(Boolean).join(" ");
  return { [field.slice(prefix.length).replace(/^\./, "")]: words };
}

/** Of the problems of a part, those of a part of it. */
export const below = (problems: Record<string, string>, prefix: string): Record<string, string> =>
  Object.fromEntries(Object.entries(problems).flatMap(([path, words]) => (path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`) ? [[path.slice(prefix.length).replace(/^\./, ""), words]] : [])));
