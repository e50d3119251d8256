// A connector's life: created by the form after errors, previewed, watched, paused, changed, deleted.

import assert from "node:assert/strict";

import { answer, setting, until, untilState, watched } from "./pages.mjs";

const NAME = "feed one/ä";

export default async function life({ browser, url, feed, topic, subscription, token }) {
  const { page, open, check } = await watched(browser, url);
  await open();
  await page.getByText("There are no connectors yet.").waitFor();
  await page.getByRole("link", { name: "New connector" }).click();

  await refusesWhatIsWrong(page);
  await setting(page, "websocket.url").fill(feed);
  await setting(page, "websocket.reconnect.interval.ms").fill("100");
  await setting(page, "kafka.topic").fill(topic);
  await setting(page, "websocket.subscription.message").fill(subscription);
  await setting(page, "websocket.auth.token").fill(token);
  await page.getByText("All settings are valid.").waitFor();
  for (const secret of ["websocket.auth.token", "websocket.subscription.message", "websocket.headers"]) {
    assert.equal(await setting(page, secret).getAttribute("type"), "password", secret);
  }

  await previews(page, topic);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: NAME }).waitFor();
  await untilState(page, "Live");
  await chartsMove(page);
  await happened(page, ["Connecting", "Connected"]);

  // No messages are shown unless the worker is told to.
  await page.getByText("Not shown on this worker.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Read the newest from Kafka" }).isVisible(), false);

  await page.getByRole("button", { name: "Pause" }).click();
  await answer(page, NAME, "Cancel");
  await untilState(page, "Live");
  await page.getByRole("button", { name: "Pause" }).click();
  await answer(page, NAME, "Pause");
  await untilState(page, "Paused");
  await page.getByRole("button", { name: "Resume" }).click();
  await untilState(page, "Live");
  await happened(page, ["Paused", "Resumed"]);

  await changes(page, token);
  const changed = await page.request.get(new URL(`../connectors/${encodeURIComponent(NAME)}/config`, url).href);
  const config = await changed.json();
  await page.getByRole("button", { name: "Stop" }).click();
  await answer(page, NAME, "Stop");
  await untilState(page, "Stopped");
  await page.getByRole("button", { name: "Resume" }).click();
  await untilState(page, "Live");
  await page.getByRole("button", { name: "Delete" }).click();
  await answer(page, NAME, "Delete");
  await page.getByText("There are no connectors yet.").waitFor();
  check();
  return { config };
}

async function refusesWhatIsWrong(page) {
  await setting(page, "name").fill(NAME);
  const address = page.locator('[data-setting="websocket.url"]');
  await setting(page, "websocket.url").fill("http://example.com");
  await address.getByText("must use ws:// or wss:// scheme").waitFor();
  assert.equal(await setting(page, "websocket.url").getAttribute("aria-invalid"), "true");
  await page.getByText("Connection", { exact: true }).click();
  await setting(page, "websocket.reconnect.interval.ms").fill("soon");
  await page.locator('[data-setting="websocket.reconnect.interval.ms"] .error').getByText("soon").waitFor();
  // What was not touched is no error before somebody wants to save it.
  assert.equal(await page.locator('[data-setting="kafka.topic"] .error').isVisible(), false);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.locator('[data-setting="kafka.topic"] .error').waitFor();
  const summary = page.getByRole("group", { name: "What is to be corrected" });
  await until("the summary has the focus", () => summary.evaluate((node) => node === document.activeElement));
  assert.equal(await summary.getByRole("listitem").count(), 3);
  await summary.getByRole("button", { name: /kafka\.topic/ }).click();
  await until("its field has the focus", () => setting(page, "kafka.topic").evaluate((node) => node === document.activeElement));
}

async function previews(page, topic) {
  await page.getByRole("button", { name: "Preview messages" }).click();
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByText("These are the first ones.").waitFor();
  assert.equal(await preview.getByRole("listitem").count(), 5);
  assert.match(await preview.locator("pre").first().textContent(), /"seq":\s*\d+/);
  await preview.getByText(topic).first().waitFor();
}

/** Values beside the charts change, and so does what is drawn. */
async function chartsMove(page) {
  const chart = page.locator('figure[data-chart="throughput"]');
  const drawn = () => chart.locator("canvas").evaluate((canvas) => canvas.toDataURL());
  const values = () => chart.locator(".value").allTextContents();
  await until("both rates are shown", async () => (await values()).every((text) => /^[1-9][\d.]*K?\/s$/.test(text)));
  const [picture, numbers] = [await drawn(), await page.locator(".facts").textContent()];
  await until("the picture is another one", async () => (await drawn()) !== picture);
  await until("the counts are others", async () => (await page.locator(".facts").textContent()) !== numbers);
  await until("a latency is shown", async () => /\d ms/.test(await page.locator('figure[data-chart="latency"]').textContent()));
  await page.getByText("Every message is accounted for").waitFor();
  // A page that is opened anew begins with what the worker has seen.
  await until("a chart that goes on", async () => {
    const [answer] = await Promise.all([page.waitForResponse(/\?history=true$/), page.reload()]);
    return (await answer.json()).history.some(({ task }) => task?.received > 0);
  });
  await untilState(page, "Live");
}

async function happened(page, events) {
  for (const event of events) await page.locator(".timeline strong", { hasText: new RegExp(`^${event}$`) }).first().waitFor();
}

/** Changes a setting and leaves the secrets. */
async function changes(page, token) {
  await page.getByRole("link", { name: "Edit" }).click();
  await setting(page, "websocket.auth.token").waitFor();
  assert.equal(await setting(page, "websocket.auth.token").inputValue(), "");
  assert.match(await setting(page, "websocket.auth.token").getAttribute("placeholder"), /unchanged/);
  assert.ok(!(await page.content()).includes(token), "a stored secret is not in the page");
  assert.equal(await setting(page, "name").getAttribute("readonly"), "");
  await page.getByText("Buffer and spool").click();
  await setting(page, "websocket.message.queue.size").fill("777");
  await page.getByText("Other properties", { exact: true }).click();
  await page.getByRole("button", { name: "Add a property" }).click();
  await page.getByLabel("Property name").fill("producer.override.linger.ms");
  await page.getByLabel("Value of producer.override.linger.ms").fill("never");
  await page.locator(".property .error").getByText("linger.ms").waitFor();
  await page.getByLabel("Value of producer.override.linger.ms").fill("5");
  await page.getByText("All settings are valid.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: NAME }).waitFor();
  await untilState(page, "Live");
}
