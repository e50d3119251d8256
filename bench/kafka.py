"""A real Kafka for the benchmarks: one KRaft node of the jars that
`scripts/test-tools` has put into the cache, on free ports, gone at the end."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSION = "3.9.1"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def cache_dir():
    out = subprocess.run([ROOT / "scripts/cache-dir"], capture_output=True, text=True, check=True)
    return pathlib.Path(out.stdout.strip())


class Kafka:
    """Started by `with`; `servers` is for bootstrap.servers."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bench-kafka-"))
        self.classpath = f"{cache_dir()}/kafka-{VERSION}/*"
        port, controller = free_port(), free_port()
        self.servers = f"127.0.0.1:{port}"
        self.config = self.dir / "server.properties"
        self.config.write_text("\n".join([
            "process.roles=broker,controller", "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{controller}",
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            f"advertised.listeners=PLAINTEXT://{self.servers}",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            f"log.dirs={self.dir / 'data'}",
            "offsets.topic.replication.factor=1", "num.partitions=1",
            "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
            "group.initial.rebalance.delay.ms=0",
        ]))
        self.process = None

    def java(self, main, *args, heap="512m"):
        return ["java", f"-Xmx{heap}", "-cp", self.classpath, main, *args]

    def tool(self, main, *args):
        done = subprocess.run(self.java(main, *args), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{main} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self):
        self.tool("kafka.tools.StorageTool", "format", "-t", "bTJhYmVuY2hrYWZrYTIwMg",
                  "-c", str(self.config))
        return self.start()

    def start(self):
        """Starts it, for the first time or again."""
        log = open(self.dir / "server.log", "ab")
        self.process = subprocess.Popen(
            self.java("kafka.Kafka", str(self.config), heap="1g"), stdout=log, stderr=log)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.servers.split(":")[1]))) == 0:
                    time.sleep(1)
                    return self
            time.sleep(0.1)
        raise SystemExit(f"Kafka did not start: see {self.dir}/server.log")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def create_topic(self, name):
        self.tool("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.servers,
                  "--create", "--topic", name, "--partitions", "1",
                  "--config", "max.message.bytes=10000000")

    def delete_topic(self, name):
        self.tool("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.servers,
                  "--delete", "--topic", name)


def compile_peer():
    """librdkafka's own benchmark, built against the very librdkafka that is
    linked into our binary."""
    build = ROOT / "target/release/build"
    libraries = sorted(build.glob("rdkafka-sys-*/out/src/librdkafka.a"), key=os.path.getmtime)
    if not libraries:
        raise SystemExit("no librdkafka in target/release: run make build first")
    library = libraries[-1]
    source = library.parent.parent
    program = ROOT / "target/bench/rdkafka_performance"
    program.parent.mkdir(parents=True, exist_ok=True)
    static = [str(next(iter(sorted(build.glob(pattern)))))
              for pattern in ("zstd-sys-*/out/libzstd.a", "libz-sys-*/out/lib/libz.a",
                              "curl-sys-*/out/build/libcurl.a")
              if list(build.glob(pattern))]
    subprocess.run(["cc", "-O2", "-w", "-I", str(source), "-I", str(source / "src"),
                    str(source / "examples/rdkafka_performance.c"), str(library), *static,
                    "-o", str(program), "-lssl", "-lcrypto", "-lpthread", "-ldl", "-lrt", "-lm"],
                   check=True)
    return program
