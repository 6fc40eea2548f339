// Checks the texts: both catalogues hold the same keys with the same arguments, every message parses, every key that the
// code names exists and every key is named, and no literal text stands in JSX or in an attribute people read or hear.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "@formatjs/icu-messageformat-parser";
import { parseSync } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const problems = [];
const catalogue = (locale) => JSON.parse(readFileSync(join(root, `src/messages/${locale}.json`), "utf8"));
const catalogues = { en: catalogue("en"), sv: catalogue("sv") };

/** Names of the arguments in a parsed message, however deep. */
function argumentsOf(elements, found = new Set()) {
  for (const element of elements) {
    if (element.type !== 0 && element.type !== 7 && typeof element.value === "string") found.add(element.value);
    for (const option of Object.values(element.options ?? {})) argumentsOf(option.value, found);
    if (element.children) argumentsOf(element.children, found);
  }
  return found;
}

const keys = new Set(Object.values(catalogues).flatMap((messages) => Object.keys(messages)));
const told = {};
for (const key of keys) {
  for (const [locale, messages] of Object.entries(catalogues)) {
    if (!(key in messages)) {
      problems.push(`${locale}.json lacks ${key}`);
      continue;
    }
    try {
      (told[key] ??= {})[locale] = [...argumentsOf(parse(messages[key]))].sort().join(" ");
    } catch (error) {
      problems.push(`${locale}.json ${key}: ${error.message}`);
    }
  }
  if (told[key] && told[key].en !== told[key].sv) problems.push(`${key}: arguments differ: en has [${told[key].en}], sv has [${told[key].sv}]`);
}

const READ = new Set(["alt", "aria-label", "aria-description", "title", "placeholder", "label", "description", "lead", "hint", "add"]);
const LETTERS = /\p{L}{2,}/u;
// Names of things that are called the same in every language.
const NAMES = new Set(["Resa", "Ctrl K", "⌘K"]);

function literal(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return null;
}

/** Texts a branch could show: both sides of a condition, the right of `&&`. */
function* shown(node) {
  if (!node) return;
  if (node.type === "ConditionalExpression") {
    yield* shown(node.consequent);
    yield* shown(node.alternate);
  } else if (node.type === "LogicalExpression") {
    yield* shown(node.right);
  } else {
    const text = literal(node);
    if (text !== null) yield text;
  }
}

const named = new Set();
const prefixes = [];
function visit(node, report) {
  if (!node || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const child of node) visit(child, report);
    return;
  }
  const bad = (text) => LETTERS.test(text) && !NAMES.has(text.trim()) && report(node, text.trim());
  if (node.type === "JSXText") bad(node.value);
  if (node.type === "JSXElement" || node.type === "JSXFragment") {
    for (const child of node.children) if (child.type === "JSXExpressionContainer") for (const text of shown(child.expression)) bad(text);
  }
  if (node.type === "JSXAttribute" && READ.has(node.name.name ?? "")) {
    if (node.value?.type === "JSXExpressionContainer") for (const text of shown(node.value.expression)) bad(text);
    else for (const text of shown(node.value)) bad(text);
  }
  if (node.type === "Literal" && typeof node.value === "string" && keys.has(node.value)) named.add(node.value);
  if (node.type === "TemplateLiteral" && node.expressions.length > 0) {
    const [head, ...rest] = node.quasis.map((quasi) => quasi.value.cooked);
    if (/^[a-z][\w]*\./i.test(head)) prefixes.push([head, rest.at(-1)]);
  }
  for (const [name, child] of Object.entries(node)) if (name !== "type" && typeof child === "object") visit(child, report);
}

for (const name of readdirSync(join(root, "src"), { recursive: true })) {
  if (!/\.tsx?$/.test(name) || /\.test\./.test(name)) continue;
  const text = readFileSync(join(root, "src", name), "utf8");
  const { program, errors } = parseSync(name, text);
  for (const error of errors) problems.push(`${name}: ${error.message}`);
  visit(program, (node, words) => problems.push(`src/${name}:${text.slice(0, node.start).split("\n").length} "${words}" belongs into the catalogue`));
}
for (const key of keys) {
  if (!named.has(key) && !prefixes.some(([head, tail]) => key.startsWith(head) && key.endsWith(tail))) problems.push(`${key} is in the catalogue, but nothing names it`);
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `${keys.size} texts in ${Object.keys(catalogues).length} languages, all in order.` : `${problems.length} to mend.`);
process.exit(problems.length === 0 ? 0 : 1);
