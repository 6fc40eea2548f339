import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "./client";

/** Some customers a question can be asked of, by the name the lens gives them. */
export interface Population {
  value: string;
  kind: "audience" | "persona";
  name: string;
}

interface Named {
  key: string;
  name: string;
}

/** Every saved segment and persona. */
export const usePopulations = () =>
  useQuery({
    queryKey: ["populations"],
    queryFn: async ({ signal }): Promise<Population[]> => {
      const [audiences, personas] = await Promise.all([get<Page<Named>>("/api/audiences", {}, signal), get<Page<Named>>("/api/personas", {}, signal)]);
      const named = (kind: Population["kind"]) => (one: Named) => ({ value: `${kind}:${one.key}`, kind, name: one.name });
      return [...audiences.items.map(named("audience")), ...personas.items.map(named("persona"))];
    },
    staleTime: 60_000,
  });
