// A worker that is silent, that answers with errors, or that is gone: a page says so, and what of it is over.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";

import { setting, until, watched } from "./pages.mjs";

export default async function outage({ browser, url, pid, seen }) {
  const { page, open, check } = await watched(browser, url);
  await open();
  await page.getByText("There are no connectors yet.").waitFor();
  await isSilent(page, pid);
  await refusesToBeRead(page);
  await rereads(page);
  await isGone(page, pid, seen);
  check();
}

const told = (page, text) => page.locator("#offline", { hasText: text }).waitFor();
const nothingTold = (page) => until("no banner", async () => (await page.locator("#offline").textContent()) === "");

/** A process that is stopped takes connections and answers nothing. */
async function isSilent(page, pid) {
  process.kill(pid, "SIGSTOP");
  await told(page, /does not answer \(nothing within 5 s\); what is shown is old/);
  process.kill(pid, "SIGCONT");
  await nothingTold(page);

  // A page that asks only once is no place for an old banner.
  for (const [hash, isThere] of [["#/loggers", page.getByLabel("Level of root")], ["#/new", setting(page, "kafka.topic")]]) {
    process.kill(pid, "SIGSTOP");
    await told(page, "does not answer");
    await page.evaluate((to) => (location.hash = to), hash);
    process.kill(pid, "SIGCONT");
    await isThere.waitFor();
    await nothingTold(page);
    await page.evaluate(() => (location.hash = "#/"));
    await page.getByRole("heading", { level: 1, name: "Connectors" }).waitFor();
  }
}

/** An answer that is an error is told as that. */
async function refusesToBeRead(page) {
  const overview = "**/ui/api/overview";
  for (const [status, message] of [[401, "User cannot access the resource."], [500, "Out of order"]]) {
    await page.route(overview, (route) => route.fulfill({ status, json: { error_code: status, message } }));
    await told(page, `The worker answers with an error (${status}: ${message}); what is shown is old`);
    await page.unroute(overview);
    await nothingTold(page);
  }
}

/** Loggers that cannot be read stay on the page until they can be. */
async function rereads(page) {
  await page.getByRole("link", { name: "Loggers" }).click();
  const level = page.getByLabel("Level of root");
  await level.waitFor();
  let failures = 0;
  await page.route("**/ui/api/loggers", (route) => {
    failures += 1;
    return failures <= 2 ? route.fulfill({ status: 500, json: { message: "Out of order" } }) : route.fallback();
  });
  await level.focus();
  await level.selectOption("WARN");
  await told(page, "500: Out of order");
  assert.ok(await level.isVisible(), "the table stays");
  await nothingTold(page);
  assert.equal(await level.inputValue(), "WARN");
  await until("the level has the focus", () => level.evaluate((node) => node === document.activeElement));
  await page.unroute("**/ui/api/loggers");
}

/** `seen` is a file: whoever starts the worker again waits for it. */
async function isGone(page, pid, seen) {
  await page.getByRole("link", { name: "Connectors", exact: true }).click();
  await page.getByText("There are no connectors yet.").waitFor();
  process.kill(pid, "SIGKILL");
  await told(page, "does not answer (Failed to fetch)");
  assert.ok(await page.getByText("There are no connectors yet.").isVisible(), "what was seen stays");
  writeFileSync(seen, "");
  await nothingTold(page);
}
