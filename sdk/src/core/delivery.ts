/**
 * The queue: events wait in memory and on the device until the server has confirmed them. What was on its way when the page
 * died is sent again by the next page; the server knows a message id for a day, so nothing counts twice.
 */
import { uid } from "./identity";
import { json, parsed } from "./json";
import { complain, emit, listen, state } from "./state";
import { maySend, names, read, write } from "./store";

/** When it was made, when it was last sent without an answer (0: never), and its JSON. */
type Item = [made: number, tried: number, text: string];

const MOST = 500;
const MOST_CHARACTERS = 1_000_000;
const BODY = 50_000; // browsers allow 64 KB for what outlives the page
const EVENT = 32_000;
const HOUR = 3_600_000;
const LONGEST = 300_000; // what is waited for a busy server at most

const tab = `queue.${uid().slice(0, 8)}`;
let items: Item[] = [];
let flying: Item[] = [];
let most = 100;
let failures = 0;
let pause = 0;
let timer: ReturnType<typeof setTimeout> | 0 = 0;
let saving = false;

export function keep(text: string): void {
  if (text.length > EVENT) return complain("event", "An event has at most 32 KB.");
  items.push([Date.now(), 0, text]);
  let size = 0;
  for (let place = items.length; place--; ) {
    size += items[place]![2].length;
    if (size > MOST_CHARACTERS || items.length - place > MOST) {
      complain("queue", "The queue is full: the oldest events were dropped.");
      items = items.slice(place + 1);
      break;
    }
  }
  if (document.visibilityState === "hidden") {
    save(); // there may be no later
    flush();
  } else if (!saving) {
    saving = true;
    setTimeout(save, 0);
  }
  schedule(500);
}

function save(): void {
  saving = false;
  let text = "";
  for (let place = 0; place < items.length; place++) text += `${place ? "\n" : ""}${items[place]![0]} ${items[place]![1]} ${items[place]![2]}`;
  write(tab, text || null);
}

function schedule(wait: number): void {
  if (timer) clearTimeout(timer);
  timer = items.length >= 20 && wait > 20 && !pause ? setTimeout(flush, 20) : setTimeout(flush, wait);
}

/** Take over what other pages left behind. */
function adopt(): void {
  const left = names("queue.");
  const now = Date.now();
  for (let place = 0; place < left.length; place++) {
    if (left[place] === tab) continue;
    const lines = (read(left[place]!) || "").split("\n");
    write(left[place]!, null);
    const found: Item[] = [];
    for (let line = 0; line < lines.length; line++) {
      const parts = /^(\d+) (\d+) (\{.*\})$/.exec(lines[line]!);
      // The server dates nothing further back than a week, and may have forgotten a message id after a day.
      if (parts && now - +parts[1]! < 160 * HOUR && (parts[2] === "0" || now - +parts[2]! < 20 * HOUR)) found.push([+parts[1]!, +parts[2]!, parts[3]!]);
    }
    items = found.concat(items).slice(-MOST);
  }
}

/** The next events that fit into one body. */
function next(): Item[] {
  const batch: Item[] = [];
  let size = 0;
  for (let place = 0; place < items.length && batch.length < most; place++) {
    const item = items[place]!;
    if (flying.indexOf(item) >= 0) continue;
    size += item[2].length;
    if (batch.length && size > BODY) break;
    batch.push(item);
  }
  return batch;
}

function body(batch: Item[]): string {
  let text = "";
  for (let place = 0; place < batch.length; place++) text += (place ? "," : "") + batch[place]![2];
  return `{"batch":[${text}],"sentAt":"${new Date().toISOString()}","writeKey":${json(state.key)}}`;
}

function done(batch: Item[]): void {
  items = items.filter((item) => batch.indexOf(item) < 0);
  save();
}

export function flush(): void {
  if (flying.length || !items.length || !state.host || !maySend()) return;
  const wait = Math.max(pause, +(read("pause") || 0)) - Date.now();
  if (wait > 0 && wait <= LONGEST) return schedule(wait); // longer: the device's clock was changed
  if (navigator.onLine === false) return save();
  void send(next());
}

async function send(batch: Item[]): Promise<void> {
  flying = batch;
  for (let place = 0; place < batch.length; place++) batch[place]![1] = Date.now();
  save();
  let status = 0;
  let told: string | null = null;
  let answer = "";
  try {
    const text = body(batch);
    const stop = new AbortController();
    const clock = setTimeout(() => stop.abort(), 20_000);
    const got = await fetch(`${state.host}/v1/batch`, { method: "POST", body: text, keepalive: text.length < 60_000, credentials: "omit", signal: stop.signal });
    status = got.status;
    told = got.headers.get("retry-after");
    answer = await got.text();
    clearTimeout(clock);
  } catch {
    // no answer, or half of one: `status` says which
  }
  flying = [];
  try {
    settle(batch, status, told, answer);
  } catch (error) {
    complain("delivery", error);
  }
}

function settle(batch: Item[], status: number, told: string | null, answer: string): void {
  if (status >= 200 && status < 300) {
    failures = pause = 0;
    if (read("pause")) write("pause", null);
    done(batch);
    const failed = (parsed(answer) as { failed?: unknown[] } | null)?.failed;
    if (failed && failed.length) complain("refused", failed);
    emit("delivered", batch.length);
  } else if (status === 413 && batch.length > 1) {
    most = batch.length >> 1;
  } else if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    done(batch);
    complain("delivery", `The server refused ${batch.length} events: ${status} ${answer.slice(0, 300)}`);
  } else {
    for (let place = 0; place < batch.length; place++) batch[place]![1] = 0;
    const seconds = told ? +told || (Date.parse(told) - Date.now()) / 1000 : 0;
    const wait = seconds > 0 ? Math.min(seconds * 1000, LONGEST) : Math.min(1000 * 2 ** failures++, 60_000) * (0.75 + Math.random() / 2);
    pause = Date.now() + wait;
    write("pause", `${pause}`);
    save();
  }
  if (items.length) schedule(pause ? pause - Date.now() : 20);
}

/** The page may die now. What is sent in its last moment stays on the device until an answer comes, here or to the next page. */
function closing(): void {
  if ("keepalive" in Request.prototype) return flush();
  const batch = next();
  if (batch.length && maySend() && navigator.onLine !== false && navigator.sendBeacon(`${state.host}/v1/batch`, body(batch))) done(batch);
}

/** Nothing that waits is ever sent. */
export function forget(): void {
  items = [];
  save();
}

export function startDelivery(): void {
  adopt();
  listen(window, "online", flush);
  listen(window, "pagehide", closing);
  listen(document, "visibilitychange", () => {
    if (document.visibilityState === "hidden") closing();
  });
  if (items.length) schedule(20);
}
