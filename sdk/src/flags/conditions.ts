/** Conditions over attributes: the MongoDB-like language of the GrowthBook payload, as `engine/conditions.py` reads it. */

export type Attributes = Record<string, unknown>;
export type Groups = Record<string, unknown[]>;
type Inner = Record<string, unknown>;

export function holds(condition: unknown, attributes: Attributes, groups: Groups = {}): boolean {
  if (!isObject(condition)) return true;
  return Object.keys(condition).every((name) => {
    const inner = condition[name];
    if (name === "$or") return any(inner, attributes, groups);
    if (name === "$nor") return !any(inner, attributes, groups);
    if (name === "$and") return list(inner).every((each) => holds(each, attributes, groups));
    if (name === "$not") return !holds(inner, attributes, groups);
    return meets(inner, deep(attributes, name), groups);
  });
}

function any(inner: unknown, attributes: Attributes, groups: Groups): boolean {
  const parts = list(inner);
  return !parts.length || parts.some((each) => holds(each, attributes, groups));
}

function deep(attributes: Attributes, name: string): unknown {
  let value: unknown = attributes;
  for (const part of name.split(".")) value = isObject(value) && Object.prototype.hasOwnProperty.call(value, part) ? value[part] : null;
  return value ?? null;
}

function meets(expected: unknown, actual: unknown, groups: Groups): boolean {
  const names = isObject(expected) ? Object.keys(expected) : [];
  if (names.length && names.every((name) => name[0] === "$")) return names.every((name) => operator(name, (expected as Inner)[name], actual, groups));
  return same(actual, expected);
}

function operator(name: string, expected: unknown, actual: unknown, groups: Groups): boolean {
  switch (name) {
    case "$eq":
      return same(actual, expected);
    case "$ne":
      return !same(actual, expected);
    case "$in":
      return Array.isArray(expected) && within(actual, expected);
    case "$nin":
      return Array.isArray(expected) && !within(actual, expected);
    case "$ini":
      return Array.isArray(expected) && within(fold(actual), fold(expected) as unknown[]);
    case "$nini":
      return Array.isArray(expected) && !within(fold(actual), fold(expected) as unknown[]);
    case "$exists":
      return expected ? actual !== null : actual === null;
    case "$type":
      return typeName(actual) === expected;
    case "$regex":
      return matches(expected, actual, "");
    case "$regexi":
      return matches(expected, actual, "i");
    case "$inGroup":
      return within(actual, groups[`${expected}`] || []);
    case "$notInGroup":
      return !within(actual, groups[`${expected}`] || []);
    case "$not":
      return !meets(expected, actual, groups);
    case "$size":
      return Array.isArray(actual) && meets(expected, actual.length, groups);
    case "$elemMatch":
      return Array.isArray(actual) && actual.some((each) => element(expected, each, groups));
    case "$all":
      return every(expected, actual, groups);
    case "$alli":
      return every(fold(expected), fold(actual), groups);
    case "$lt":
    case "$lte":
    case "$gt":
    case "$gte":
      return ordered(name, expected, actual);
    case "$veq":
      return version(actual) === version(expected);
    case "$vne":
      return version(actual) !== version(expected);
    case "$vlt":
      return version(actual) < version(expected);
    case "$vlte":
      return version(actual) <= version(expected);
    case "$vgt":
      return version(actual) > version(expected);
    case "$vgte":
      return version(actual) >= version(expected);
  }
  return false; // what can't be understood holds for nobody
}

function element(expected: unknown, each: unknown, groups: Groups): boolean {
  const names = isObject(expected) ? Object.keys(expected) : [];
  if (names.length && names.every((name) => name[0] === "$")) return meets(expected, each, groups);
  return holds(expected, isObject(each) ? each : {}, groups);
}

function every(expected: unknown, actual: unknown, groups: Groups): boolean {
  return Array.isArray(expected) && Array.isArray(actual) && expected.every((one) => actual.some((each) => meets(one, each, groups)));
}

function ordered(name: string, expected: unknown, actual: unknown): boolean {
  const [a, b] = typeof expected === "string" && typeof actual === "string" ? [actual, expected] : [toNumber(actual), toNumber(expected)];
  return name === "$lt" ? a < b : name === "$lte" ? a <= b : name === "$gt" ? a > b : a >= b;
}

function toNumber(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number" || typeof value === "boolean") return +value;
  return typeof value === "string" ? Number(value.trim()) : NaN;
}

function within(actual: unknown, expected: unknown[]): boolean {
  return Array.isArray(actual) ? actual.some((each) => expected.some((one) => same(each, one))) : expected.some((one) => same(actual, one));
}

function fold(value: unknown): unknown {
  if (typeof value === "string") return value.toLowerCase();
  return Array.isArray(value) ? value.map(fold) : value;
}

function matches(expected: unknown, actual: unknown, flags: string): boolean {
  try {
    return typeof actual === "string" && new RegExp(expected as string, flags).test(actual);
  } catch {
    return false;
  }
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Version numbers as texts whose order is the order of the versions. */
function version(value: unknown): string {
  const text = typeof value === "number" ? `${value}` : typeof value === "string" && value ? value : "0";
  const parts = text.replace(/^v|\+.*$/g, "").split(/[-.]/);
  if (parts.length === 3) parts.push("~");
  return parts.map((part) => (/^[0-9]+$/.test(part) ? part.padStart(5, " ") : part)).join("-");
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, place) => same(each, b[place]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.prototype.hasOwnProperty.call(b, name) && same(a[name], b[name]));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Inner {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
