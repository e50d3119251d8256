// Pages that are watched: whatever a page must never do ends the test.

import assert from "node:assert/strict";

/** A page of the console in which nothing may go wrong unseen. `open(hash)` shows a page of it. */
export async function watched(browser, url, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const wrong = [];
  const origin = new URL(url).origin;
  // What is refused with a status is shown by Chromium as an error of the console, and is the scenario's business.
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== "data:" && asked.origin !== origin) wrong.push(`request: ${request.url()}`);
  });
  await page.exposeFunction("tellViolation", (text) => wrong.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  page.setDefaultTimeout(20_000);
  return {
    page,
    context,
    async open(hash = "") {
      await page.goto(`${url}${hash}`);
      await page.locator("h1").waitFor();
    },
    /** Nothing has gone wrong. */
    check() {
      assert.deepEqual(wrong, []);
    },
  };
}

/** A setting's input in the form. */
export function setting(page, name) {
  return page.locator(`[data-setting="${name}"] :is(input, select)`).first();
}

/** Waits until an expression about the page holds. */
export async function until(what, probe, limitMs = 20_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Answers the question that is being asked. */
export async function answer(page, name, label) {
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.match(await dialog.getByRole("heading").textContent(), new RegExp(name), "the dialog names the connector");
  await dialog.getByRole("button", { name: label }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Waits until the connector's page shows this state. */
export async function untilState(page, label) {
  await page.locator(".title .badge", { hasText: label }).waitFor();
}
