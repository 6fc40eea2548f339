// Measures what a browser loads first, compressed: the page, its scripts and styles, one language and one font; and what
// each room adds. Fails above the limit. Run after `npm run build`.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 330_000;
const dist = fileURLToPath(new URL("../../src/resa/console/dist/", import.meta.url));
const assets = readdirSync(join(dist, "assets"));
const page = readFileSync(join(dist, "index.html"), "utf8");

const size = (name) => (name.endsWith(".woff2") ? readFileSync(join(dist, name)).length : gzipSync(readFileSync(join(dist, name)), { level: 9 }).length);

/** A script and all that it imports at once; what it imports when asked stays out. */
function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(join(dist, name), "utf8");
  for (const [, imported] of text.matchAll(/(?:import|export)[^"'();]*?["']\.\/([^"']+\.js)["']/g)) withImports(`assets/${imported}`, found);
  // A room's texts in the language spoken come with it.
  for (const [, texts] of text.matchAll(/import\([`"']\.\/([^`"']*texts-en-[^`"']+\.js)[`"']\)/g)) withImports(`assets/${texts}`, found);
  return found;
}

/** Every class of Mantine's that a script names has its styles among ours. */
const mantine = readFileSync(fileURLToPath(new URL("../node_modules/@mantine/core/styles.css", import.meta.url)), "utf8");
const classes = (text) => new Set(text.match(/m_[0-9a-f]{6,8}/g));
const text = (pattern) => assets.filter((name) => pattern.test(name)).map((name) => readFileSync(join(dist, "assets", name), "utf8")).join("\n");
const styled = classes(text(/\.css$/));
const styles = classes(mantine);
const bare = [...classes(text(/\.js$/))].filter((name) => styles.has(name) && !styled.has(name));
if (bare.length > 0) {
  console.error(`Parts of Mantine without their styles (src/design/mantine.css): ${bare.join(", ")}.`);
  process.exit(1);
}

const first = new Set(["index.html", "color-scheme.js", "favicon.svg"]);
for (const [, name] of page.matchAll(/(?:src|href)="\/app\/(assets\/[^"]+)"/g)) {
  if (name.endsWith(".js")) withImports(name, first);
  else first.add(name);
}
const find = (pattern) => assets.filter((name) => pattern.test(name)).map((name) => `assets/${name}`);
first.add(find(/^inter-latin-(wght|opsz).*\.woff2$/)[0]);

let total = 0;
for (const name of [...first].filter(Boolean).sort((a, b) => size(b) - size(a))) {
  total += size(name);
  if (size(name) > 2000) console.log(`${String(Math.round(size(name) / 1000)).padStart(6)} kB  ${name}`);
}
console.log(`${String(Math.round(total / 1000)).padStart(6)} kB  before any room (limit ${LIMIT / 1000} kB)`);

let worst = total;
for (const room of ["SignIn", "Home", "BoardPage", "CustomerList", "CustomerPage", "SegmentPage", "PersonaPage", "FrictionPage", "AttributionPage", "Overview", "FunnelPage", "TrendsPage", "RetentionPage", "PathsPage", "SearchPage", "SqlPage", "MetricsPage", "MetricPage", "MetricEditor", "Sources", "Live"]) {
  const entry = find(new RegExp(`^${room}-.*\\.js$`))[0];
  if (!entry) continue;
  const more = [...withImports(entry)].filter((name) => !first.has(name));
  const sheets = find(new RegExp(`^(${more.map((name) => /assets\/(.+)-[^-]+\.js$/.exec(name)?.[1]).join("|")})-.*\\.css$`));
  const added = [...more, ...sheets].reduce((sum, name) => sum + size(name), 0);
  worst = Math.max(worst, total + added);
  console.log(`${String(Math.round((total + added) / 1000)).padStart(6)} kB  with ${room}`);
}
const chart = find(/^TrendChart-.*\.js$/)[0];
if (chart) console.log(`${String(Math.round(size(chart) / 1000)).padStart(6)} kB  charts, when the first one is drawn`);
if (worst > LIMIT) {
  console.error(`The first load is ${Math.round(worst / 1000)} kB; at most ${LIMIT / 1000} kB are allowed.`);
  process.exit(1);
}
