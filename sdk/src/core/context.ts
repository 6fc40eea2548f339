import type { Properties } from "../../resa";
import { session } from "./identity";
import { json, parsed } from "./json";
import { state } from "./state";
import { read, write } from "./store";

declare const __VERSION__: string;

/** The address before this one, in this page's life or outside it. */
export const came = { from: document.referrer };

export function pageFacts(): Properties {
  const { href, pathname, search } = location;
  return { path: pathname, url: href, title: document.title, referrer: came.from, search };
}

/** The campaign of this very address; the first and the last one that ever led here are kept. */
export function campaigns(): { campaign?: Properties; first?: Properties; last?: Properties } {
  let campaign: Properties | undefined;
  new URLSearchParams(location.search).forEach((value, name) => {
    if (/^utm_|^(gclid|fbclid|msclkid)$/.test(name)) (campaign = campaign || {})[name.replace("utm_", "").replace(/^campaign$/, "name")] = value.slice(0, 300);
  });
  let first = parsed(read("first")) as Properties | null;
  let last = parsed(read("last")) as Properties | null;
  if (campaign && (!last || last.url !== location.href)) {
    last = { ...campaign, at: new Date().toISOString(), url: location.href };
    write("last", json(last));
    if (!first) write("first", json((first = last)));
  }
  return { campaign, first: first || undefined, last: last || undefined };
}

/** Global Privacy Control, where it is on. */
export function privacy(): { globalPrivacyControl?: true } {
  return (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl ? { globalPrivacyControl: true } : {};
}

/** What every event says about where it happened. */
export function context(): Properties {
  const { campaign, first, last } = campaigns();
  const [sessionId, sessionStart, sessionBegun] = session();
  const known = state.consent;
  return {
    ...privacy(),
    library: { name: "resa.js", version: __VERSION__ },
    page: pageFacts(),
    campaign,
    firstCampaign: first,
    lastCampaign: last,
    sessionId,
    sessionStart,
    userAgent: navigator.userAgent,
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
    identityToken: state.proof,
    consent: sessionBegun && Object.keys(known).length ? { categoryPreferences: known } : undefined,
  };
}
