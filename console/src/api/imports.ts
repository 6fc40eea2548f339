import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, type Page } from "./client";

export interface Import {
  id: number;
  file: string;
  mapping: string;
  state: "running" | "done" | "failed" | "stopped";
  records: number;
  events: number;
  failed: number;
  skipped: number;
  total_bytes: number;
  done_bytes: number;
  started_at: string;
  ended_at: string | null;
  error: string | null;
}

export interface ImportPreview {
  format: string;
  columns: string[];
  /** The mapping chosen or proposed; null where none fits. */
  mapping: { name?: string; title?: string } | null;
  records: number;
  events: number;
  failed: number;
  skipped: number;
  complete: boolean;
  sample: Record<string, unknown>[];
  problems: { record: number; field: string; value: unknown; rule: string; remedy: string }[];
}

export interface ImportMapping {
  name: string;
  title: string;
  description: string;
}

export const useImports = () =>
  useQuery({
    queryKey: ["imports"],
    queryFn: () => get<Page<Import>>("/api/imports"),
    refetchInterval: (query) => (query.state.data?.items.some((item) => item.state === "running") ? 1000 : false),
  });

export const useImportMappings = () =>
  useQuery({ queryKey: ["import-mappings"], queryFn: () => get<Page<ImportMapping>>("/api/import-mappings"), staleTime: 60_000 });

function formOf(file: File, mapping: string): FormData {
  const form = new FormData();
  form.set("file", file);
  if (mapping) form.set("mapping", mapping);
  return form;
}

export const useImportPreview = (file: File, mapping: string) =>
  useQuery({
    queryKey: ["import-preview", file.name, file.size, file.lastModified, mapping],
    queryFn: () => post<ImportPreview>("/api/imports/preview", formOf(file, mapping)),
    retry: false,
  });

export function useStartImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, mapping }: { file: File; mapping: string }) => post<Import>("/api/imports", formOf(file, mapping)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["imports"] }),
  });
}

export function useImportChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: number; change: "stop" | "resume" }) => post<Import>(`/api/imports/${id}/${change}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ["imports"] }),
  });
}
