// Runs one scenario of the console in Chromium. The only argument is a JSON object: `scenario`, `url` of the worker, and
// what the scenario needs. The last line of the output is its result, as JSON.

import { createRequire } from "node:module";
import path from "node:path";

const LIMIT_MS = 150_000;

const given = JSON.parse(process.argv[2]);
const libraries = createRequire(path.join(process.env.NODE_LIBRARIES, "package.json"));
const { chromium } = libraries("playwright-core");

setTimeout(() => {
  console.error(`${given.scenario}: not done within ${LIMIT_MS} ms`);
  process.exit(1);
}, LIMIT_MS).unref();

const { default: scenario } = await import(`./${given.scenario}.mjs`);
// Its sandbox does not run as root, and nothing but our own pages is opened.
const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const result = await scenario({ browser, axe: libraries.resolve("axe-core/axe.min.js"), ...given });
  console.log(JSON.stringify(result ?? null));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
