import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post, put, remove, type Page } from "./client";

/** A definition as it is saved: its version, who saved it, and what it was before. */
export interface Saved<Body> {
  key: string;
  version: number;
  body: Body;
  author: string;
  at: string;
  history: { version: number; author: string; at: string; deleted: boolean }[];
}

/** All definitions of a kind, as its list shows them. */
export const useRows = <Row>(path: string) => useQuery({ queryKey: [path], queryFn: ({ signal }) => get<Page<Row>>(path, {}, signal) });

/** One definition; `null`: none is meant. */
export const useSaved = <Body, More = object>(path: string, key: string | null) =>
  useQuery({ queryKey: [path, key], queryFn: ({ signal }) => get<Saved<Body> & More>(`${path}/${key}`, {}, signal), enabled: key !== null });

/** What the body was in an old version. */
export const fetchVersion = <Body>(path: string, key: string, version: number) => get<Saved<Body>>(`${path}/${key}`, { version });

/** Makes, saves and takes away definitions under `path`; `touched` are the other questions whose answers change with them. */
export function useShelfChange<Body>(path: string, touched: string[] = []) {
  const client = useQueryClient();
  /** Shown at once; what else it changes is asked again meanwhile, so whoever saved hears of it first. */
  const forget = (made: Saved<Body>) => {
    client.setQueryData([path, made.key], made);
    for (const name of [path, ...touched]) void client.invalidateQueries({ queryKey: [name] });
  };
  return {
    create: useMutation({ mutationFn: (request: { key: string; body: Body }) => post<Saved<Body>>(path, request), onSuccess: forget }),
    save: useMutation({ mutationFn: ({ key, expected, body }: { key: string; expected: number; body: Body }) => put<Saved<Body>>(`${path}/${key}`, { expected_version: expected, body }), onSuccess: forget }),
    discard: useMutation({
      mutationFn: (key: string) => remove<{ key: string; expected_version: number }>(`${path}/${key}`),
      // Not what was read of the one that is gone: its page is being left.
      onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: [path], exact: true }), ...touched.map((name) => client.invalidateQueries({ queryKey: [name] }))]),
    }),
  };
}
