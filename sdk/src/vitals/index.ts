/** Web vitals as the platform reports them (web.dev/vitals): one `Web Vital` each, told when the page is first left. */
import type { Core } from "../core";

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}
interface Interaction extends PerformanceEntry {
  interactionId?: number;
}

export function start(core: Core): void {
  const found: Record<string, number> = {};
  const path = location.pathname;

  largest(found);
  shifts(found);
  interactions(found);
  watch("paint", (entries) => {
    for (const entry of entries) if (entry.name === "first-contentful-paint") found.FCP = entry.startTime;
  });

  let said = false;
  const leave = (): void => {
    if (said) return;
    said = true;
    const [loaded] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    if (loaded) found.TTFB = loaded.responseStart;
    for (const name of Object.keys(found)) core.track("Web Vital", { name, value: name === "CLS" ? Math.round(found[name]! * 10000) / 10000 : Math.round(found[name]!), path });
  };
  core.listen(document, "visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  core.listen(window, "pagehide", leave);
}

function watch(type: string, then: (entries: PerformanceEntry[]) => void, more?: object): void {
  try {
    if (PerformanceObserver.supportedEntryTypes.indexOf(type) >= 0) new PerformanceObserver((list) => then(list.getEntries())).observe({ type, buffered: true, ...more });
  } catch {
    // a browser without it has no such figure
  }
}

/** LCP: the last candidate before the first input or the end of the page. */
function largest(found: Record<string, number>): void {
  let open = true;
  watch("largest-contentful-paint", (entries) => {
    const last = entries[entries.length - 1];
    if (open && last) found.LCP = last.startTime;
  });
  for (const name of ["keydown", "click", "visibilitychange"]) addEventListener(name, () => (open = false), { capture: true, once: true, passive: true });
}

/** CLS: the worst group of shifts, at most a second apart and five seconds long. */
function shifts(found: Record<string, number>): void {
  let group = 0;
  let first = 0;
  let last = 0;
  watch("layout-shift", (entries) => {
    found.CLS = found.CLS || 0;
    for (const entry of entries as Shift[]) {
      if (entry.hadRecentInput) continue;
      if (entry.startTime - last < 1000 && entry.startTime - first < 5000) group += entry.value;
      else {
        group = entry.value;
        first = entry.startTime;
      }
      last = entry.startTime;
      found.CLS = Math.max(found.CLS, group);
    }
  });
}

/** INP: the slowest interaction, one in fifty left out. */
function interactions(found: Record<string, number>): void {
  const worst = new Map<number, number>();
  watch(
    "event",
    (entries) => {
      for (const entry of entries as Interaction[]) {
        if (entry.interactionId) worst.set(entry.interactionId, Math.max(worst.get(entry.interactionId) || 0, entry.duration));
      }
      const slow = Array.from(worst.values()).sort((a, b) => b - a);
      if (slow.length) found.INP = slow[Math.min(slow.length - 1, Math.floor(slow.length / 50))]!;
    },
    { durationThreshold: 40 },
  );
}
