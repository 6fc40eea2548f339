import { useMutation, useQuery } from "@tanstack/react-query";
import { get, post, postForFile, withQuery } from "./client";

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

export const useSql = () => useMutation({ mutationFn: (sql: string) => post<SqlAnswer>("/api/sql", { sql }, new AbortController().signal) });

/** The whole answer, which the page may show only in part. */
export const exportSql = (sql: string, format: "csv" | "parquet") => postForFile(withQuery("/api/sql/export", { format }), { sql });
