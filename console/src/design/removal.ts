import { useCallback } from "react";
import { useToasts } from "./toasts";

/** What keeps definitions: takes one away and answers the version that a save has to expect from then on. */
interface Keeper<Body> {
  discard: { mutateAsync: (key: string) => Promise<{ expected_version: number }> };
  save: { mutateAsync: (change: { key: string; expected: number; body: Body }) => Promise<unknown> };
}

export type Remove = <Body>(from: Keeper<Body>, one: { key: string; body: Body }, words: string, gone?: () => void) => void;

/**
 * Takes a definition away, says so in these words, and offers to bring it back as it was.
 * Promises, not callbacks: what is removed leaves its page or list, and nothing of it would be called any more.
 */
export function useRemoval(): Remove {
  const { tell, tellError } = useToasts();
  return useCallback(
    ({ discard, save }, { key, body }, words, gone) =>
      void discard
        .mutateAsync(key)
        .then(({ expected_version: expected }) => {
          gone?.();
          tell(words, () => void save.mutateAsync({ key, expected, body }).catch(tellError));
        })
        .catch(tellError),
    [tell, tellError],
  );
}
