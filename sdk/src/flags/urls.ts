/** Which experiments a page is meant for, an assignment forced by the query, where a redirect leads. */

export interface Pattern {
  type?: string;
  pattern: string;
  include?: boolean;
}

export function forced(key: string, url: string, count: number): number | null {
  const query = url.split("#")[0]!.split("?")[1];
  if (!query) return null;
  const value = new URLSearchParams(query).get(key);
  return value && /^[0-9]{1,5}$/.test(value) && +value < count ? +value : null;
}

export function targeted(url: string, patterns: Pattern[]): boolean {
  let included = false;
  let including = false;
  for (const { type, pattern, include } of patterns) {
    const hit = meets(url, type || "simple", pattern);
    if (include === false) {
      if (hit) return false;
    } else {
      including = true;
      included = included || hit;
    }
  }
  return included || !including;
}

function meets(url: string, type: string, pattern: string): boolean {
  try {
    const actual = new URL(url, "https://_");
    if (type === "regex") {
      const found = new RegExp(pattern);
      return found.test(actual.href) || found.test(actual.href.slice(actual.origin.length));
    }
    return type === "simple" && simple(actual, pattern);
  } catch {
    return false;
  }
}

function simple(actual: URL, pattern: string): boolean {
  const expected = new URL(pattern.replace(/^([^:/?]*)\./i, "https://$1.").replace(/\*/g, "_____"), "https://_____");
  const pairs: [string, string, boolean][] = [
    [actual.host, expected.host, false],
    [actual.pathname, expected.pathname, true],
  ];
  if (expected.hash) pairs.push([actual.hash, expected.hash, false]);
  expected.searchParams.forEach((value, name) => pairs.push([actual.searchParams.get(name) || "", value, false]));
  return pairs.every(([text, shape, path]) => piece(text, shape, path));
}

function piece(text: string, shape: string, path: boolean): boolean {
  if (path) [text, shape] = [text.replace(/^\/|\/$/g, ""), shape.replace(/^\/|\/$/g, "")];
  return new RegExp(`^${shape.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/_____/g, ".*")}$`, "i").test(text);
}

/** `to` with what the query of `from` has beyond it. */
export function merged(from: string, to: string): string {
  try {
    const [before, after] = [new URL(from), new URL(to, from)];
    before.searchParams.forEach((value, name) => {
      if (!after.searchParams.has(name)) after.searchParams.set(name, value);
    });
    return after.href;
  } catch {
    return to;
  }
}
