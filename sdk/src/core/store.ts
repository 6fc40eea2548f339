import { state } from "./state";

const memory: Record<string, string> = Object.create(null);
const PREFIX = "resa.";

/** Whether something may be kept on the device. */
export function mayStore(): boolean {
  return !state.editing && state.consent.analytics !== false && (state.consent.analytics || (state.options.beforeConsent || "store") === "store");
}

/** Whether events may leave the page. */
export function maySend(): boolean {
  return !state.editing && state.consent.analytics !== false && (state.consent.analytics || state.options.beforeConsent !== "wait");
}

export function read(name: string): string | null {
  try {
    const kept = localStorage.getItem(PREFIX + name);
    if (kept !== null) return kept;
  } catch {
    // storage is off: only the page remembers
  }
  return memory[name] ?? null;
}

/** Keep a text, or forget it (null). False if the device took it not. */
export function write(name: string, text: string | null, always?: boolean): boolean {
  if (text === null) delete memory[name];
  else memory[name] = text;
  try {
    if (text === null) localStorage.removeItem(PREFIX + name);
    else if (always || mayStore()) localStorage.setItem(PREFIX + name, text);
    return true;
  } catch {
    return false;
  }
}

/** The names under which something is kept on the device and that begin like this. */
export function names(begin: string): string[] {
  const found: string[] = [];
  try {
    for (let place = 0; place < localStorage.length; place++) {
      const name = localStorage.key(place) || "";
      if (name.indexOf(PREFIX + begin) === 0) found.push(name.slice(PREFIX.length));
    }
  } catch {
    // nothing is kept where storage is off
  }
  return found;
}

/** Put on the device what only the page remembered: consent came. */
export function storeAll(): void {
  const all = Object.keys(memory);
  for (let place = 0; place < all.length; place++) write(all[place]!, memory[all[place]!]!);
}

/** Nothing stays on the device but what was said about consent. */
export function forgetAll(): void {
  const all = names("").concat(Object.keys(memory));
  for (let place = 0; place < all.length; place++) if (all[place] !== "consent") write(all[place]!, null);
}
