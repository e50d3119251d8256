"""What each way of delivery costs: without a spool, with a durable one, and
exactly once; and that memory stays within its bounds while Kafka is away.

The cost of a spool is compared at a feed's rate, under a feed that is always faster
than Kafka, and in a burst. In a burst the two do not do the same: without a
spool Kafka's pace holds the feed back, while a spool takes all of it in at once, and
what Kafka has not got yet lies in pages that are new. A virtual machine's host may
charge the first touch of such a page with microseconds, so that a burst costs twice
what the next one does. Under a feed that goes on faster than Kafka the spool is full
and its files are used again, so Kafka's pace holds both back."""

import tempfile
import time

from processes import Worker, cpu_seconds, peak_mib

SIZE_BYTES = 200
MODES = {
    "none": [],
    "overflow": ["websocket.spool.mode=overflow"],
    "durable": ["websocket.spool.mode=durable"],
    "exactly once": ["websocket.spool.mode=durable", "exactly.once.support=required"],
}
# What a mode may cost, of none, and messages a second that it has to do.
TARGETS = {"durable": (1.5, 200_000), "exactly once": (float("inf"), 150_000)}
# Rates of a feed that goes on, in messages a second: a flush costs the same however
# much it flushes, so it is more of a slower feed's cost. None is faster than Kafka.
RATES = (200_000, 400_000, None)
# Of a spool that gets full: so little that no message waits for over ten seconds.
LIMIT_BYTES = 256 << 20
# Seconds after which a spool's files are used again, and seconds that count.
SETTLING, MEASURED = 4, 5


def verdict(row):
    """Whether a mode's targets are met, in words. At a feed's pace the rate is
    the feed's, if it has one."""
    if row["mode"] not in TARGETS:
        return ""
    ratio, rate = TARGETS[row["mode"]]
    met = row["cpu_ratio"] <= ratio
    limits = [] if ratio == float("inf") else [f"at most {ratio} of none"]
    if row.get("feed_rate") is None:
        met = met and row["messages_per_second"] >= rate
        limits.append(f"at least {rate:,}/s")
    return f"  ({', '.join(limits)}: {'met' if met else 'MISSED'})"


def settings(mode, folder):
    """A connector's settings for a mode, with its spool in `folder`."""
    return MODES[mode] + ([f"websocket.spool.dir={folder}"] if MODES[mode] else [])


def flood(kafka, exchange, mode, count):
    """One run: CPU per message, rate, peak memory."""
    topic = f"delivery-{mode.replace(' ', '-')}"
    kafka.create_topic(topic)
    with tempfile.TemporaryDirectory(prefix="bench-spool-") as folder:
        url = exchange.flood(0, SIZE_BYTES, count)
        worker = Worker(kafka.servers, url, topic, *settings(mode, folder))
        begun = time.monotonic()
        worker.wait_acknowledged(count)
        seconds = time.monotonic() - begun
        result = {
            "cpu_us": cpu_seconds(worker.pid) / count * 1e6,
            "messages_per_second": count / seconds,
            "peak_mib": peak_mib(worker.pid),
        }
        worker.close()
    kafka.delete_topic(topic)
    return result


def paced(kafka, exchange, mode, rate):
    """One run under a feed that goes on: CPU per message, once it goes steadily."""
    topic = f"paced-{mode}"
    kafka.create_topic(topic)
    with tempfile.TemporaryDirectory(prefix="bench-spool-") as folder:
        url = exchange.flood(rate or 0, SIZE_BYTES, 10**12)
        extra = settings(mode, folder)
        if extra:
            extra.append(f"websocket.spool.max.bytes={LIMIT_BYTES}")
        worker = Worker(kafka.servers, url, topic, *extra)
        worker.wait_acknowledged(1)
        time.sleep(SETTLING)
        spent, done, begun = cpu_seconds(worker.pid), worker.acknowledged(), time.monotonic()
        time.sleep(MEASURED)
        spent, done = cpu_seconds(worker.pid) - spent, worker.acknowledged() - done
        result = {"cpu_us": spent / done * 1e6, "messages_per_second": done / (time.monotonic() - begun)}
        worker.kill()
    kafka.delete_topic(topic)
    return result


def costs(kafka, exchange, count, repeats):
    """All that a spool costs: under feeds that go on, and in a burst."""
    rows = []
    for rate in RATES:
        print(f"{rate:,} messages a second:" if rate else "faster than Kafka:", flush=True)
        modes = ["none", "durable"]
        rounds = [{mode: paced(kafka, exchange, mode, rate) for mode in modes} for _ in range(repeats)]
        for row in compared(rounds, modes):
            rows.append(row | {"feed_rate": rate})
            print(told(rows[-1]) + verdict(rows[-1]), flush=True)
    print(f"{count:,} messages at once:", flush=True)
    rounds = [{mode: flood(kafka, exchange, mode, count) for mode in MODES} for _ in range(repeats)]
    for row in compared(rounds, MODES):
        rows.append(row | {"messages": count})
        print(f"{told(row)}  peak {row['peak_mib']:.1f} MiB{verdict(row)}", flush=True)
    return rows


def told(row):
    """What has been measured of a mode, in words."""
    ratios = row["cpu_ratios"]
    return (f"{row['mode']:>12}  {row['cpu_us']:.3f} µs/msg  {row['cpu_ratio']:.2f} of none"
            f" ({ratios[0]:.2f}–{ratios[-1]:.2f})  {row['messages_per_second']:,.0f} msg/s")


def compared(rounds, modes):
    """Of each mode the run of the round with the median ratio to none."""
    rows = []
    for mode in modes:
        def ratio(runs, mode=mode):
            return runs[mode]["cpu_us"] / runs["none"]["cpu_us"]
        ordered = sorted(rounds, key=ratio)
        middle = ordered[len(ordered) // 2]
        rows.append({"mode": mode, "size_bytes": SIZE_BYTES, "cpu_ratio": ratio(middle),
                     "cpu_ratios": [ratio(runs) for runs in ordered]} | middle[mode])
    return rows


# All modes with all policies; exactly once has one.
OUTAGES = [(mode, policy) for mode in list(MODES)[:-1] for policy in ("drop_oldest", "drop_newest", "block")]
OUTAGES.append(("exactly once", "block"))


def outages(kafka, exchange, seconds):
    """Full load while Kafka is down for so long: the memory that it takes."""
    rows = []
    for mode, policy in OUTAGES:
        kafka.create_topic("outage")
        with tempfile.TemporaryDirectory(prefix="bench-spool-") as folder:
            extra = settings(mode, folder) + [f"websocket.buffer.overflow={policy}"]
            worker = Worker(kafka.servers, exchange.flood(0, SIZE_BYTES, 10**12), "outage", *extra)
            worker.wait_acknowledged(100_000)
            kafka.stop()
            time.sleep(seconds)
            row = {"mode": mode, "policy": policy, "seconds": seconds,
                   "peak_mib": peak_mib(worker.pid),
                   "spool_mib": worker.metric("kafka_connect_websocket_spool_bytes") / 2**20}
            before = worker.acknowledged()
            kafka.start()
            worker.wait_acknowledged(before + 100_000)
            worker.kill()
        kafka.delete_topic("outage")
        rows.append(row)
        print(f"{mode:>12}, {policy}: Kafka down for {seconds} s of full load: peak"
              f" {row['peak_mib']:.1f} MiB, spool {row['spool_mib']:.0f} MiB", flush=True)
    return rows
