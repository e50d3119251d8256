// Behind a login, https and a proxy's path; what other pages may do; what is done while nobody looks.

import assert from "node:assert/strict";
import http from "node:http";

import { setting, until, untilState, watched } from "./pages.mjs";

export default async function access({ browser, url, secure, user, password, name }) {
  await asksForLogin(browser, url);
  const overTls = await watched(browser, secure, { httpCredentials: { username: user, password } });
  await works(overTls, name);
  const proxy = await listen((asked, answer) => pass(asked, answer, new URL(url)));
  const behind = await watched(browser, `${proxy.url}/kafka/tools/ui`, { httpCredentials: { username: user, password } });
  await works(behind, name);
  await rests(behind);
  // Its own tab, so that the browser has the login already.
  const own = await watched(browser, url, { httpCredentials: { username: user, password } });
  await works(own, name);
  const status = await foreign(own.context, url, name);
  for (const tab of [overTls, behind, own]) tab.check();
  proxy.close();
  return { status };
}

/** Without a login there is the browser's own question and nothing else. */
async function asksForLogin(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const refused = page.waitForResponse(url);
  // Nobody answers the browser's question here.
  await assert.rejects(page.goto(url), /ERR_INVALID_AUTH_CREDENTIALS/);
  assert.equal((await refused).status(), 401);
  await context.close();
}

/** A page is shown, and a change is made. */
async function works({ page, open }, name) {
  await open();
  await page.getByRole("link", { name, exact: true }).click();
  await untilState(page, "Live");
  await page.getByRole("link", { name: "Edit" }).click();
  await setting(page, "kafka.topic").waitFor();
  await page.getByText("All settings are valid.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await untilState(page, "Live");
}

/** A page that is not seen asks for nothing. */
async function rests({ page, open }) {
  await open();
  await page.clock.install();
  await page.reload();
  await page.getByRole("table").waitFor();
  let asked = 0;
  page.on("request", () => {
    asked += 1;
  });
  await page.clock.runFor(2_100);
  await until("a look", () => asked > 0);
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await page.waitForLoadState("networkidle");
  await hide(true);
  const before = asked;
  await page.clock.runFor(60_000);
  assert.equal(asked, before, "requests of a hidden page");
  await hide(false);
  await until("a look at once", () => asked > before);
}

/** What becomes of a change that a page of another origin asks for with the user's login. */
async function foreign(context, url, name) {
  const evil = await listen((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end("<!doctype html><title>elsewhere</title>");
  });
  const page = await context.newPage();
  const target = new URL(`../connectors/${name}/restart?includeTasks=true`, url).href;
  const answered = page.waitForResponse(target);
  await page.goto(evil.url);
  await page.evaluate((address) => fetch(address, { method: "POST", mode: "no-cors", credentials: "include" }), target);
  const status = (await answered).status();
  evil.close();
  return status;
}

async function listen(handler) {
  const server = http.createServer(handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A proxy that has the worker below a path. */
function pass(asked, answer, target) {
  const path = asked.url.replace(/^\/kafka\/tools/, "");
  const options = { host: target.hostname, port: target.port, method: asked.method, path, headers: asked.headers };
  const passed = http.request(options, (response) => {
    answer.writeHead(response.statusCode, response.headers);
    response.pipe(answer);
  });
  asked.pipe(passed);
}
