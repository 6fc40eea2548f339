/**
 * JSON without the page's help: a page may have replaced JSON.stringify or given its prototypes a toJSON. What has no JSON
 * (functions, elements, circles) is left out, so it never throws.
 */
export function json(value: unknown, above: unknown[] = []): string {
  // oxlint-disable-next-line no-control-regex -- JSON escapes them
  if (typeof value === "string") return `"${value.replace(/["\\\u0000-\u001f\u2028\u2029]/g, escaped)}"`;
  if (typeof value === "number") return isFinite(value) ? `${value}` : "null";
  if (typeof value === "boolean") return `${value}`;
  if (typeof value === "bigint") return `"${value}"`;
  if (!value || typeof value !== "object" || (value as Node).nodeType || above.length > 30 || above.indexOf(value) >= 0) return "null";
  if (value instanceof Date) return isFinite(+value) ? `"${value.toISOString()}"` : "null";
  const inside = above.concat([value]);
  let text = "";
  if (Array.isArray(value)) {
    for (let place = 0; place < value.length; place++) text += (place ? "," : "") + json(value[place], inside);
    return `[${text}]`;
  }
  const names = Object.keys(value);
  for (let place = 0; place < names.length; place++) {
    const name = names[place]!;
    const held = (value as Record<string, unknown>)[name];
    if (held !== undefined && typeof held !== "function" && typeof held !== "symbol") text += `${text ? "," : ""}${json(name)}:${json(held, inside)}`;
  }
  return `{${text}}`;
}

function escaped(character: string): string {
  return `\\u${`000${character.charCodeAt(0).toString(16)}`.slice(-4)}`;
}

/** What a text holds, or null: storage can be written by anyone. */
export function parsed(text: string | null): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
