// What a visitor loads, compressed as the server sends it: the core within its limit, and each add-on with what it imports.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 6_000;
const ADDON_LIMITS = { surveys: 12_000 };
const dist = fileURLToPath(new URL("../../src/resa/sdk/dist/", import.meta.url));
const text = (name) => readFileSync(join(dist, name), "utf8");
const size = (name) => gzipSync(text(name), { level: 6 }).length;

/** A script and all that it imports. */
function withImports(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    for (const [, imported] of text(name).matchAll(/from\s*["'`]\.\/([^"'`]+\.js)["'`]/g)) withImports(imported, found);
  }
  return found;
}

const core = size("resa.js");
console.log(`${String(core).padStart(6)} bytes  the core (limit ${LIMIT})`);
for (const name of readdirSync(dist).filter((file) => /^[a-z]+\..+\.js$/.test(file))) {
  const total = [...withImports(name)].reduce((sum, file) => sum + size(file), 0);
  const addOn = name.split(".")[0];
  const limit = ADDON_LIMITS[addOn];
  console.log(`${String(total).padStart(6)} bytes  ${addOn}, with what it shares with others${limit ? ` (limit ${limit})` : ""}`);
  if (total >= (limit ?? Infinity)) {
    console.error(`${addOn} is ${total} bytes; it must stay under ${limit}.`);
    process.exitCode = 1;
  }
}
if (core >= LIMIT) {
  console.error(`The core is ${core} bytes; it must stay under ${LIMIT}.`);
  process.exit(1);
}
