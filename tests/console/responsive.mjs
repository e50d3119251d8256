// How a list of many connectors feels: the longest time for which the page did nothing else, in milliseconds, and how
// long a filter and a connector's page take to be there. For bench/console.py.

import { watched } from "./pages.mjs";

const WATCHED_MS = 20_000;

export default async function responsive({ browser, url, connectors }) {
  const { page, open, check } = await watched(browser, url);
  await page.addInitScript(() => {
    window.longest = 0;
    const look = (list) => list.getEntries().forEach((entry) => (window.longest = Math.max(window.longest, entry.duration)));
    new PerformanceObserver(look).observe({ type: "longtask", buffered: true });
  });
  const rows = page.locator("table.list tbody tr");
  const took = async (work) => {
    const began = performance.now();
    await work();
    return Math.round(performance.now() - began);
  };
  const firstMs = await took(async () => {
    await open();
    await rows.nth(connectors - 1).waitFor();
  });
  // What the first drawing took is told apart.
  const drawingMs = await page.evaluate(() => window.longest);
  await page.evaluate(() => (window.longest = 0));
  await page.waitForTimeout(WATCHED_MS);
  const longestMs = await page.evaluate(() => window.longest);
  const filterMs = await took(async () => {
    await page.getByLabel("Filter by name").fill("bench");
    await rows.nth(1).waitFor({ state: "detached" });
  });
  const detailMs = await took(async () => {
    await rows.first().getByRole("link").click();
    await page.locator("figure.chart canvas").first().waitFor();
  });
  check();
  return { first: firstMs, first_longest_task: Math.round(drawingMs), longest_task: Math.round(longestMs), filter: filterMs, detail: detailMs };
}
