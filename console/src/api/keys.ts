import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, remove, type Page } from "./client";

export const SCOPES = ["read", "write", "events:write", "sql:read", "profiles:write", "admin", "*"] as const;

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: string;
  created_by: string;
  used_at: string | null;
  from_environment: boolean;
}

export const useKeys = () => useQuery({ queryKey: ["keys"], queryFn: () => get<Page<ApiKey>>("/api/keys") });

export function useKeyChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["keys"] });
  return {
    create: useMutation({
      mutationFn: (request: { name: string; scopes: string[] }) => post<ApiKey & { key: string }>("/api/keys", request),
      onSuccess,
    }),
    revoke: useMutation({ mutationFn: (id: string) => remove<unknown>(`/api/keys/${id}`), onSuccess }),
  };
}
