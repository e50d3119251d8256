//! Metrics and traces to a collector that reads them by OpenTelemetry's own definitions.

// A test that cannot go on has to panic.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use websocket_exchange::{Exchange, Options};

/// What the server is told first; it may have a key in it.
const SCRIPT: &str = r#"{"op":"subscribe","key":"s3cret"}"#;

/// Ended with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command that the kernel ends with the thread that starts it.
fn bound(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn start(command: &mut Command) -> (Process, BufReader<ChildStdout>) {
    let mut child = command.spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (Process(child), out)
}

fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "it has ended");
    line.trim_end().to_owned()
}

/// The collector, which refuses the first request.
fn collector() -> (Process, BufReader<ChildStdout>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cache = Command::new(root.join("scripts/cache-dir"))
        .output()
        .unwrap();
    let cache = PathBuf::from(String::from_utf8(cache.stdout).unwrap().trim());
    let python = cache.join("python/bin/python");
    assert!(python.exists(), "run scripts/test-tools");
    start(
        bound(&python)
            .arg(root.join("tests/servers/otlp.py"))
            .arg("1"),
    )
}

fn worker(folder: &Path, port: &str, url: &str) -> (Process, BufReader<ChildStdout>) {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let converter = "org.apache.kafka.connect.storage.StringConverter";
    let settings = format!(
        "key.converter={converter}\nvalue.converter={converter}\nlisteners=http://127.0.0.1:0\n\
         offset.storage.file.filename={}\n",
        folder.join("offsets").display()
    );
    let settings = file("worker.properties", &settings);
    let connector = "name=flood\nconnector.class=WebSocketSource\nkafka.topic=flood\n";
    let connector = file(
        "flood.properties",
        &format!("{connector}websocket.url={url}\nwebsocket.subscription.message={SCRIPT}\n"),
    );
    let mut command = bound(Path::new(env!("CARGO_BIN_EXE_connect-websocket")));
    command.args(["standalone", "--embedded-kafka"]);
    command.args([settings, connector]);
    start(command.envs([
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://127.0.0.1:{port}").as_str(),
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20s3cret",
        ),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_SERVICE_NAME", "trades"),
    ]))
}

fn metric<'m>(message: &'m Value, name: &str) -> &'m Value {
    let scope = &message["resourceMetrics"][0]["scopeMetrics"][0];
    let metrics = scope["metrics"].as_array().unwrap();
    let found = metrics.iter().find(|metric| metric["name"] == name);
    found.unwrap_or_else(|| panic!("{name}: {metrics:?}"))
}

/// The value of a sum's first point.
fn sum(message: &Value, name: &str) -> Option<f64> {
    let sum = &metric(message, name)["sum"];
    assert_eq!(sum["isMonotonic"], true, "{sum}");
    assert_eq!(
        sum["aggregationTemporality"],
        "AGGREGATION_TEMPORALITY_CUMULATIVE"
    );
    sum["dataPoints"][0]["asDouble"].as_f64()
}

/// The histogram has all messages, each in one bucket.
fn assert_latency(message: &Value, messages: u32) {
    let latency = &metric(message, "kafka.connect.websocket.receive_to_ack");
    assert_eq!(latency["unit"], "s");
    let point = &latency["histogram"]["dataPoints"][0];
    assert_eq!(point["count"], messages.to_string());
    let counts = point["bucketCounts"].as_array().unwrap();
    let total: u64 = counts
        .iter()
        .map(|n| n.as_str().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(total, u64::from(messages));
    assert_eq!(
        counts.len(),
        point["explicitBounds"].as_array().unwrap().len() + 1
    );
    let attributes = &point["attributes"];
    assert_eq!(
        attributes[0]["value"]["stringValue"], "flood",
        "{attributes}"
    );
}

/// The spans of a request; one with metrics has none.
fn spans_of(request: &Value) -> Vec<Value> {
    let spans = &request["message"]["resourceSpans"][0]["scopeSpans"][0]["spans"];
    spans.as_array().cloned().unwrap_or_default()
}

fn assert_one_trace(spans: &[Value]) {
    let [connect, session, script, batch] = ["connect", "session", "script", "batch"].map(|name| {
        let mut found = spans.iter().filter(|span| span["name"] == name);
        found.next().unwrap_or_else(|| panic!("{name}: {spans:?}"))
    });
    assert_eq!(session["traceId"], connect["traceId"]);
    assert_eq!(session["parentSpanId"], connect["spanId"]);
    assert_eq!(session["startTimeUnixNano"], connect["endTimeUnixNano"]);
    assert_eq!(script["traceId"], connect["traceId"]);
    assert_eq!(script["parentSpanId"], session["spanId"]);
    assert_eq!(script["startTimeUnixNano"], session["startTimeUnixNano"]);
    assert_eq!(script["kind"], "SPAN_KIND_CLIENT");
    assert!(!script.to_string().contains("s3cret"), "{script}");
    assert_eq!(batch["traceId"], connect["traceId"]);
    assert_eq!(batch["parentSpanId"], session["spanId"]);
    assert_eq!(batch["kind"], "SPAN_KIND_PRODUCER");
    let records = &batch["attributes"][2];
    assert_eq!(records["key"], "messaging.batch.message_count");
    let count = records["value"]["stringValue"].as_str().unwrap();
    assert!(
        (1..=500).contains(&count.parse::<u32>().unwrap()),
        "{batch}"
    );
    assert_eq!(connect["status"], Value::Null, "{connect}");
    assert_eq!(session["status"]["code"], "STATUS_CODE_ERROR", "{session}");
    assert_eq!(connect["kind"], "SPAN_KIND_CLIENT");
    let connector = &connect["attributes"][0]["value"]["stringValue"];
    assert_eq!(connector, "flood");
}

#[test]
fn a_collector_gets_the_counters_as_they_stand_and_a_trace_of_each_connection() {
    const MESSAGES: u32 = 500;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let exchange = runtime
        .block_on(Exchange::start(Options::default()))
        .unwrap();
    let (_collector, mut requests) = collector();
    let port = line(&mut requests);
    let folder = tempfile::tempdir().unwrap();
    let url = exchange.url(&format!("/flood?count={MESSAGES}"));
    let (_worker, mut log) = worker(folder.path(), &port, &url);

    let mut seen = Vec::new();
    let mut spans = Vec::new();
    let last = loop {
        let request: Value = serde_json::from_str(&line(&mut requests)).unwrap();
        if request["path"] == "/v1/traces" {
            spans.extend(spans_of(&request));
            continue;
        }
        let message = &request["message"];
        let scope = &message["resourceMetrics"][0]["scopeMetrics"][0];
        assert_eq!(scope["scope"]["name"], "connect-websocket");
        // The first may come before the connector.
        let written = "kafka.connect.source_task_metrics.source_record_write";
        let written = sum(message, written).unwrap_or_default();
        seen.push(written);
        if written >= f64::from(MESSAGES) {
            break request;
        }
    };
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(last["path"], "/v1/metrics");
    assert_eq!(last["headers"]["authorization"], "Bearer s3cret");
    let message = &last["message"];
    let received = sum(message, "kafka.connect.websocket.received");
    assert_eq!(received, Some(f64::from(MESSAGES)));
    assert_latency(message, MESSAGES);
    let ledger = &metric(message, "kafka.connect.websocket.ledger_messages")["gauge"];
    let places = ledger["dataPoints"].as_array().unwrap();
    assert!(places.len() > 5, "{ledger}");
    let resource = message["resourceMetrics"][0]["resource"]["attributes"].to_string();
    assert!(resource.contains("\"trades\""), "{resource}");

    // What went wrong first is told of, without the header.
    let told = "OpenTelemetry metrics reach the collector at http://127.0.0.1";
    let mut lines = String::new();
    for _ in 0..200 {
        lines += &line(&mut log);
        if lines.contains(told) {
            break;
        }
    }
    assert!(
        lines.contains("503") && !lines.contains("s3cret"),
        "{lines}"
    );

    let mut wait_for = |name: &str| {
        while !spans.iter().any(|span| span["name"] == name) {
            let request: Value = serde_json::from_str(&line(&mut requests)).unwrap();
            spans.extend(spans_of(&request));
        }
    };
    wait_for("batch");
    // The server's end is the session's.
    runtime.block_on(exchange.shutdown());
    wait_for("session");
    assert_one_trace(&spans);
}
