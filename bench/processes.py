"""What the benchmarks read of a process: CPU time, memory, REST answers."""

import atexit
import json
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request

from kafka import ROOT, free_port

STRING = "org.apache.kafka.connect.storage.StringConverter"


def cpu_seconds(pid):
    """CPU time of all threads so far, in nanosecond resolution."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def peak_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None


class Exchange:
    """The scripted WebSocket server as a process of its own."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            [ROOT / "target/release/websocket-exchange", "--port", str(self.port)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        wait_for_port(self.port)

    def flood(self, rate, size, count):
        return f"ws://127.0.0.1:{self.port}/flood?rate={rate}&size={size}&count={count}"

    def close(self):
        self.process.terminate()
        self.process.wait(20)


def wait_for_port(port):
    import socket
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")


class Worker:
    """connect-websocket standalone with one connector."""

    def __init__(self, servers, url, topic, *extra):
        self.dir = tempfile.TemporaryDirectory(prefix="bench-worker-")
        base = pathlib.Path(self.dir.name)
        self.rest = free_port()
        (base / "worker.properties").write_text("\n".join([
            f"bootstrap.servers={servers}", f"key.converter={STRING}", f"value.converter={STRING}",
            f"offset.storage.file.filename={base}/offsets",
            f"listeners=http://127.0.0.1:{self.rest}",
            "task.shutdown.graceful.timeout.ms=30000"]))
        (base / "connector.properties").write_text("\n".join([
            "name=bench", "connector.class=WebSocketSource", f"websocket.url={url}",
            f"kafka.topic={topic}", "websocket.buffer.overflow=block", *extra]))
        self.log = open(base / "log", "wb")
        self.process = subprocess.Popen(
            [ROOT / "target/release/connect-websocket", "standalone",
             base / "worker.properties", base / "connector.properties"],
            stdout=self.log, stderr=self.log)
        self.pid = self.process.pid
        # Also when a measurement is given up in the middle.
        atexit.register(self.kill)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.dir.cleanup()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}{path}", timeout=10) as answer:
            return answer.read().decode()

    def metric(self, name):
        """The first sample whose name begins with `name`."""
        for line in self.get("/metrics").splitlines():
            if line.startswith(name):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def acknowledged(self):
        return int(self.metric("kafka_connect_websocket_receive_to_ack_seconds_count"))

    def wait_acknowledged(self, count, seconds=180):
        by = time.monotonic() + seconds
        while time.monotonic() < by:
            try:
                if self.acknowledged() >= count:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"the worker has ended: {self.text()}")
            # Each look costs the worker CPU time that counts as its own.
            time.sleep(0.2)
        raise SystemExit(f"{self.acknowledged()} of {count} messages: {self.text()}")

    def text(self):
        return (pathlib.Path(self.dir.name) / "log").read_text()[-2000:]

    def histogram(self):
        buckets = []
        for line in self.get("/metrics").splitlines():
            if line.startswith("kafka_connect_websocket_receive_to_ack_seconds_bucket"):
                bound = line.split('le="')[1].split('"')[0]
                buckets.append((float(bound.replace("+Inf", "inf")), float(line.rsplit(" ", 1)[1])))
        return buckets

    def quantile_ms(self, quantile, before):
        """An upper bound, since it comes from a histogram."""
        now = [(bound, count - old) for (bound, count), (_, old) in zip(self.histogram(), before)]
        total = now[-1][1]
        return next(bound for bound, count in now if count >= quantile * total) * 1000

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        atexit.unregister(self.kill)
        self.dir.cleanup()


def session(worker):
    return json.loads(worker.get("/connectors/bench/session"))["tasks"][0]
