// What goes wrong is shown with its reason, in the list and on the connector's page.

import assert from "node:assert/strict";

import { answer, setting, untilState, watched } from "./pages.mjs";

export default async function failure({ browser, url, refusing, failed }) {
  const { page, open, check } = await watched(browser, url);
  await open();
  const row = (name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  await row(refusing).getByText("Refused", { exact: true }).waitFor();
  await row(refusing).getByText("403 Forbidden").waitFor();
  await row(failed).getByText("Failed", { exact: true }).waitFor();
  await row(failed).getByText("401 Unauthorized").waitFor();
  await page.getByRole("button", { name: "Live" }).click();
  await page.getByText("No connector is like that.").waitFor();
  await page.getByRole("button", { name: "Problems" }).click();
  assert.equal(await page.getByRole("row").count(), 3);

  await page.getByRole("link", { name: failed }).click();
  await untilState(page, "Failed");
  await page.locator(".timeline").getByText("401 Unauthorized").first().waitFor();
  await page.getByText("Trace", { exact: true }).click();
  await page.locator(".trace pre").getByText("401 Unauthorized").waitFor();
  await page.getByRole("button", { name: "Restart" }).click();
  await answer(page, failed, "Restart");
  await page.locator(".timeline li").nth(3).waitFor();

  await open(`#/connectors/${refusing}`);
  await untilState(page, "Refused");
  await page.locator(".facts").getByText("Next attempt").waitFor();
  // The form tells it before anything is saved.
  await page.getByRole("link", { name: "Edit" }).click();
  await setting(page, "kafka.topic").waitFor();
  await page.getByRole("button", { name: "Preview messages" }).click();
  await page.getByRole("region", { name: "Preview" }).getByText("403 Forbidden").waitFor();
  await open("#/connectors/nobody");
  await page.getByText("There is no such connector on this worker.").waitFor();
  await changesLevel(page, open);
  check();
}

/** A level of the log is changed, and is still so when the page is opened anew. */
async function changesLevel(page, open) {
  const logger = "io.conduktor.connect.websocket.WebSocketSourceTask";
  await open("#/loggers");
  const level = page.getByLabel(`Level of ${logger}`);
  assert.equal(await level.inputValue(), "INFO");
  await level.selectOption("DEBUG");
  await page.locator("#announce", { hasText: `${logger} is at DEBUG.` }).waitFor({ state: "attached" });
  await page.reload();
  await level.waitFor();
  assert.equal(await level.inputValue(), "DEBUG");
  assert.equal(await page.getByLabel("Level of root").inputValue(), "INFO");
}
