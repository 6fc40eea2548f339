import { useMutation, useQueryClient } from "@tanstack/react-query";
import { get, post } from "./client";

export interface Definition {
  kind: string;
  key: string;
  body: unknown;
}

export interface DefinitionChange {
  kind: string;
  key: string;
  change: "new" | "changed" | "same";
  diff: { path: string; text: string }[];
}

export const exportDefinitions = (kind: string) => get<{ definitions: Definition[] }>("/api/definitions/export", { kind });

export function useApplyDefinitions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ definitions, dryRun }: { definitions: Definition[]; dryRun: boolean }) =>
      post<{ changes: DefinitionChange[] }>("/api/definitions/apply", { definitions, dry_run: dryRun }),
    onSuccess: (_, request) => (request.dryRun ? undefined : client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" })),
  });
}
