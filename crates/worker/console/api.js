// Requests to the worker that served these pages. All addresses are relative, so that a proxy may have us anywhere.

import { setText } from "./dom.js";

/** A request may wait for Kafka, or for the end of a task. */
const TIMEOUT_MS = 100_000;
/** A look waits for nothing, so that a worker which is silent is found out soon. */
const LOOK_TIMEOUT_MS = 5_000;
const INTERVAL_MS = 2_000;

/** An answer that is an error, with the worker's own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** An answer and its text. */
async function ask(url, options, timeoutMs) {
  try {
    const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(timeoutMs) });
    return [answer, await answer.text()];
  } catch (error) {
    if (error.name === "TimeoutError") throw new Error(`nothing within ${timeoutMs / 1000} s`);
    throw error;
  }
}

async function request(method, url, body, timeoutMs = TIMEOUT_MS) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const [answer, text] = await ask(url, options, timeoutMs);
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

/** The same for what is asked again and again. */
export function look(path) {
  return request("GET", `api/${path}`, undefined, LOOK_TIMEOUT_MS);
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
function setOnline(error) {
  const what =
    error instanceof Refused ? `answers with an error (${error.status}: ${error.message})` : `does not answer (${error?.message})`;
  setText(document.getElementById("offline"), error ? `The worker ${what}; what is shown is old. Trying again.` : "");
  document.body.classList.toggle("stale", Boolean(error));
}

let polls = 0;

/** A page on which nothing is tried again has nothing old to show either. */
export function settleOnline() {
  if (polls === 0) setOnline(null);
}

/**
 * Does something now and every two seconds, but not while nobody sees the page. Gives `now`, to do it at once, and
 * `stop`.
 */
export function poll(work) {
  let timer = 0;
  let stopped = false;
  let running = false;
  polls += 1;
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
      if (stopped) return;
      stopped = true;
      polls -= 1;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", run);
    },
  };
}
