// Requests to the worker that served these pages. All addresses are relative, so that a proxy may have us anywhere.

import { setText } from "./dom.js";

const TIMEOUT_MS = 100_000;
const INTERVAL_MS = 2_000;

/** An answer that is an error, with the worker's own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(method, url, body) {
  const options = { method, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(url, options);
  const text = await answer.text();
  let json = null;
  try {
    json = text === "" ? null : JSON.parse(text);
  } catch {
    // Below: only errors are no JSON.
  }
  if (!answer.ok) throw new Refused(answer.status, json?.message ?? (text || `HTTP ${answer.status}`));
  return json;
}

/** Kafka Connect's resources. */
export function connect(method, path, body) {
  return request(method, `../${path}`, body);
}

/** What the console has of its own. */
export function own(method, path, body) {
  return request(method, `api/${path}`, body);
}

/** A connector's address below `connectors/`. */
export function pathOf(name) {
  return `connectors/${encodeURIComponent(name)}`;
}

/** The address of a connector's page. */
export function pageOf(name, what = "") {
  return `#/connectors/${encodeURIComponent(name)}${what}`;
}

/** Whether the worker answers is told once, for all that ask it. */
export function setOnline(error) {
  const text = error ? `The worker does not answer (${error.message}); what is shown is old. Trying again.` : "";
  setText(document.getElementById("offline"), text);
  document.body.classList.toggle("stale", Boolean(error));
}

/**
 * Does something now and every two seconds, but not while nobody sees the page. Gives `now`, to do it at once, and
 * `stop`.
 */
export function poll(work) {
  let timer = 0;
  let stopped = false;
  let running = false;
  const run = async () => {
    clearTimeout(timer);
    if (stopped || running || document.hidden) return;
    running = true;
    try {
      await work();
      setOnline(null);
    } catch (error) {
      if (!stopped) setOnline(error);
    }
    running = false;
    if (!stopped) timer = setTimeout(run, INTERVAL_MS);
  };
  document.addEventListener("visibilitychange", run);
  run();
  return {
    now: run,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", run);
    },
  };
}
