/** What a rule asks of whoever is there, as rows a form can show. A condition says more than rows can; what they can't say stays as it is. */
export type Condition = Record<string, unknown>;
export type Scalar = string | number | boolean;

export const TESTS = ["is", "isNot", "contains", "containsNot", "starts", "atLeast", "atMost", "version", "present", "absent"] as const;
/** How a row speaks of a segment, in place of an attribute. */
export const MEMBERSHIP = ["inside", "outside"] as const;
export type Test = (typeof TESTS)[number] | (typeof MEMBERSHIP)[number];

/** The attribute of a row about a segment, as conditions name it; its value is the segment's key. */
export const SEGMENT = "$audience";

export interface Row {
  attribute: string;
  test: Test;
  values: Scalar[];
}

/** Rows of which all or any hold, or (`not`) not: one thing among others. */
export interface Group {
  join: "all" | "any";
  not: boolean;
  rows: Row[];
}

export type Part = Row | Group;

export interface Rows {
  join: "all" | "any";
  rows: Part[];
}

export const isGroup = (part: Part): part is Group => "rows" in part;

/** Attributes that clients send by themselves, in the order people ask for them. */
export const ATTRIBUTES = ["country", "language", "deviceType", "browser", "os", "path", "url", "host", "referrer", "utmCampaign", "utmSource", "utmMedium", "utmContent", "utmTerm", "locale", "timezone"] as const;

export const takesList = (test: Test): boolean => test === "is" || test === "isNot";
export const takesNothing = (test: Test): boolean => test === "present" || test === "absent";
export const takesNumber = (test: Test): boolean => test === "atLeast" || test === "atMost";

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;
const escaped = (text: string) => text.replace(SPECIAL, "\\$&");
/** The text that a pattern means literally; null where it means more. */
function literal(pattern: string): string | null {
  const text = pattern.replace(/\\([\\^$.*+?()[\]{}|/-])/g, "$1");
  return escaped(text) === pattern ? text : null;
}

const isScalar = (value: unknown): value is Scalar => typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** What was typed, as the value a client would send: yes and no are no texts, numbers stay numbers where they were. */
export const scalarOf = (text: string, beside: Scalar[]): Scalar => {
  if (text === "true" || text === "false") return text === "true";
  const number = beside.length > 0 && beside.every((one) => typeof one === "number") && text.trim() !== "" && Number.isFinite(Number(text));
  return number ? Number(text) : text;
};

function saidBy({ test, values }: Row): unknown {
  const [first = ""] = values;
  const text = String(first);
  if (test === "inside") return text;
  if (test === "outside") return { [SEGMENT]: text };
  if (test === "is") return values.length === 1 ? first : { $in: values };
  if (test === "isNot") return values.length === 1 ? { $ne: first } : { $nin: values };
  if (test === "contains") return { $regexi: escaped(text) };
  if (test === "containsNot") return { $notRegexi: escaped(text) };
  if (test === "starts") return { $regexi: text && `^${escaped(text)}` };
  if (test === "atLeast") return { $gte: first };
  if (test === "atMost") return { $lte: first };
  if (test === "version") return { $vgte: text };
  return { $exists: test === "present" };
}

function read(attribute: string, operator: string, value: unknown): Row | null {
  const row = (test: Test, values: Scalar[]): Row => ({ attribute, test, values });
  if (operator === "$in" || operator === "$nin") return Array.isArray(value) && value.every(isScalar) ? row(operator === "$in" ? "is" : "isNot", value) : null;
  if (operator === "$exists") return typeof value === "boolean" ? row(value ? "present" : "absent", []) : null;
  if (!isScalar(value)) return null;
  if (operator === "$eq") return row("is", [value]);
  if (operator === "$ne") return row("isNot", [value]);
  if (operator === "$gte") return row("atLeast", [value]);
  if (operator === "$lte") return row("atMost", [value]);
  if (operator === "$vgte") return row("version", [value]);
  if ((operator !== "$regexi" && operator !== "$notRegexi") || typeof value !== "string") return null;
  const begins = operator === "$regexi" && value.startsWith("^");
  const text = literal(begins ? value.slice(1) : value);
  return text === null ? null : row(begins ? "starts" : operator === "$regexi" ? "contains" : "containsNot", [text]);
}

/** The row of a segment that somebody must be in, or must not be in; null for anything else. */
function membership(name: string, said: unknown): Row | null {
  if (name === SEGMENT && typeof said === "string") return { attribute: SEGMENT, test: "inside", values: [said] };
  if (name !== "$not" || !said || typeof said !== "object" || Object.keys(said).length !== 1) return null;
  const { [SEGMENT]: key } = said as Condition;
  return typeof key === "string" ? { attribute: SEGMENT, test: "outside", values: [key] } : null;
}

/** The rows of a plain object of attributes; null where one of them says more than a row can. */
function rowsIn(condition: unknown): Row[] | null {
  if (!condition || typeof condition !== "object" || Array.isArray(condition)) return null;
  const rows: Row[] = [];
  for (const [attribute, said] of Object.entries(condition)) {
    if (attribute.startsWith("$")) {
      const row = membership(attribute, said);
      if (!row) return null;
      rows.push(row);
    } else if (isScalar(said)) rows.push({ attribute, test: "is", values: [said] });
    else if (said && typeof said === "object" && !Array.isArray(said)) {
      for (const [operator, value] of Object.entries(said)) {
        const row = read(attribute, operator, value);
        if (!row) return null;
        rows.push(row);
      }
    } else return null;
  }
  return rows;
}

/** A list of conditions, by how they go together; null for anything else. */
function listIn(condition: unknown): { join: "all" | "any"; parts: unknown[] } | null {
  const entries = condition && typeof condition === "object" && !Array.isArray(condition) ? Object.entries(condition) : [];
  const [only] = entries;
  if (entries.length !== 1 || !only || (only[0] !== "$or" && only[0] !== "$and") || !Array.isArray(only[1])) return null;
  return { join: only[0] === "$or" ? "any" : "all", parts: only[1] };
}

/** A group of rows within others; null where it is none, or says more than that. */
function groupIn(condition: unknown): Group | null {
  if (!condition || typeof condition !== "object") return null;
  const { $not: turned, ...others } = condition as Condition;
  if (turned !== undefined) {
    const inner = Object.keys(others).length === 0 ? groupIn(turned) : null;
    return inner && !inner.not ? { ...inner, not: true } : null;
  }
  const list = listIn(condition);
  const parts = list ? list.parts.map(rowsIn) : [rowsIn(condition)];
  if (parts.some((one) => one === null || one.length === 0 || (list?.join === "any" && one.length !== 1))) return null;
  return { join: list?.join ?? "all", not: false, rows: parts.flatMap((one) => one ?? []) };
}

/** A condition as rows, or null where rows can't say it. */
export function rowsOf(condition: Condition | null | undefined): Rows | null {
  const list = listIn(condition);
  if (!list) {
    const rows = rowsIn(condition ?? {});
    return rows && { join: "all", rows };
  }
  const found: Part[] = [];
  for (const part of list.parts) {
    const rows = rowsIn(part);
    const group = rows && (list.join === "all" || rows.length === 1) ? null : groupIn(part);
    if (!group && !rows) return null;
    if (group) found.push(group);
    else found.push(...(rows ?? []));
  }
  return { join: list.join, rows: found };
}

/** What a row is called in the object it stands in. */
const nameOf = ({ attribute, test }: Row): string => (test === "outside" ? "$not" : attribute);
const listOf = (join: Rows["join"]): string => (join === "any" ? "$or" : "$and");

const isMerged = ({ join, rows }: Rows): boolean => !rows.some(isGroup) && (rows.length < 2 || (join === "all" && new Set(rows.map((row) => nameOf(row as Row))).size === rows.length));

const spelled = (row: Row): Condition => ({ [nameOf(row)]: saidBy(row) });

function grouped({ join, not, rows }: Group): Condition {
  const said = { [listOf(join)]: rows.map(spelled) };
  return not ? { $not: said } : said;
}

/** Whether a condition asks for a segment, however deep. */
export const namesSegment = (condition: Condition | null): boolean => JSON.stringify(condition).includes(`"${SEGMENT}":`);

/** Rows as a condition; none at all: everybody. What is incomplete is said all the same, so that the server can refuse it. */
export function conditionOf(said: Rows): Condition | null {
  const parts = said.rows.map((part) => (isGroup(part) ? grouped(part) : spelled(part)));
  if (parts.length === 0) return null;
  return isMerged(said) ? Object.assign({}, ...parts) as Condition : { [listOf(said.join)]: parts };
}

/** Where in the condition a part stands, as refusals name it. */
export const pathOf = (said: Rows, at: number): string => (isMerged(said) && said.rows[at] ? nameOf(said.rows[at] as Row) : `${listOf(said.join)}[${at}]`);
/** Where in its group a row stands. */
export const pathIn = ({ join, not }: Group, at: number): string => `${not ? "$not." : ""}${listOf(join)}[${at}]`;
