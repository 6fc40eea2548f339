import type { Decided, DecideQuery, Decision, FlagDecision, Properties } from "../../resa";
import { campaigns, pageFacts, privacy } from "./context";
import { anonymousId } from "./identity";
import { json, parsed } from "./json";
import { complain, emit, state } from "./state";
import { maySend, read } from "./store";

/** The platform's own Promise, whatever the page made of the name. */
export const Later = (async () => {})().constructor as PromiseConstructor;

/** Asks the server what to show. The answer always comes: with the time-out, or anything wrong, it is the default everywhere. */
export async function decide(query: DecideQuery): Promise<Decided> {
  const wait = query.timeout ?? state.options.timeout ?? 500;
  const asked = query.placements === true ? [] : query.placements || [];
  const decided: Decided = { ok: false, decisions: {}, flags: {} };
  let why = maySend() ? "timeout" : "consent";
  if (why === "timeout") {
    const stop = new AbortController();
    const late = new Later<void>((resolve) =>
      setTimeout(() => {
        stop.abort();
        resolve();
      }, wait),
    );
    const answer = ask(query, stop.signal).then(
      (found) => {
        if (found) Object.assign(decided, found, { ok: true });
        else why = "unavailable";
      },
      (error: unknown) => {
        if (!stop.signal.aborted) why = "unavailable";
        complain("decide", error);
      },
    );
    await Later.race([answer, late]);
  }
  const settled: Decided = { ok: decided.ok, decisions: Object.assign({}, decided.decisions), flags: decided.flags };
  for (let place = 0; place < asked.length; place++) {
    const placement = asked[place]!;
    if (!settled.decisions[placement]) settled.decisions[placement] = { placement, id: null, experience: null, content: null, variation: null, experiment: null, reason: { code: why, text: "The default is shown." }, probability: null, token: null };
  }
  emit("decided", settled);
  return settled;
}

/** Who asks, in which visit. */
export function asking(): Properties {
  const { campaign, last } = campaigns();
  const context = { ...privacy(), page: pageFacts(), campaign: campaign || last, locale: navigator.language, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, consent: { categoryPreferences: state.consent } };
  return { writeKey: state.key, anonymousId: anonymousId(), userId: read("user") || undefined, groupId: read("group") || undefined, identityToken: state.proof, context };
}

async function ask(query: DecideQuery, signal: AbortSignal): Promise<Pick<Decided, "decisions" | "flags"> | null> {
  const body = json({ ...asking(), placements: query.placements || [], flags: query.flags, attributes: query.attributes });
  const got = await fetch(`${state.host}/v1/decide`, { method: "POST", body, credentials: "omit", signal });
  if (!got.ok) return null;
  const answer = parsed(await got.text()) as { decisions?: Decision[]; flags?: Record<string, FlagDecision> } | null;
  if (!answer || !Array.isArray(answer.decisions)) return null;
  const decisions: Record<string, Decision> = {};
  for (let place = 0; place < answer.decisions.length; place++) decisions[answer.decisions[place]!.placement] = answer.decisions[place]!;
  return { decisions, flags: answer.flags || {} };
}
