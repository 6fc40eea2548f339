import { useCallback, useRef, useState } from "react";

/** Texts that are changed within so many milliseconds of each other are taken back together: a word, not its letters. */
const TOGETHER = 700;
const MOST = 100;

/** Whether two things differ by what stands in texts and numbers only. */
const alike = (one: unknown, other: unknown): boolean => shape(one) === shape(other);
const shape = (thing: unknown): string => JSON.stringify(thing, (_, value: unknown) => (typeof value === "string" || typeof value === "number" ? "" : value));

export interface History<Thing> {
  now: Thing;
  set: (change: (old: Thing) => Thing) => void;
  /** A change that is no step of the work: it holds for what was before as well. */
  throughout: (change: (each: Thing) => Thing) => void;
  /** Takes back the last change, or does it again; null where there is none. */
  undo: (() => void) | null;
  redo: (() => void) | null;
}

/** A thing as it is edited, and the way back. */
export function useHistory<Thing>(first: Thing): History<Thing> {
  const [{ past, now, future }, put] = useState<{ past: Thing[]; now: Thing; future: Thing[] }>({ past: [], now: first, future: [] });
  const last = useRef(0);
  const set = useCallback((change: (old: Thing) => Thing) => {
    const together = Date.now() - last.current < TOGETHER;
    last.current = Date.now();
    put((old) => {
      const now = change(old.now);
      return { past: together && old.past.length > 0 && alike(old.now, now) ? old.past : [...old.past.slice(1 - MOST), old.now], now, future: [] };
    });
  }, []);
  const throughout = useCallback((change: (each: Thing) => Thing) => put((old) => ({ past: old.past.map(change), now: change(old.now), future: old.future.map(change) })), []);
  const undo = () => {
    last.current = 0;
    put((old) => (old.past.length === 0 ? old : { past: old.past.slice(0, -1), now: old.past.at(-1) as Thing, future: [old.now, ...old.future] }));
  };
  const redo = () => {
    last.current = 0;
    put((old) => (old.future.length === 0 ? old : { past: [...old.past, old.now], now: old.future[0] as Thing, future: old.future.slice(1) }));
  };
  return { now, set, throughout, undo: past.length > 0 ? undo : null, redo: future.length > 0 ? redo : null };
}
