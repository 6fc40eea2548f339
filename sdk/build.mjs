// Builds the add-ons first (their names hold a digest of their content), then the core, which knows those names.
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const dir = at("../src/resa/sdk/dist");
const addOns = readdirSync(at("src")).filter((name) => name !== "core" && existsSync(at(`src/${name}/index.ts`)));
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));

rmSync(dir, { recursive: true, force: true });
const { output } = await build({
  input: Object.fromEntries(addOns.map((name) => [name, at(`src/${name}/index.ts`)])),
  preserveEntrySignatures: "strict",
  transform: { target: "es2022" }, // add-ons are modules: whoever loads them is newer
  output: { dir, format: "es", minify: true, entryFileNames: "[name].[hash].js", chunkFileNames: "shared-[name].[hash].js" },
});
const names = Object.fromEntries(output.filter((chunk) => chunk.isEntry).map((chunk) => [chunk.name, chunk.fileName]));
await build({
  input: at("src/core/index.ts"),
  transform: { target: "es2020", define: { __ADDONS__: JSON.stringify(names), __VERSION__: JSON.stringify(version) } },
  output: { file: `${dir}/resa.js`, format: "iife", minify: true },
});
copyFileSync(at("resa.d.ts"), `${dir}/resa.d.ts`);
