import { useSyncExternalStore } from "react";

const NAME = "data-mantine-color-scheme";

function watch(changed: () => void): () => void {
  const watcher = new MutationObserver(changed);
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: [NAME] });
  return () => watcher.disconnect();
}

const current = (): string => document.documentElement.getAttribute(NAME) ?? "light";

/**
 * The theme that the page wears. What is drawn on a canvas reads its colours from the page's tokens, which change
 * only once the attribute has: later than Mantine's own state says, and also where the machine's setting changes.
 */
export const useScheme = (): string => useSyncExternalStore(watch, current);
