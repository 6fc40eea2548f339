// Splits the catalogue by room when the console is built: what only one room of src/features says is loaded with that
// room, everything else at first. Which text belongs where is read off the code; nobody keeps a list.
//
// Each component of a room imports its room's texts (this plugin adds the import), so a page is there when its words are.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "@formatjs/icu-messageformat-parser";
import type { Plugin } from "vite";

const SRC = fileURLToPath(new URL("./src", import.meta.url));
const LOCALES = ["en", "sv"];
const FIRST = "first";
const ROOM = /\/src\/features\/(\w+)\//;

const catalogue = (locale: string) => JSON.parse(readFileSync(join(SRC, `messages/${locale}.json`), "utf8")) as Record<string, string>;

/** The room each key is named in, or FIRST where that is none or more than one. */
function rooms(keys: string[]): Map<string, string> {
  const named = new Map(keys.map((key) => [key, new Set<string>()]));
  for (const name of readdirSync(SRC, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(name) || /\.test\./.test(name)) continue;
    const text = readFileSync(join(SRC, name), "utf8");
    const room = ROOM.exec(`/src/${name.replaceAll("\\", "/")}`)?.[1] ?? FIRST;
    const said = new Set(Array.from(text.matchAll(/["'`]([a-z][\w.]*)["'`]/gi), ([, key]) => key ?? ""));
    const heads = Array.from(text.matchAll(/`([a-z]\w*\.[\w.]*)\$\{/gi), ([, head]) => head ?? "");
    for (const [key, owners] of named) if (said.has(key) || heads.some((head) => key.startsWith(head))) owners.add(room);
  }
  return new Map([...named].map(([key, owners]) => [key, (owners.size === 1 ? [...owners][0] : undefined) ?? FIRST]));
}

export function textsByRoom(): Plugin {
  let owners: Map<string, string> | null = null;
  const owner = (key: string) => (owners ??= rooms(Object.keys(catalogue("en")))).get(key) ?? FIRST;
  return {
    name: "texts-by-room",
    // Texts come parsed: the parser is left at home.
    config: () => ({ resolve: { alias: [{ find: /^@formatjs\/icu-messageformat-parser$/, replacement: "@formatjs/icu-messageformat-parser/no-parser.js" }] } }),
    buildStart() {
      owners = null;
    },
    resolveId: (id) => (id.startsWith("texts:") ? `\0${id.replace(":", "-").replaceAll("/", "-")}` : null),
    load(id) {
      const [, locale, room] = /^\0texts-(?:(\w\w)-)?(\w+)$/.exec(id) ?? [];
      if (!room) return null;
      if (locale) {
        const own = Object.entries(catalogue(locale)).filter(([key]) => owner(key) === room);
        return `export default JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(own.map(([key, text]) => [key, parse(text)]))))});`;
      }
      const loaders = LOCALES.map((each) => `${each}: () => import("texts:${each}/${room}")`).join(", ");
      return `import { learn } from ${JSON.stringify(join(SRC, "design/catalogue.ts"))};\nawait learn(${JSON.stringify(room)}, { ${loaders} });`;
    },
    transform(code, id) {
      const room = id.endsWith(".tsx") ? ROOM.exec(id.replaceAll("\\", "/"))?.[1] : undefined;
      return room ? { code: `import "texts:${room}";\n${code}`, map: null } : null;
    },
  };
}
