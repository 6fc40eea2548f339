/** The one way to the server: JSON in and out, the session cookie, the CSRF header, errors as `ApiError`. */

export interface ErrorBody {
  code: string;
  message: string;
  field?: string | null;
  value?: unknown;
  rule?: string | null;
  remedy?: string | null;
  current?: unknown;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

type Query = Record<string, string | number | boolean | null | undefined>;

let csrf = "";

export function rememberCsrf(token: string): void {
  csrf = token;
}

export function withQuery(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** A request that waits for its answer; the server lists what it does for it under this key (`/api/work`). */
export interface Waiting {
  key: string;
  began: number;
}

let waiting: readonly Waiting[] = [];
const listeners = new Set<() => void>();

function tellWaiting(next: readonly Waiting[]): void {
  waiting = next;
  for (const listener of listeners) listener();
}

export const waitingNow = (): readonly Waiting[] => waiting;

export function onWaiting(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Not `randomUUID`: browsers have that over https only. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36).padStart(7, "0")).join("-");

async function watched<T>(work: (key: string) => Promise<T>): Promise<T> {
  const mine: Waiting = { key: newKey(), began: Date.now() };
  tellWaiting([...waiting, mine]);
  try {
    return await work(mine.key);
  } finally {
    tellWaiting(waiting.filter((other) => other !== mine));
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const fallback = { code: `http_${response.status}`, message: response.statusText || String(response.status) };
  try {
    const body: unknown = await response.json();
    if (body && typeof body === "object" && "message" in body) return new ApiError(response.status, { ...fallback, ...body } as ErrorBody);
    if (body && typeof body === "object" && "detail" in body) {
      return new ApiError(response.status, { ...fallback, message: String((body as { detail: unknown }).detail) });
    }
  } catch {
    // The body was not JSON: a proxy's page, for instance. The status says enough.
  }
  return new ApiError(response.status, fallback);
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = async (key?: string) => {
    const text = await (await answerOf(method, path, body, signal, key)).text();
    return (text ? JSON.parse(text) : undefined) as T;
  };
  // Who passes a signal asks a question: it may take long, be shown and be cancelled.
  return signal ? watched(answer) : answer();
}

async function answerOf(method: string, path: string, body?: unknown, signal?: AbortSignal, key?: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (key) headers["X-Resa-Work"] = key;
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      signal: signal ?? null,
      body: body === undefined ? null : form ? body : JSON.stringify(body),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, { code: "unreachable", message: "unreachable" });
  }
  if (!response.ok) {
    const error = await errorOf(response);
    if (response.status === 401) window.dispatchEvent(new Event("resa:signed-out"));
    throw error;
  }
  return response;
}

/** What the server answers with a file. */
export const postForFile = async (path: string, body: unknown): Promise<Blob> => watched(async (key) => (await answerOf("POST", path, body, undefined, key)).blob());

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> => send<T>("GET", withQuery(path, query), undefined, signal);
export const post = <T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> => send<T>("POST", path, body ?? {}, signal);
export const put = <T>(path: string, body: unknown): Promise<T> => send<T>("PUT", path, body);
export const patch = <T>(path: string, body: unknown): Promise<T> => send<T>("PATCH", path, body);
export const remove = <T>(path: string): Promise<T> => send<T>("DELETE", path);
