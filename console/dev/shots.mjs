// Looks at every page in a real browser: pictures at three widths in both themes, accessibility by axe, violations of
// the content security policy and errors of the console. Development only. `node dev/shots.mjs [page ...]`
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.RESA_URL ?? "http://127.0.0.1:4173";
const journey = process.env.JOURNEY ?? "shop";
const customer = process.env.CUSTOMER ?? "p_1000";
const PAGES = {
  home: "/app/",
  journeys: "/app/journeys",
  board: `/app/journeys/${journey}`,
  table: `/app/journeys/${journey}?view=table`,
  people: `/app/journeys/${journey}?cell=stage%3Aconsideration`,
  about: `/app/journeys/${journey}?point=product`,
  edit: `/app/journeys/${journey}?edit=true`,
  editor: `/app/journeys/${journey}?edit=true&point=product`,
  customers: "/app/customers",
  customer: `/app/customers/${customer}`,
  explore: "/app/explore",
  sources: "/app/data/sources?source=shop",
  live: "/app/data/live",
  trace: "/app/data/live?message=ajs-1-fixture",
  imports: "/app/data/imports",
  failed: "/app/data/failed",
  workspace: "/app/settings/workspace",
  team: "/app/settings/team",
  keys: "/app/settings/keys",
  audit: "/app/settings/audit",
  you: "/app/settings/you",
  signin: "/app/sign-in",
  setup: "/app/setup#token",
  invite: "/app/invite#token",
  lost: "/app/nowhere",
};
const wanted = process.argv.slice(2);
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const shots = new URL(process.env.SHOTS ?? "./shots/", import.meta.url).pathname;
mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
let bad = 0;
const sizes = (process.env.SIZES ?? "1440x900,1024x768,390x844").split(",").map((size) => size.split("x").map(Number));
const themes = (process.env.THEMES ?? "light,dark").split(",");
for (const theme of themes) {
  for (const [width, height] of sizes) {
    // The policy would refuse axe's script; its violations are looked for in the pictures' pass, without axe.
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: process.env.LOCALE ?? "en-GB", reducedMotion: "reduce", ...(process.env.STATE ? { storageState: process.env.STATE } : {}) });
    if (process.env.RESA_PASSWORD) {
      const page = await context.newPage();
      await page.goto(`${base}/app/sign-in`);
      await page.getByLabel("E-mail").fill(process.env.RESA_EMAIL ?? "demo@example.com");
      await page.getByRole("textbox", { name: "Password" }).fill(process.env.RESA_PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL((url) => !url.pathname.endsWith("sign-in"));
      await page.close();
    }
    for (const [name, path] of Object.entries(PAGES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") {
          bad += 1;
          console.log(`${name} ${theme} ${width}: ${message.text().slice(0, 300)}`);
        }
      });
      page.on("pageerror", (error) => {
        bad += 1;
        console.log(`${name} ${theme} ${width}: ${error.message.slice(0, 300)}`);
      });
      await page.goto(base + path);
      await page.waitForSelector("h1, h2", { timeout: 8000 }).catch(() => console.log(`${name}: no heading`));
      await page.waitForTimeout(Number(process.env.WAIT ?? (name === "live" ? 1600 : 900)));
      await page.screenshot({ path: `${shots}${name}-${width}-${theme}.png`, fullPage: process.env.FULL === "1" });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) {
        bad += 1;
        console.log(`${name} ${theme} ${width}: ${wide} px too wide`);
      }
      const session = await context.newCDPSession(page);
      await session.send("Page.setBypassCSP", { enabled: true });
      const source = await (await import("node:fs/promises")).readFile(axe, "utf8");
      await page.evaluate(source);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      for (const violation of violations) {
        bad += 1;
        console.log(`${name} ${theme} ${width}: ${violation.id} (${violation.impact}) ${violation.nodes.length}x ${violation.nodes[0].html.slice(0, 160)} ${(violation.nodes[0].any[0]?.message ?? violation.nodes[0].failureSummary ?? "").slice(0, 200)}`);
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
console.log(bad === 0 ? "Nothing to mend." : `${bad} to mend.`);
process.exit(bad === 0 ? 0 : 1);
