import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Match } from "./asked";

export interface Property {
  name: string;
  kind: "text" | "number" | "bool";
  values: (string | number | boolean)[];
}

/** The properties that events of a kind carry, with some of their values. Without a match: those of all events. */
export const useProperties = (match: Match | null) =>
  useQuery({
    queryKey: ["properties", match?.type ?? "", match?.name ?? ""],
    queryFn: ({ signal }) =>
      get<{ items: Property[] }>("/api/properties", { match: match ? JSON.stringify({ type: match.type, ...(match.name ? { name: match.name } : {}) }) : undefined }, signal),
    enabled: match === null || match.type !== "track" || Boolean(match.name),
    staleTime: 60_000,
  });
