"""`make bench-plugin`: the plugin in a real Connect worker against a Java source
that makes the same records from nothing, which is Connect's own cost, on one
broker, in one run, warm. Prints and writes target/bench/plugin.json."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from kafka import ROOT, Kafka, free_port
from processes import STRING, Exchange

SIZE = 200
WARM = 1_000_000
COUNT = 2_000_000
# Records of one poll at the ceiling: about what ours gives when it is flooded.
BATCH = 2_000
JAR = ROOT / "plugin/target/kafka-connect-websocket-1.0.0-host.jar"
TICKS = os.sysconf("SC_CLK_TCK")


class Connect:
    """A standalone worker with both sources; ended by `close`."""

    def __init__(self, kafka):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bench-connect-"))
        self.rest = free_port()
        (self.dir / "plugins/websocket").mkdir(parents=True)
        shutil.copy(JAR, self.dir / "plugins/websocket")
        self.ceiling(kafka)
        properties = self.dir / "worker.properties"
        properties.write_text("\n".join([
            f"bootstrap.servers={kafka.servers}", f"key.converter={STRING}",
            f"value.converter={STRING}", f"offset.storage.file.filename={self.dir}/offsets",
            f"listeners=http://127.0.0.1:{self.rest}", f"plugin.path={self.dir}/plugins",
            "plugin.discovery=service_load"]))
        log = open(self.dir / "log", "wb")
        quiet = ROOT / "tests/kafka/log4j.properties"
        command = kafka.java("org.apache.kafka.connect.cli.ConnectStandalone", str(properties))
        command.insert(1, f"-Dlog4j.configuration=file:{quiet}")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait_for_rest()

    def ceiling(self, kafka):
        folder = self.dir / "plugins/ceiling"
        source = ROOT / "bench/ceiling"
        subprocess.run(["javac", "-proc:none", "-cp", kafka.classpath, "-d", folder,
                        source / "CeilingConnector.java"], check=True)
        shutil.copytree(source / "META-INF", folder / "META-INF")

    def wait_for_rest(self):
        for _ in range(600):
            try:
                self.request("GET", "/connectors")
                return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise SystemExit(f"Connect did not start: see {self.dir}/log")

    def request(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def create(self, name, **config):
        config = {key.replace("_", "."): str(value) for key, value in config.items()}
        self.request("POST", "/connectors", {"name": name, "config": config})

    def cpu_seconds(self):
        """Of all its threads, those that have ended included."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return None

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def measured(kafka, connect, topic, start):
    """CPU per record between record WARM and the last, as they arrive."""
    kafka.create_topic(topic)
    reader = subprocess.Popen(
        [ROOT / "target/release/connect-websocket", "consume", "--bootstrap-server",
         kafka.servers, "--topic", topic, "--from-beginning",
         "--max-messages", str(WARM + COUNT)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    start()
    seen = 0
    for _ in reader.stdout:
        seen += 1
        if seen == WARM:
            cpu, begun = connect.cpu_seconds(), time.monotonic()
    seconds = time.monotonic() - begun
    spent = connect.cpu_seconds() - cpu
    reader.wait()
    if seen != WARM + COUNT:
        raise SystemExit(f"{topic}: {seen} of {WARM + COUNT} records")
    result = {"cpu_us": spent / COUNT * 1e6, "records_per_second": COUNT / seconds,
              "resident_mib": connect.resident_mib()}
    kafka.delete_topic(topic)
    return result


def throughput(kafka, exchange, repeats):
    """Each in a worker of its own, by turns; the least disturbed counts."""
    runs = {"ceiling": [], "plugin": []}
    for _ in range(repeats):
        for name, found in runs.items():
            connect = Connect(kafka)
            try:
                if name == "ceiling":
                    def start():
                        connect.create("c", connector_class="CeilingConnector", kafka_topic=name,
                                       size=SIZE, batch=BATCH, count=WARM + COUNT)
                else:
                    def start():
                        connect.create("c", connector_class="WebSocketSource", kafka_topic=name,
                                       websocket_buffer_overflow="block",
                                       websocket_url=exchange.flood(0, SIZE, WARM + COUNT))
                found.append(measured(kafka, connect, name, start))
            finally:
                connect.close()
    best = {name: min(found, key=lambda run: run["cpu_us"]) for name, found in runs.items()}
    ratio = best["plugin"]["cpu_us"] / best["ceiling"]["cpu_us"]
    for name, run in best.items():
        print(f"{name:>8}  {run['cpu_us']:.2f} µs CPU/record  {run['records_per_second']:,.0f} records/s"
              f"  {run['resident_mib']:.0f} MiB", flush=True)
    print(f"   ratio  {ratio:.2f} (at most 1.2 is wanted)", flush=True)
    return best | {"cpu_ratio": ratio, "size_bytes": SIZE, "records": COUNT}


def idle(kafka, exchange, seconds, connectors=10):
    """What a connected connector without messages costs."""
    connect = Connect(kafka)
    try:
        time.sleep(10)

        def percent():
            cpu, begun = connect.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            return (connect.cpu_seconds() - cpu) / (time.monotonic() - begun) * 100

        empty = percent()
        kafka.create_topic("idle")
        for number in range(connectors):
            connect.create(f"c{number}", connector_class="WebSocketSource", kafka_topic="idle",
                           websocket_url=exchange.flood(1, SIZE, 1))
        time.sleep(10)
        loaded = percent()
    finally:
        connect.close()
    each = (loaded - empty) / connectors
    print(f"idle: {empty:.2f} % of a core without a connector, {each:.2f} % more for each (at most 1)")
    return {"empty_percent": empty, "each_percent": each}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2, help="runs of each; the best counts")
    parser.add_argument("--seconds", type=int, default=20, help="length of the idle runs")
    args = parser.parse_args()
    with Kafka() as kafka:
        exchange = Exchange()
        try:
            result = {"throughput": throughput(kafka, exchange, args.repeats),
                      "idle": idle(kafka, exchange, args.seconds)}
        finally:
            exchange.close()
    out = ROOT / "target/bench/plugin.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2))
    print(f"saved to {out.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
