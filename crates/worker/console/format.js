// Numbers, times and states as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat([], { year: "numeric", month: "short", day: "numeric" });

/** A count in full. */
export const count = (number) => (number === null || number === undefined ? "–" : whole.format(number));

/** A number for a narrow place. */
export function brief(number) {
  if (number === null || number === undefined) return "–";
  if (number === 0 || number >= 1000) return short.format(number);
  return number >= 10 ? whole.format(number) : String(Math.round(number * 10) / 10);
}

export const rate = (number) => (number === null || number === undefined ? "–" : `${brief(number)}/s`);

export function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let left = number;
  while (left >= 1024 && at < units.length - 1) {
    left /= 1024;
    at += 1;
  }
  return `${brief(left)} ${units[at]}`;
}

export function milliseconds(number) {
  if (number === null || number === undefined) return "–";
  return number >= 1000 ? `${brief(number / 1000)} s` : `${brief(number)} ms`;
}

/** How long ago something was, in one unit. */
export function ago(then, now) {
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A time of today, or with its day. */
export function time(at) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

const SESSIONS = {
  connecting: ["Connecting", "busy"],
  handshake: ["Connecting", "busy"],
  live: ["Live", "good"],
  backing_off: ["Backing off", "warn"],
  refused: ["Refused", "bad"],
  paused: ["Paused", "idle"],
  draining: ["Draining", "busy"],
  closed: ["Closed", "idle"],
  failed: ["Failed", "bad"],
};

/** How a connector is: a word, a tone (`good`, `busy`, `warn`, `bad`, `idle`) and why. */
export function health(connector) {
  const { state, task } = connector;
  if (task?.state === "FAILED") return { label: "Failed", tone: "bad", reason: task.reason };
  if (state === "STOPPED") return { label: "Stopped", tone: "idle", reason: "" };
  // One that was created paused has no task until it is resumed.
  if (state === "PAUSED") return { label: "Paused", tone: "idle", reason: task?.reason ?? "" };
  if (!task) return { label: "No task", tone: "warn", reason: "" };
  const [label, tone] = SESSIONS[task.session] ?? [task.session, "warn"];
  return { label, tone, reason: task.reason };
}

/** Whether somebody should look at it. */
export const isProblem = (connector) => ["bad", "warn"].includes(health(connector).tone);
