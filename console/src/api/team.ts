import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, remove, type Page } from "./client";
import type { Role } from "./session";

export interface Member {
  id: string;
  email: string;
  name: string;
  role: Role;
  state: "active" | "invited";
  created_at: string;
  seen_at: string | null;
  expires_at: string | null;
}

export const useTeam = () => useQuery({ queryKey: ["team"], queryFn: () => get<Page<Member>>("/api/team") });

export function useTeamChange() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["team"] });
  return {
    invite: useMutation({
      mutationFn: (request: { email: string; role: Role }) => post<{ invite_url: string }>("/api/team", request),
      onSuccess,
    }),
    setRole: useMutation({ mutationFn: ({ id, role }: { id: string; role: Role }) => patch<unknown>(`/api/team/${id}`, { role }), onSuccess }),
    removeMember: useMutation({ mutationFn: (id: string) => remove<unknown>(`/api/team/${id}`), onSuccess }),
  };
}
