// A connector without a task in the list, and rows that stay where they are under a hand.

import assert from "node:assert/strict";

import { until, untilState, watched } from "./pages.mjs";

export default async function rows({ browser, url, config }) {
  const { page, open, check } = await watched(browser, url);
  await isPausedFromTheStart(page, open, new URL("../connectors", url).href, config);
  const looks = await swing(page);
  await open();
  await page.getByRole("button", { name: "Queue" }).click();
  await staysFocused(page, looks);
  await staysUnderThePointer(page, looks);
  check();
}

/** A connector that was created paused has no task, and nobody need look at it. */
async function isPausedFromTheStart(page, open, connectors, config) {
  const made = await page.request.post(connectors, { data: { name: "resting", config, initial_state: "PAUSED" } });
  assert.equal(made.status(), 201, await made.text());
  await open();
  const row = page.getByRole("row").filter({ hasText: "resting" });
  await row.getByText("Paused", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Paused or stopped 1" }).waitFor();
  await page.getByRole("button", { name: "Problems 0" }).waitFor();
  await open("#/connectors/resting");
  await untilState(page, "Paused");
}

/** Two connectors whose queues are longer in turns; gives the number of looks so far. */
async function swing(page) {
  let looks = 0;
  await page.route("**/ui/api/overview", (route) => {
    looks += 1;
    const task = (queue) => ({
      state: "RUNNING", session: "live", reason: "", received: 0, written: 0, waiting: 0, dropped: 0, reconnects: 0,
      queue, capacity: 100, bytes: 0, last_message: 0, since: null,
    });
    const one = (name, queue) => ({ name, state: "RUNNING", start: 1, task: task(queue) });
    const worker = { id: "worker", version: "1", connect_version: "1", cluster: null };
    const connectors = [one("even", looks % 2 === 0 ? 20 : 10), one("odd", looks % 2 === 1 ? 20 : 10)];
    return route.fulfill({ json: { now: Date.now(), worker, connectors } });
  });
  return () => looks;
}

const first = (page) => page.locator("table.list tbody th a").first().textContent();

async function moves(page) {
  const before = await first(page);
  await until("rows that move", async () => (await first(page)) !== before);
}

async function staysFocused(page, looks) {
  await moves(page);
  const link = page.getByRole("link", { name: "even", exact: true });
  await link.focus();
  const before = looks();
  await until("three looks", () => looks() >= before + 3);
  assert.ok(await link.evaluate((node) => node === document.activeElement), "the link has kept the focus");
}

async function staysUnderThePointer(page, looks) {
  await page.getByLabel("Filter by name").focus();
  await moves(page);
  const name = await first(page);
  const box = await page.getByRole("link", { name, exact: true }).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  const before = looks();
  await until("a look and another", () => looks() >= before + 2);
  await page.mouse.up();
  await page.waitForURL(new RegExp(`#/connectors/${name}$`));
}
