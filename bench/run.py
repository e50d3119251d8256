"""`make bench`: our worker against librdkafka's own benchmark, on one broker,
in one run. Prints a table and writes target/bench/bench.json.

CPU per message comes first: wall times of small machines lie."""

import argparse
import json
import os
import re
import subprocess
import sys
import time

import delivery
from kafka import ROOT, Kafka, compile_peer
from processes import Exchange, Worker, cpu_seconds, peak_mib

COUNTS = {50: 4_000_000, 200: 4_000_000, 1024: 2_000_000, 16384: 100_000}


def peer(program, kafka, size, count):
    """CPU per message of rdkafka_performance."""
    before = os.times()
    command = [program, "-P", "-t", "peer", "-s", str(size), "-c", str(count), "-a", "-1",
               "-b", kafka.servers, "-q", "-X", "max.in.flight.requests.per.connection=1"]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - begun
    after = os.times()
    # It exits with 1 when its own count of what it has sent is one behind.
    if done.returncode and f" {count} delivered " not in done.stdout:
        raise SystemExit(f"rdkafka_performance failed: {done.stdout}{done.stderr}")
    spent = (after.children_user + after.children_system) - (
        before.children_user + before.children_system)
    return {"cpu_us": spent / count * 1e6, "messages_per_second": count / seconds}


def flood(kafka, exchange, size, count):
    """Our worker, as fast as the exchange and Kafka allow."""
    worker = Worker(kafka.servers, exchange.flood(0, size, count), "flood")
    begun = time.monotonic()
    worker.wait_acknowledged(count)
    seconds = time.monotonic() - begun
    result = {
        "cpu_us": cpu_seconds(worker.pid) / count * 1e6,
        "messages_per_second": count / seconds,
        "peak_mib": peak_mib(worker.pid),
        "dropped": worker.metric("kafka_connect_websocket_dropped_total"),
    }
    worker.close()
    return result


def check_order(kafka, topic, count):
    """Every message of the flood, once and in order."""
    reader = subprocess.Popen(
        [ROOT / "target/release/connect-websocket", "consume", "--bootstrap-server",
         kafka.servers, "--topic", topic, "--from-beginning", "--max-messages", str(count)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seen = 0
    for line in reader.stdout:
        if int(line[:12]) != seen:
            raise SystemExit(f"{topic}: {line[:12]!r} in the place of {seen}")
        seen += 1
    reader.wait()
    if seen != count:
        raise SystemExit(f"{topic}: {seen} of {count} messages")


def sizes(kafka, exchange, program, chosen, repeats):
    """Runs of both, in pairs one after the other; the pair with the median
    ratio counts, since a machine's mood changes from minute to minute."""
    rows = []
    for size in chosen:
        count = COUNTS[size]
        ours, theirs = [], []
        for _ in range(repeats):
            for topic in ("flood", "peer"):
                kafka.create_topic(topic)
            theirs.append(peer(program, kafka, size, count))
            ours.append(flood(kafka, exchange, size, count))
            check_order(kafka, "flood", count)
            for topic in ("flood", "peer"):
                kafka.delete_topic(topic)
        pairs = sorted(zip(ours, theirs), key=lambda pair: pair[0]["cpu_us"] / pair[1]["cpu_us"])
        our, their = pairs[len(pairs) // 2]
        ratios = [our["cpu_us"] / their["cpu_us"] for our, their in pairs]
        row = {"size_bytes": size, "messages": count, "ours": our, "rdkafka_performance": their,
               "cpu_ratio": ratios[len(pairs) // 2], "cpu_ratios": ratios}
        rows.append(row)
        print(f"{size:>6} B  ours {our['cpu_us']:.3f} µs/msg  theirs {their['cpu_us']:.3f}"
              f"  ratio {row['cpu_ratio']:.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})  {our['messages_per_second']:,.0f} msg/s"
              f"  (theirs {their['messages_per_second']:,.0f})  peak {our['peak_mib']:.1f} MiB"
              f"  dropped {our['dropped']:.0f}", flush=True)
    return rows


def latencies(kafka, exchange, seconds):
    rows = []
    kafka.create_topic("paced")
    for rate in (1_000, 10_000):
        worker = Worker(kafka.servers, exchange.flood(rate, 200, rate * (seconds + 2)), "paced")
        worker.wait_acknowledged(rate)
        before = worker.histogram()
        cpu = cpu_seconds(worker.pid)
        time.sleep(seconds)
        row = {"rate": rate, "p50_ms": worker.quantile_ms(0.5, before),
               "p99_ms": worker.quantile_ms(0.99, before),
               "cpu_percent": (cpu_seconds(worker.pid) - cpu) / seconds * 100}
        worker.close()
        rows.append(row)
        print(f"{rate:>6}/s  receive to ack p50 <= {row['p50_ms']:g} ms  p99 <= {row['p99_ms']:g} ms"
              f"  {row['cpu_percent']:.1f} % of a core", flush=True)
    return rows


def first_record(kafka, exchange, repeats):
    """From exec to the first record read back, with Kafka up."""
    kafka.create_topic("first")
    times = []
    for _ in range(repeats):
        reader = subprocess.Popen(
            [ROOT / "target/release/connect-websocket", "consume", "--bootstrap-server",
             kafka.servers, "--topic", "first", "--max-messages", "1",
             "--consumer-property", "fetch.max.wait.ms=5"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(2)
        begun = time.monotonic()
        worker = Worker(kafka.servers, exchange.flood(0, 200, 1), "first")
        reader.stdout.readline()
        times.append((time.monotonic() - begun) * 1000)
        reader.wait()
        worker.close()
    times.sort()
    result = {"best_ms": times[0], "median_ms": times[len(times) // 2]}
    print(f"exec to first record: best {times[0]:.0f} ms, median {result['median_ms']:.0f} ms")
    return result


def idle(kafka, exchange, seconds):
    kafka.create_topic("idle")
    worker = Worker(kafka.servers, exchange.flood(1, 200, 1), "idle")
    worker.wait_acknowledged(1)
    time.sleep(2)
    cpu = cpu_seconds(worker.pid)
    time.sleep(seconds)
    percent = (cpu_seconds(worker.pid) - cpu) / seconds * 100
    worker.close()
    print(f"idle, one connector connected: {percent:.3f} % of a core")
    return {"cpu_percent": percent}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5,
                        help="pairs of runs of each size; the median counts")
    parser.add_argument("--sizes", type=int, nargs="+", choices=COUNTS, default=list(COUNTS),
                        help="message sizes, bytes")
    parser.add_argument("--seconds", type=int, default=10, help="length of the paced and idle runs")
    parser.add_argument("--outage-seconds", type=int, default=60,
                        help="how long Kafka is away in the memory runs")
    parser.add_argument("--only", choices=["sizes", "latency", "first_record", "idle", "delivery", "outages"],
                        help="measure this alone")
    args = parser.parse_args()
    program = compile_peer()
    cpus = re.findall(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    print(f"{len(cpus)} x {cpus[0]}, shared with the broker", flush=True)
    with Kafka() as kafka:
        exchange = Exchange()
        try:
            measures = {
                "sizes": lambda: sizes(kafka, exchange, program, args.sizes, args.repeats),
                "latency": lambda: latencies(kafka, exchange, args.seconds),
                "first_record": lambda: first_record(kafka, exchange, 5),
                "idle": lambda: idle(kafka, exchange, args.seconds),
                "delivery": lambda: delivery.costs(kafka, exchange, COUNTS[200], args.repeats),
                "outages": lambda: delivery.outages(kafka, exchange, args.outage_seconds),
            }
            chosen = [args.only] if args.only else measures
            result = {"cpus": cpus} | {name: measures[name]() for name in chosen}
        finally:
            exchange.close()
    out = ROOT / "target/bench/bench.json"
    if args.only and out.exists():
        before = json.loads(out.read_text())
        if "sizes" in result:
            others = [row for row in before.get("sizes", []) if row["size_bytes"] not in args.sizes]
            result["sizes"] = sorted(others + result["sizes"], key=lambda row: row["size_bytes"])
        result = before | result
    out.write_text(json.dumps(result, indent=2))
    print(f"saved to {out.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
