import { useMutation, useQuery } from "@tanstack/react-query";
import { get, post } from "./client";

export interface SqlAnswer {
  columns: (string | { name: string; type?: string })[];
  rows: unknown[][];
  truncated: boolean;
  took_ms: number;
}

export interface SqlView {
  name: string;
  columns: { name: string; type: string; description: string | null }[];
}

export const useSqlSchema = () =>
  useQuery({ queryKey: ["sql-schema"], queryFn: () => get<{ views: SqlView[] }>("/api/sql/schema"), staleTime: Infinity });

export const useSql = () => useMutation({ mutationFn: (sql: string) => post<SqlAnswer>("/api/sql", { sql }) });
