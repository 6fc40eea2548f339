import { state } from "./state";
import { mayStore, read, write } from "./store";

const SESSION = 30 * 60_000;
const COOKIE = "resa_id";

export function uid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let text = "";
  for (let place = 0; place < 16; place++) text += (place === 4 || place === 6 || place === 8 || place === 10 ? "-" : "") + (256 + bytes[place]!).toString(16).slice(1);
  return text;
}

/** The device's id: of the cookie that subdomains share, of the device, or new. */
export function anonymousId(): string {
  const domain = state.options.cookieDomain;
  const shared = domain && /(?:^|; )resa_id=([\w-]{8,64})/.exec(document.cookie);
  const kept = read("id");
  const id = (shared && shared[1]) || kept || uid();
  if (id !== kept) write("id", id);
  if (domain && !shared && mayStore()) setCookie(id, 31536000);
  return id;
}

/** A new id, or the one given. */
export function renew(id: string | null): void {
  write("id", id);
  if (state.options.cookieDomain) setCookie(id || "", id && mayStore() ? 31536000 : 0);
}

function setCookie(id: string, age: number): void {
  document.cookie = `${COOKIE}=${id}; domain=${state.options.cookieDomain}; path=/; max-age=${age}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}

/** Id and start of the session: a hint for others; Resa's numbers use its own sessions. The third says whether it has just begun. */
export function session(): [id: string, start: number, begun: boolean] {
  const now = Date.now();
  const kept = (read("session") || "").split(" ");
  const begun = !(now - +kept[2]! < SESSION);
  const id = begun ? uid() : kept[0]!;
  const start = begun ? now : +kept[1]!;
  write("session", `${id} ${start} ${now}`);
  return [id, start, begun];
}
