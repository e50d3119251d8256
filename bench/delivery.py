"""What each way of delivery costs: without a spool, with a durable one, and
exactly once; and that memory stays within its bounds while Kafka is away."""

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


def verdict(row):
    """Whether a mode's targets are met, in words."""
    if row["mode"] not in TARGETS:
        return ""
    ratio, rate = TARGETS[row["mode"]]
    met = row["cpu_ratio"] <= ratio and row["messages_per_second"] >= rate
    cost = "" if ratio == float("inf") else f"at most {ratio} of none, "
    return f"  ({cost}at least {rate:,}/s: {'met' if met else 'MISSED'})"


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


def costs(kafka, exchange, count, repeats):
    """Runs of all modes, one after the other in each round; the round with the
    median ratio counts."""
    rounds = [{mode: flood(kafka, exchange, mode, count) for mode in MODES} for _ in range(repeats)]
    rows = []
    for mode in MODES:
        def ratio(runs, mode=mode):
            return runs[mode]["cpu_us"] / runs["none"]["cpu_us"]
        ordered = sorted(rounds, key=ratio)
        middle = ordered[len(ordered) // 2]
        row = {"mode": mode, "size_bytes": SIZE_BYTES, "messages": count,
               "cpu_ratio": ratio(middle), "cpu_ratios": [ratio(runs) for runs in ordered]} | middle[mode]
        rows.append(row)
        print(f"{mode:>12}  {row['cpu_us']:.3f} µs/msg  {row['cpu_ratio']:.2f} of none"
              f" ({ratio(ordered[0]):.2f}–{ratio(ordered[-1]):.2f})"
              f"  {row['messages_per_second']:,.0f} msg/s  peak {row['peak_mib']:.1f} MiB{verdict(row)}", flush=True)
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
