// A connector is created, paused and deleted by somebody who has a keyboard only.

import assert from "node:assert/strict";

import { until, untilState, watched } from "./pages.mjs";

const NAME = "typed";

export default async function keyboard({ browser, url, feed, topic }) {
  const { page, open, check } = await watched(browser, url);
  await open();
  await page.getByText("There are no connectors yet.").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, "New connector");
  await page.keyboard.press("Enter");
  await page.locator('[data-setting="name"]').waitFor();
  await until("the heading has the focus", async () => (await focused(page)) === "New connector");

  for (const [name, value] of [["name", NAME], ["websocket.url", feed], ["kafka.topic", topic]]) {
    await tabTo(page, name);
    await page.keyboard.type(value);
  }
  await page.getByText("All settings are valid.").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: NAME }).waitFor();
  await until("the heading has the focus", async () => (await focused(page)) === NAME);
  await untilState(page, "Live");

  await tabTo(page, "Pause");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.equal(await focused(page), "Cancel");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(page), "Pause", "the focus is where it was");
  await page.keyboard.press("Enter");
  await tabTo(page, "Pause", 3);
  await page.keyboard.press("Space");
  await untilState(page, "Paused");
  await page.locator("#announce", { hasText: NAME }).waitFor({ state: "attached" });

  await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Delete", 3);
  await page.keyboard.press("Enter");
  await page.getByText("There are no connectors yet.").waitFor();
  check();
}

/** The name of what has the focus, as a screen reader says it. */
function focused(page) {
  return page.evaluate(() => {
    const node = document.activeElement;
    return (node.getAttribute("aria-label") ?? node.labels?.[0]?.textContent ?? node.textContent).trim();
  });
}

async function tabTo(page, name, most = 60) {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await focused(page)) === name) return;
  }
  throw new Error(`${name} is not within ${most} tabs`);
}
