"""What an open console costs a worker with 200 connectors, CPU with one polling and without, and how it feels in Chromium.

Usage: python3 bench/console.py [--connectors N] [--seconds S] [--rate R]. Needs `make build` and scripts/test-tools."""

import argparse
import json
import os
import shutil
import subprocess
import time
import urllib.request

from kafka import ROOT, Kafka, cache_dir
from processes import Exchange, Worker, cpu_seconds

# The interval of the console's pages (crates/worker/console/api.js).
INTERVAL_S = 2
ANSWERS = 300


def spent(worker, seconds, paths):
    """Share of a core over some seconds, while `paths` are asked for as a page asks; bytes of an answer and its time."""
    size, longest = 0, 0.0
    before, begun = cpu_seconds(worker.pid), time.monotonic()
    while time.monotonic() - begun < seconds:
        for path in paths:
            asked = time.monotonic()
            size = len(worker.get(path))
            longest = max(longest, time.monotonic() - asked)
        time.sleep(INTERVAL_S)
    return (cpu_seconds(worker.pid) - before) / (time.monotonic() - begun), size, longest


def per_answer(worker, path, idle):
    """CPU time of one answer in ms: of many that are asked for one after another, without what goes on anyway."""
    before, begun = cpu_seconds(worker.pid), time.monotonic()
    for _ in range(ANSWERS):
        worker.get(path)
    took = time.monotonic() - begun
    return (cpu_seconds(worker.pid) - before - idle * took) / ANSWERS * 1000


def in_browser(worker, connectors):
    """What a browser takes for the list, in ms."""
    given = {"scenario": "responsive", "url": f"http://127.0.0.1:{worker.rest}/ui/", "connectors": connectors,
             "chromium": shutil.which("chromium")}
    done = subprocess.run(["node", ROOT / "tests/console/run.mjs", json.dumps(given)], check=True, capture_output=True,
                          text=True, env={**os.environ, "NODE_LIBRARIES": str(cache_dir() / "browser")})
    return json.loads(done.stdout.splitlines()[-1])


def create(worker, name, config):
    request = urllib.request.Request(
        f"http://127.0.0.1:{worker.rest}/connectors/{name}/config", json.dumps(config).encode(),
        {"Content-Type": "application/json"}, method="PUT")
    with urllib.request.urlopen(request, timeout=60):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connectors", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=1, help="messages per second of each connector")
    given = parser.parse_args()
    with Kafka() as kafka:
        measure(given, kafka)


def measure(given, kafka):
    exchange = Exchange()
    url = exchange.flood(given.rate, 200, 1_000_000_000)
    worker = Worker(kafka.servers, url, "console-0")
    worker.wait_acknowledged(1)
    config = {"connector.class": "WebSocketSource", "websocket.url": url, "kafka.topic": "console-0"}
    for number in range(1, given.connectors):
        create(worker, f"feed-{number}", config)
    time.sleep(5)
    pages = {
        "no console": [],
        "the list": ["/ui/api/overview"],
        "a connector's page": ["/ui/api/connectors/bench"],
    }
    # Each twice, alternating: the machine is shared.
    found = {name: [] for name in pages}
    for _ in range(2):
        for name, paths in pages.items():
            found[name].append(spent(worker, given.seconds, paths))
    without = min(share for share, _, _ in found["no console"])
    print(f"{given.connectors} connectors at {given.rate} messages/s each, one page asking every {INTERVAL_S} s")
    for name, runs in found.items():
        share, size, longest = min(runs)
        print(f"{name:20} {100 * share:6.2f} % of a core ({100 * (share - without):+.2f}), "
              f"{size / 1024:.0f} KiB an answer, slowest {1000 * longest:.0f} ms")
        for path in pages[name]:
            cpu_ms = per_answer(worker, path, without)
            print(f"{'':20} {cpu_ms:6.2f} ms of CPU an answer, {cpu_ms / INTERVAL_S / 10:.3f} % of a core")
    print("in Chromium, ms:", in_browser(worker, given.connectors))
    worker.close()
    exchange.close()


if __name__ == "__main__":
    main()
