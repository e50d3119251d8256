// What connectors did lately: counters that were seen become rates, in a ring for each connector. A connector's page
// begins with what the worker has seen in the last ten minutes.

/** Ten minutes at one look in two seconds. */
const MAX_POINTS = 300;
/** Looks that come closer together give no rate worth showing. */
const MIN_SECONDS = 0.5;

export const SERIES = ["received", "written", "queue", "waiting", "dropped", "reconnects", "p50", "p99"];

/** The bound of the bucket in which a share of the observations is; `null` without any. In milliseconds. */
export function quantile(boundsUs, before, now, share) {
  const total = now.count - (before?.count ?? 0);
  if (total <= 0) return null;
  const seen = (at) => now.cumulative[at] - (before?.cumulative[at] ?? 0);
  const at = boundsUs.findIndex((_, index) => seen(index) >= share * total);
  return boundsUs[at === -1 ? boundsUs.length - 1 : at] / 1000;
}

/** After so long without a look the worker has seen more than we. */
const STALE_MS = 10_000;
/** No answer is overtaken by so much: the worker's clock was set back. */
const SET_BACK_MS = 10_000;

class History {
  constructor() {
    this.begin([]);
  }

  /** Begins anew with what the worker has seen. */
  begin(points) {
    this.times = [];
    this.points = Object.fromEntries(SERIES.map((name) => [name, []]));
    this.last = null;
    this.looked = -Infinity;
    for (const point of points) this.look(point.now, point);
  }

  /** Whether the worker is to be asked for what it has seen meanwhile. */
  isStale() {
    return performance.now() - this.looked > STALE_MS;
  }

  /** Takes in what was seen at a time, in milliseconds. */
  look(now, connector) {
    if (this.last && now < this.last.now - SET_BACK_MS) this.begin([]);
    const seconds = this.last ? (now - this.last.now) / 1000 : 0;
    if (this.last && seconds < MIN_SECONDS) return;
    // Another task counts from zero.
    const same = this.last && connector.task && this.last.start === connector.start;
    const before = same ? this.last : null;
    const task = connector.task;
    const per = (name) => (before ? Math.max(0, task[name] - before.task[name]) / seconds : null);
    const latency = connector.latency;
    const share = (q) =>
      latency && before?.latency ? quantile(latency.bounds_us, before.latency, latency, q) : null;
    const point = {
      received: per("received"),
      written: per("written"),
      queue: task?.queue ?? null,
      waiting: task?.waiting ?? null,
      dropped: per("dropped"),
      reconnects: task?.reconnects ?? null,
      p50: connector.p50 ?? share(0.5),
      p99: connector.p99 ?? share(0.99),
    };
    this.times.push(now / 1000);
    for (const name of SERIES) this.points[name].push(point[name]);
    if (this.times.length > MAX_POINTS) {
      this.times.shift();
      for (const name of SERIES) this.points[name].shift();
    }
    this.last = { now, start: connector.start, task, latency };
    this.looked = performance.now();
  }

  /** The newest value of a series. */
  newest(name) {
    return this.points[name].at(-1) ?? null;
  }
}

const histories = new Map();

/** A connector's history, which goes on. */
export function historyOf(name) {
  if (!histories.has(name)) histories.set(name, new History());
  return histories.get(name);
}

/** Forgets connectors that are gone. */
export function keepOnly(names) {
  const wanted = new Set(names);
  for (const name of histories.keys()) if (!wanted.has(name)) histories.delete(name);
}
