import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SNIPPETS } from "./snippets";

it.each(SNIPPETS.map((snippet) => [snippet.id, snippet] as const))("the snippet %s carries this host and this key and no other host", (_, snippet) => {
  const code = snippet.code("https://resa.example", "wk_1", "SEK");
  expect(code).toContain("wk_1");
  expect(code).toContain("resa.example");
  expect(code.match(/"[A-Z]{3}"/g)?.filter((currency) => currency !== '"SEK"') ?? []).toEqual([]);
  expect(code.match(/https?:\/\/[^/"'\s]+/g)?.filter((host) => host !== "https://resa.example") ?? []).toEqual([]);
});

it("the loader of our own SDK is the one that docs/sdk.md shows and the SDK's tests run", () => {
  const shown = readFileSync(new URL("../../../../docs/sdk.md", import.meta.url), "utf8").split("```html\n")[1]?.split("```")[0]?.trimEnd();
  expect(SNIPPETS[0]?.code("HOST", "WRITE_KEY", "EUR").replace("{capture:true}", "{}")).toBe(shown);
});

it("the script snippet is JavaScript and speaks the page's own scheme", () => {
  const html = SNIPPETS.find(({ id }) => id === "html")?.code("http://127.0.0.1:8000", "wk_1", "EUR") ?? "";
  const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? "";
  expect(() => new Function(script)).not.toThrow();
  expect(script).toContain('apiHost:"127.0.0.1:8000/v1",protocol:"http"');
});
