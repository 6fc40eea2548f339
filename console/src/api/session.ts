import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { get, patch, post, rememberCsrf, remove } from "./client";

export type Role = "owner" | "admin" | "editor" | "viewer";

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  scopes?: string[];
}

export interface WorkspaceInfo {
  name: string;
  timezone: string;
  currency: string;
  demo: boolean;
  version: string;
  as_of_original: string | null;
}

export interface Session {
  user: User | null;
  csrf: string | null;
  setup_required: boolean;
  workspace: WorkspaceInfo;
}

async function keep(answer: Promise<Session>): Promise<Session> {
  const session = await answer;
  rememberCsrf(session.csrf ?? "");
  return session;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => keep(get<Session>("/api/session")),
  staleTime: 5 * 60_000,
});

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

export interface SetupRequest {
  token: string;
  email: string;
  password: string;
  name: string;
  workspace?: string;
}

/** Sets up, signs in or accepts an invitation: each answers with the new session. */
function useEntering<Request>(path: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: Request) => keep(post<Session>(path, request)),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
}

export const useSetup = () => useEntering<SetupRequest>("/api/setup");
export const useSignIn = () => useEntering<{ email: string; password: string }>("/api/session");
export const useAcceptInvite = () => useEntering<{ token: string; name: string; password: string }>("/api/invite");

/** May the person here do this? Roles are scopes of API keys by another name. */
export function useMay(scope: string): boolean {
  return useSession().user?.scopes?.includes(scope) ?? false;
}

export const useSignOut = () => useMutation({ mutationFn: () => remove<unknown>("/api/session") });

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    // Every other session of this person ends; this one goes on under a new token.
    mutationFn: (request: { old: string; new: string }) => keep(post<Session>("/api/password", request)),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
  });
}

export function usePatchWorkspace() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: Partial<Pick<WorkspaceInfo, "name" | "timezone" | "currency">>) => patch<unknown>("/api/workspace", change),
    onSuccess: () => client.invalidateQueries({ queryKey: ["session"] }),
  });
}
