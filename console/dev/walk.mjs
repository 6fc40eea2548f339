// Walks through the console as a person would, by role and label, against the fixture server: search by keyboard, people
// of a number, editing a map with save and undo, a merge, a key. Development only, on a freshly started one. `node dev/walk.mjs`
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const base = process.env.RESA_URL ?? "http://127.0.0.1:4173";
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", reducedMotion: "reduce" });
const page = await context.newPage();
page.setDefaultTimeout(8000);
const problems = [];
page.on("pageerror", (error) => problems.push(error.message));
page.on("console", (message) => message.type() === "error" && !/status of 409/.test(message.text()) && problems.push(message.text()));

const step = async (name, run) => {
  try {
    await run();
    console.log(`ok    ${name}`);
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
    console.log(`FAIL  ${name}: ${error.message.slice(0, 600)}`);
    await page.screenshot({ path: new URL(`./shots/walk-${problems.length}.png`, import.meta.url).pathname });
  }
};

await step("the skip link is the first stop and leads to the content", async () => {
  await page.goto(`${base}/app/`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
});

await step("Ctrl-K finds a customer by keyboard alone", async () => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("forsberg");
  await page.getByRole("option", { name: /Forsberg/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /Forsberg/ }).waitFor();
});

await step("a number opens as many people as it says, and the address keeps them", async () => {
  await page.goto(`${base}/app/journeys/shop`);
  const door = page.getByRole("button", { name: /in Consideration\. Show them/ });
  const figure = (await door.innerText()).split(" ")[0].trim().split("\n")[0];
  await door.click();
  await page.getByRole("dialog").getByText(`${figure.replace(/ –.*/, "")} customers`).waitFor();
  assert.match(page.url(), /cell=stage/);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
});

await step("the lens changes the address", async () => {
  await page.getByRole("button", { name: "Compare with nothing" }).click();
  await page.getByRole("menuitem", { name: "Against a year ago" }).click();
  await page.waitForURL(/compare=year/);
});

await step("a touchpoint moves by Alt and arrow and keeps the focus", async () => {
  await page.goto(`${base}/app/journeys/shop?edit=true`);
  const card = page.getByRole("button", { name: "Product viewed", exact: true });
  await card.focus();
  await page.keyboard.press("Alt+ArrowRight");
  await page.getByRole("region", { name: "Decision" }).getByRole("button", { name: "Product viewed", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Product viewed");
});

await step("a new touchpoint gets a rule without typing JSON, is saved, and the save can be undone", async () => {
  await page.getByRole("region", { name: "Use" }).getByRole("button", { name: "Touchpoint" }).click();
  await page.keyboard.type("Coupon used");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Coupon used/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Choose an event" }).click();
  await dialog.getByRole("combobox", { name: "Event name" }).or(dialog.getByLabel("Event name")).first().fill("Coupon");
  await page.getByRole("option", { name: "Coupon Applied" }).click();
  await dialog.getByRole("button", { name: "Condition" }).click();
  await dialog.getByLabel("Property").fill("discount");
  await dialog.getByLabel("Comparison").selectOption("greater");
  await dialog.getByLabel("Value").fill("10");
  await dialog.getByRole("button", { name: "Done" }).click();
  const saved = page.waitForRequest((request) => request.method() === "PUT");
  await page.getByRole("button", { name: "Save" }).click();
  const body = (await saved).postDataJSON();
  const made = body.body.stages.flatMap((stage) => stage.touchpoints).find((one) => one.key === "coupon-used");
  assert.deepEqual(made.rule.any, [{ type: "track", name: "Coupon Applied", where: [{ property: "discount", op: "greater", value: 10 }] }]);
  await page.getByText(/Saved as version/).waitFor();
  const undone = page.waitForRequest((request) => request.method() === "PUT");
  await page.getByRole("button", { name: "Undo" }).click();
  await undone;
});

await step("a conflict keeps what was written and offers both ways", async () => {
  await page.goto(`${base}/app/journeys/shop?edit=true`);
  await page.getByRole("button", { name: "More for Purchase" }).click();
  await page.getByRole("menuitem", { name: "Move left" }).click();
  await page.evaluate(async () => {
    const journey = await (await fetch("/api/journeys/shop")).json();
    await fetch("/api/journeys/shop", { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ expected_version: journey.version, body: journey.body }) });
  });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/Someone saved version/).waitFor();
  await page.getByRole("button", { name: "Save mine as the newest" }).click();
  await page.getByText(/Saved as version/).waitFor();
});

await step("a draft left behind is found again", async () => {
  await page.goto(`${base}/app/journeys/shop?edit=true`);
  await page.getByRole("button", { name: "More for Use" }).click();
  await page.getByRole("menuitem", { name: "Move left" }).click();
  await page.waitForTimeout(200);
  await page.goto(`${base}/app/journeys/shop?edit=true`);
  await page.getByText("Your unsaved changes from last time are here").waitFor();
  await page.getByRole("button", { name: /Start over/ }).click();
});

await step("a real step gets onto the map in two clicks", async () => {
  await page.goto(`${base}/app/journeys/shop`);
  await page.getByRole("button", { name: "Add Coupon Applied to a stage" }).click();
  await page.getByRole("menuitem", { name: "Purchase" }).click();
  await page.getByText("Coupon Applied is on the map").waitFor();
});

await step("two customers are merged after a look at the consequences, and taken apart again", async () => {
  await page.goto(`${base}/app/customers/p_1000`);
  await page.getByRole("button", { name: "Merge with another" }).click();
  await page.getByLabel("The other customer").fill("berg");
  await page.getByRole("dialog").getByRole("button", { name: /Berg/ }).first().click();
  await page.getByText("Gives way").waitFor();
  await page.getByRole("button", { name: "Merge", exact: true }).click();
  await page.getByText(/^Merged with/).waitFor();
  await page.getByRole("region", { name: "Identities" }).getByRole("button", { name: "Undo" }).first().click();
  await page.getByRole("button", { name: "Take apart" }).click();
  await page.getByText(/Taken apart into 2 customers/).waitFor();
});

await step("consent changes say so and can be undone", async () => {
  await page.getByRole("radiogroup", { name: "Marketing" }).getByText("Granted").click();
  await page.getByText("Consent recorded").waitFor();
});

await step("a failed event is sent again, mended", async () => {
  await page.goto(`${base}/app/data/failed`);
  await page.getByRole("button", { name: /timestamp lies more/ }).click();
  await page.getByRole("textbox").fill('{"type":"track","event":"Order Completed","userId":"user-42"}');
  const sent = page.waitForRequest(/redrive/);
  await page.getByRole("button", { name: "Send again" }).click();
  assert.equal(typeof (await sent).postDataJSON().payload, "string");
});

await step("live events run, stop, and tell how many wait", async () => {
  await page.goto(`${base}/app/data/live`);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/Paused, \d+ new event/).waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
});

await step("an API key is shown once", async () => {
  await page.goto(`${base}/app/settings/keys`);
  await page.getByRole("button", { name: "New API key" }).click();
  await page.getByLabel("Name").fill("Notebook");
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByText("This is the only time the key is shown").waitFor();
  await page.getByRole("button", { name: "I have kept it" }).click();
});

await step("SQL runs by Ctrl and Enter", async () => {
  await page.goto(`${base}/app/explore/sql`);
  await page.getByRole("textbox", { name: "SQL" }).focus();
  await page.keyboard.press("Control+Enter");
  await page.getByRole("cell", { name: "Promotion Clicked" }).waitFor();
});

await step("Swedish holds on every page", async () => {
  await page.goto(`${base}/app/settings/you`);
  await page.getByLabel("Language").selectOption("sv");
  await page.getByRole("link", { name: "Resor" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "sv");
});

await browser.close();
for (const problem of problems) console.log(problem.slice(0, 300));
process.exit(problems.length === 0 ? 0 : 1);
