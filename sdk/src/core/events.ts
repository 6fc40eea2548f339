import type { Details, Event, Properties } from "../../resa";
import { context, pageFacts } from "./context";
import { keep } from "./delivery";
import { anonymousId, renew, uid } from "./identity";
import { json } from "./json";
import { emit, state } from "./state";
import { read, write } from "./store";

type Facts = Partial<Event>;

function send(type: Event["type"], facts: Facts, details?: Details): void {
  if (state.editing || state.consent.analytics === false) return;
  const { timestamp, messageId, context: more } = details || {};
  let event: Event | null = {
    type,
    messageId: messageId || uid(),
    timestamp: timestamp instanceof Date ? timestamp.toISOString() : timestamp || new Date().toISOString(),
    anonymousId: anonymousId(),
    userId: read("user") || undefined,
    ...facts,
    context: { ...context(), ...more },
  };
  if (state.options.before) event = state.options.before(event);
  if (!event) return;
  keep(json(event));
  emit("event", event);
}

export function track(event: string, properties: Properties = {}, details?: Details): void {
  if (event) send("track", { event: `${event}`, properties }, details);
}

export function page(...given: unknown[]): void {
  const texts = [];
  while (typeof given[0] === "string") texts.push(given.shift() as string);
  send("page", { name: texts.pop(), category: texts.pop(), properties: { ...pageFacts(), ...(given[0] as Properties) } }, given[1] as Details);
}

/** An id that is given, or the one known; `user` and `group` alike. */
function known(name: "user" | "group", given: unknown[]): string | undefined {
  if (typeof given[0] !== "object") {
    const id = given.shift();
    if (id !== undefined && id !== null && id !== "") write(name, `${id}`);
  }
  return read(name) || undefined;
}

export function identify(...given: unknown[]): void {
  const userId = known("user", given);
  const details = given[1] as Details | undefined;
  if (details && details.identityToken) state.proof = details.identityToken;
  send("identify", { userId, traits: { ...(given[0] as Properties) } }, details);
}

export function group(...given: unknown[]): void {
  send("group", { groupId: known("group", given), traits: { ...(given[0] as Properties) } }, given[1] as Details);
}

export function alias(userId: string, previousId?: string, details?: Details): void {
  const previous = previousId || read("user") || anonymousId();
  write("user", `${userId}`);
  send("alias", { userId: `${userId}`, previousId: previous }, details);
}

export function reset(): void {
  state.proof = undefined;
  for (const name of ["user", "group", "session"]) write(name, null);
  renew(uid());
}
