// What comes late, or is no address: pages stay what their users have made of them.

import assert from "node:assert/strict";

import { answer, setting, watched } from "./pages.mjs";

const NAME = "late";

export default async function late({ browser, url, config }) {
  const { page, open, check } = await watched(browser, url);
  const connectors = new URL("../connectors", url).href;
  const made = await page.request.post(connectors, { data: { name: NAME, config, initial_state: "STOPPED" } });
  assert.equal(made.status(), 201, await made.text());
  await savesElsewhere(page, open);
  await deletesElsewhere(page, open);
  await isNoAddress(page, open);
  await clockIsSetBack(page);
  check();
}

/** Holds requests of a method back until the function that it gives is called with what is to be done. */
async function hold(page, method, path) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(path, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    const answered = await released;
    return answered ? route.fulfill(answered) : route.continue();
  });
  return async (answered) => {
    release(answered);
    if (!answered) await page.locator("#announce", { hasText: NAME }).waitFor({ state: "attached" });
  };
}

async function toLoggers(page) {
  await page.getByRole("link", { name: "Loggers" }).click();
  await page.getByRole("heading", { level: 1, name: "Loggers" }).waitFor();
}

/** An address would have been another one before anything was told. */
async function stillLoggers(page) {
  assert.match(page.url(), /#\/loggers$/);
  assert.equal(await page.locator("h1").textContent(), "Loggers");
}

async function savesElsewhere(page, open) {
  for (const refusal of [null, { status: 500, json: { message: "No, this is a test" } }]) {
    await open(`#/connectors/${NAME}/edit`);
    await setting(page, "kafka.topic").fill(refusal ? "two" : "one");
    await page.getByText("All settings are valid.").waitFor();
    const path = `**/connectors/${NAME}/config`;
    const release = await hold(page, "PATCH", path);
    const asked = page.waitForRequest((request) => request.method() === "PATCH");
    await page.getByRole("button", { name: "Save" }).click();
    await asked;
    await toLoggers(page);
    await release(refusal);
    if (refusal) await page.getByRole("alert").getByText(`${NAME} has not been saved: No, this is a test`).waitFor();
    await stillLoggers(page);
    await page.unroute(path);
  }
}

async function deletesElsewhere(page, open) {
  await open(`#/connectors/${NAME}`);
  const release = await hold(page, "DELETE", `**/connectors/${NAME}`);
  await page.getByRole("button", { name: "Delete" }).click();
  const asked = page.waitForRequest((request) => request.method() === "DELETE");
  await answer(page, NAME, "Delete");
  await asked;
  await toLoggers(page);
  await release();
  await stillLoggers(page);
}

async function isNoAddress(page, open) {
  await open();
  for (const hash of ["#/connectors/100%", "#/connectors/%ff/edit"]) {
    await page.evaluate((to) => (location.hash = to), hash);
    await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
    await page.getByRole("link", { name: "All connectors" }).click();
    await page.getByRole("heading", { level: 1, name: "Connectors" }).waitFor();
  }
}

/** A worker whose clock is set back begins anew; an answer that has been overtaken does not count. */
async function clockIsSetBack(page) {
  const { back, overtaken } = await page.evaluate(async () => {
    const { historyOf } = await import(new URL("history.js", location.href));
    const look = (history, now, received) =>
      history.look(now, { start: 1, task: { received, written: 0, queue: 1, waiting: 0, dropped: 0, reconnects: 0 } });
    const [back, overtaken] = [historyOf("back"), historyOf("overtaken")];
    for (const history of [back, overtaken]) [0, 1, 2].forEach((at) => look(history, 1e9 + at * 2000, at));
    [0, 1, 2].forEach((at) => look(back, 1e9 - 3_600_000 + at * 2000, 10 + at * 20));
    look(overtaken, 1e9 + 1000, 1);
    return { back: { times: back.times, received: back.points.received }, overtaken: overtaken.times };
  });
  assert.deepEqual(back.times, [0, 2, 4].map((at) => 1e6 - 3_600 + at));
  assert.deepEqual(back.received, [null, 10, 10]);
  assert.deepEqual(overtaken, [0, 2, 4].map((at) => 1e6 + at));
}
