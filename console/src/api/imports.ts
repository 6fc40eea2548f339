import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, type Page } from "./client";

export interface Import {
  id: string;
  file: string;
  mapping: string | Record<string, unknown> | null;
  state: "running" | "done" | "failed" | "stopped";
  records: number;
  events: number;
  failed: number;
  skipped: number;
  total_bytes: number;
  done_bytes: number;
  started_at: string;
  ended_at: string | null;
}

export interface ImportPreview {
  format: string;
  columns: string[];
  mapping: unknown;
  sample: Record<string, unknown>[];
  problems: (string | { field?: string; rule?: string; remedy?: string; message?: string })[];
}

export interface ImportMapping {
  key?: string;
  name: string;
  description?: string;
}

export const useImports = () =>
  useQuery({
    queryKey: ["imports"],
    queryFn: () => get<Page<Import>>("/api/imports"),
    refetchInterval: (query) => (query.state.data?.items.some((item) => item.state === "running") ? 1000 : false),
  });

export const useImportMappings = () =>
  useQuery({ queryKey: ["import-mappings"], queryFn: () => get<Page<ImportMapping | string>>("/api/import-mappings"), staleTime: 60_000 });

function formOf(file: File, mapping: string): FormData {
  const form = new FormData();
  form.set("file", file);
  if (mapping) form.set("mapping", mapping);
  return form;
}

export const useImportPreview = () =>
  useMutation({
    mutationFn: ({ file, mapping }: { file: File; mapping: string }) => post<ImportPreview>("/api/imports/preview", formOf(file, mapping)),
  });

export function useStartImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, mapping }: { file: File; mapping: string }) => post<Import>("/api/imports", formOf(file, mapping)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["imports"] }),
  });
}
