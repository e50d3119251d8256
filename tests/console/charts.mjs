// Every chart shows what it is named after: of a connector that is cut off again and again, and then paused.

import assert from "node:assert/strict";

import { answer, until, untilState, watched } from "./pages.mjs";

export default async function charts({ browser, url, name, capacity }) {
  const { page, open, check } = await watched(browser, url);
  await open(`#/connectors/${name}`);
  await page.locator("figure.chart canvas").nth(5).waitFor();
  const titles = await page.locator("figure.chart h3").allTextContents();
  assert.deepEqual(titles, ["Throughput", "Queue", "Lag", "Drops", "Latency", "Reconnects"]);

  await shows(page, "throughput", (values) => values.every((value) => value > 0));
  await shows(page, "latency", ([half, most]) => half > 0 && most >= half);
  let reconnects = 0;
  for (let times = 0; times < 2; times += 1) {
    await shows(page, "reconnects", ([value]) => value > reconnects);
    [reconnects] = await values(page, "reconnects");
  }
  await page.getByRole("button", { name: "Pause" }).click();
  await answer(page, name, "Pause");
  await untilState(page, "Paused");
  await shows(page, "queue", ([value]) => value === capacity);
  await shows(page, "lag", ([value]) => value >= capacity);
  await shows(page, "drops", ([value]) => value > 0);
  for (const chart of ["throughput", "queue", "lag", "drops", "latency", "reconnects"]) {
    // Two of them may stand still.
    const least = ["throughput", "latency"].includes(chart) ? 1 : 20;
    await until(`a line in ${chart}`, async () => (await height(page, chart)) >= least);
  }
  check();
}

/** The numbers beside a chart, in its unit. */
async function values(page, chart) {
  const texts = await page.locator(`figure[data-chart="${chart}"] .value`).allTextContents();
  return texts.map((text) => Number.parseFloat(text.replaceAll(",", "")) * (/K/.test(text) ? 1000 : 1) * (/\ds$| s$/.test(text) ? 1000 : 1));
}

async function shows(page, chart, isAsWanted) {
  await until(`${chart} as wanted`, async () => isAsWanted(await values(page, chart)));
}

/** Of how many pixels in height the first line of a chart is. */
function height(page, chart) {
  return page.locator(`figure[data-chart="${chart}"] canvas`).evaluate((canvas) => {
    const wanted = document.createElement("canvas").getContext("2d");
    wanted.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--series-0").trim();
    wanted.fillRect(0, 0, 1, 1);
    const colour = wanted.getImageData(0, 0, 1, 1).data;
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const rows = new Set();
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] > 200 && [0, 1, 2].every((part) => Math.abs(data[at + part] - colour[part]) < 24)) rows.add(Math.floor(at / 4 / width));
    }
    return rows.size;
  });
}
