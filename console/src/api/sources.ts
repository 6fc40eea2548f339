import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, remove, type Page } from "./client";

export type SourceKind = "browser" | "server";

/** Whether a browser source heeds identity tokens. */
export const IDENTITY_MODES = ["off", "accepted", "required"] as const;
export type IdentityMode = (typeof IDENTITY_MODES)[number];

/** Identities nobody saw before: in the last ten minutes, in ten minutes as usual, since the server started. */
export interface Newcomers {
  recent: number;
  usual: number | null;
  total: number;
  alarm: boolean;
}

export interface Source {
  key: string;
  name: string;
  kind: SourceKind;
  environment: string;
  write_key: string;
  created_at: string;
  last_seen: string | null;
  events_24h: number;
  identity: IdentityMode;
  identity_secret: string | null;
  encrypted: boolean;
  payload_key: string | null;
  newcomers: Newcomers;
}

export const useSources = (refetchInterval: number | false = false) =>
  useQuery({ queryKey: ["sources"], queryFn: () => get<Page<Source>>("/api/sources"), refetchInterval });

export function useSourceChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["sources"] });
  return {
    create: useMutation({
      mutationFn: (request: { name: string; kind: SourceKind; environment: string }) => post<Source>("/api/sources", request),
      onSuccess,
    }),
    rename: useMutation({ mutationFn: ({ key, name }: { key: string; name: string }) => patch<Source>(`/api/sources/${key}`, { name }), onSuccess }),
    rotate: useMutation({ mutationFn: (key: string) => post<Source>(`/api/sources/${key}/rotate`), onSuccess }),
    heedIdentity: useMutation({
      mutationFn: ({ key, identity }: { key: string; identity: IdentityMode }) => patch<Source>(`/api/sources/${key}`, { identity }),
      onSuccess,
    }),
    encrypt: useMutation({
      mutationFn: ({ key, encrypted }: { key: string; encrypted: boolean }) => patch<Source>(`/api/sources/${key}`, { encrypted }),
      onSuccess,
    }),
    rotatePayloadKey: useMutation({ mutationFn: (key: string) => post<Source>(`/api/sources/${key}/payload-key`), onSuccess }),
    rotateSecret: useMutation({ mutationFn: (key: string) => post<Source>(`/api/sources/${key}/identity-secret`), onSuccess }),
    removeSource: useMutation({ mutationFn: (key: string) => remove<unknown>(`/api/sources/${key}`), onSuccess }),
  };
}
