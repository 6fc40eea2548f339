import type { Consent, Happenings, Options } from "../../resa";

/** What the parts of the core share. One page has one. */
export const state = {
  host: "",
  key: "",
  options: {} as Options,
  consent: {} as Consent,
  /** What proves the user id: never kept on the device. */
  proof: undefined as string | undefined,
  /** A marketer edits this page: nothing is captured, nothing sent. */
  editing: false,
};

type Listener = (...facts: any[]) => void;
const listeners: Record<string, Listener[] | undefined> = {};

export function on<Name extends keyof Happenings>(name: Name, then: Happenings[Name]): () => void {
  const list = (listeners[name] = listeners[name] || []);
  list.push(then);
  return () => {
    listeners[name] = (listeners[name] || []).filter((one) => one !== then);
  };
}

export function emit<Name extends keyof Happenings>(name: Name, ...facts: Parameters<Happenings[Name]>): void {
  const list = listeners[name] || [];
  for (let place = 0; place < list.length; place++) {
    try {
      list[place]!(...facts);
    } catch (error) {
      if (name !== "error") emit("error", { where: name, error });
    }
  }
}

export function complain(where: string, error: unknown): void {
  emit("error", { where, error });
}

/** The same function, but whatever it throws is told to `on("error")` only. */
export function guarded<Args extends unknown[], Result>(where: string, act: (...args: Args) => Result): (...args: Args) => Result | undefined {
  return (...args) => {
    try {
      return act(...args);
    } catch (error) {
      complain(where, error);
      return undefined;
    }
  };
}

/** Listens to a target's event without ever throwing into the page. */
export function listen(target: EventTarget, name: string, then: (event: any) => void, capturing?: boolean): void {
  target.addEventListener(name, guarded(name, then), { capture: !!capturing, passive: true });
}
