// What is typed as a property's name takes nothing from other settings, at no letter of it.

import assert from "node:assert/strict";

import { setting, until, watched } from "./pages.mjs";

const NAME = "typed";
const CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
// No converter of the worker has it, so it has no field.
const OWN = "value.converter.custom";

export default async function typing({ browser, url }) {
  const { page, open, check } = await watched(browser, url);
  const stored = async () => (await page.request.get(new URL(`../connectors/${NAME}/config`, url).href)).json();
  await open("#/new");
  await creates(page);
  let config = await stored();
  assert.equal(config["value.converter"], CONVERTER);
  assert.equal(config[OWN], "false");

  await refuses(page);
  config = await stored();
  // It was shown to nobody, so nobody could have seen it go.
  assert.equal(config[OWN], "false");
  assert.equal(config["value.converter"], CONVERTER);
  assert.equal(config[`${OWN}.too`], "1");
  assert.equal(config["custom.name"], "2");

  await entersIsEnough(page);
  config = await stored();
  assert.equal(config["custom.other"], "");
  assert.equal(config["custom.name"], "2");
  check();
}

/** Opens whatever is closed and adds a property. */
async function addProperty(page, name) {
  for (const part of await page.locator("details.part").all()) await part.evaluate((node) => (node.open = true));
  await page.getByRole("button", { name: "Add a property" }).click();
  const property = page.locator(".property").last();
  const named = property.getByLabel("Property name");
  await named.pressSequentially(name);
  return { property, named, value: property.getByLabel(/^Value of /) };
}

async function creates(page) {
  await setting(page, "name").fill(NAME);
  await setting(page, "websocket.url").fill("ws://127.0.0.1:1/");
  await setting(page, "kafka.topic").fill("typed");
  for (const part of await page.locator("details.part").all()) await part.evaluate((node) => (node.open = true));
  await setting(page, "value.converter").fill(CONVERTER);
  const { value } = await addProperty(page, OWN);
  await value.pressSequentially("false");
  await page.getByLabel("Start it").selectOption("STOPPED");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: NAME, exact: true }).waitFor();
}

/** A name that is there already is refused where it stands, and what has it keeps it. */
async function refuses(page) {
  await page.getByRole("link", { name: "Edit" }).click();
  await setting(page, "kafka.topic").waitFor();
  const longer = await addProperty(page, `${OWN}.too`);
  await longer.value.fill("1");
  const { property, named, value } = await addProperty(page, "value.converter");
  await value.fill("2");
  await property.getByText("value.converter is in this form already").waitFor();
  assert.equal(await named.getAttribute("aria-invalid"), "true");
  assert.equal(await setting(page, "value.converter").inputValue(), CONVERTER);
  await page.getByRole("button", { name: "Save" }).click();
  const summary = page.getByRole("group", { name: "What is to be corrected" });
  await until("the summary has the focus", () => summary.evaluate((node) => node === document.activeElement));
  await summary.getByRole("button", { name: "value.converter is in this form already" }).click();
  await until("the name has the focus", () => named.evaluate((node) => node === document.activeElement));
  for (const taken of [OWN, `${OWN}.too`]) {
    await named.fill(taken);
    await named.blur();
    await property.getByText(`${taken} is in this form already`).waitFor();
  }
  await named.fill("custom.name");
  await named.blur();
  await page.getByText("All settings are valid.").waitFor();
  assert.equal(await property.locator(".error").isVisible(), false);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: NAME, exact: true }).waitFor();
}

/** Whoever saves with Enter has given the name that is being typed. */
async function entersIsEnough(page) {
  await page.getByRole("link", { name: "Edit" }).click();
  await setting(page, "kafka.topic").waitFor();
  await addProperty(page, "custom.other");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: NAME, exact: true }).waitFor();
}
