// Every page in light and dark, on a desk and on a phone: for everybody (axe-core), and within the width of the screen.
// With `screenshots`, a folder, pictures of all of them are there; the dark ones of a phone, which can go wrong in no way
// of their own, only then.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

import { setting, until, untilState, watched } from "./pages.mjs";

const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 375, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** The pages, and what is done on them before they are looked at. */
const PAGES = {
  async list({ page, open, live }) {
    await open();
    await page.getByRole("link", { name: live, exact: true }).waitFor();
    await until("a rate", async () => /\d\/s/.test(await page.getByRole("table").textContent()));
  },
  async detail({ page, open, live, messages }) {
    await open(`#/connectors/${live}`);
    await untilState(page, "Live");
    await until("a latency", async () => /\d ms/.test(await page.locator('figure[data-chart="latency"]').textContent()));
    if (messages) {
      await page.getByRole("button", { name: "Read the newest from Kafka" }).click();
      const record = page.locator(".records li").first();
      await record.waitFor();
      assert.match(await record.textContent(), /value: \{"seq": "number", ?"pad": "string, 0 characters"\}$/);
    }
    await page.getByText("Show the settings").click();
    await page.locator("table.settings").waitFor();
  },
  async refused({ page, open, refusing }) {
    await open(`#/connectors/${refusing}`);
    await untilState(page, "Refused");
  },
  async form({ page, open }) {
    await open("#/new");
    await setting(page, "websocket.url").fill("http://example.com");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("group", { name: "What is to be corrected" }).waitFor();
    for (const part of await page.locator("details.part").all()) await part.evaluate((node) => (node.open = true));
  },
  async edit({ page, open, live }) {
    await open(`#/connectors/${live}/edit`);
    await setting(page, "websocket.url").waitFor();
    await page.getByRole("button", { name: "Preview messages" }).click();
    await page.getByRole("region", { name: "Preview" }).locator("pre").first().waitFor();
  },
  async dialog({ page, open, live }) {
    await open(`#/connectors/${live}`);
    await untilState(page, "Live");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
  },
  async loggers({ page, open }) {
    await open("#/loggers");
    await page.locator("select").first().waitFor();
  },
};

export default async function looks(given) {
  const axe = readFileSync(given.axe, "utf8");
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, options] of Object.entries(SIZES)) {
      if (size === "phone" && colorScheme === "dark" && !given.screenshots) continue;
      const tab = await watched(given.browser, given.url, { ...options, colorScheme });
      for (const [name, show] of Object.entries(PAGES)) {
        await show({ ...given, ...tab });
        const where = `${name} ${size} ${colorScheme}`;
        const { width, needed } = await tab.page.evaluate(() => ({ width: innerWidth, needed: document.documentElement.scrollWidth }));
        assert.ok(needed <= width, `${where}: ${needed} px in ${width}`);
        found.push(...(await faults(tab.page, axe)).map((fault) => `${where}: ${fault}`));
        if (given.screenshots) await picture(tab.page, path.join(given.screenshots, `${name}-${size}-${colorScheme}.png`), name);
        await tab.page.keyboard.press("Escape");
      }
      const background = await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = background.match(/\d+/).map(Number);
      assert.equal(red < 128, colorScheme === "dark", `${colorScheme}: ${background}`);
      tab.check();
      await tab.context.close();
    }
  }
  assert.deepEqual(found, []);
}

/** What axe-core finds, but for what is minor. */
async function faults(page, axe) {
  // Evaluated by the debugger, which the page's policy does not ask.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const severe = violations.filter(({ impact }) => impact !== "minor");
  return severe.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => `${node.html} (${node.failureSummary})`).join("; ")}`);
}

async function picture(page, file, name) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: file, fullPage: name !== "dialog" });
}
