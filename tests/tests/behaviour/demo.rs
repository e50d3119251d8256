//! `demo`: what a new user sees first, and the ledger that must balance.

use std::process::Command;

use end_to_end::command::{self, Ended, Running};
use end_to_end::{ports, rest, tools, wait};
use regex::Regex;
use serde_json::{Value, json};

const CONNECTORS: [&str; 2] = ["binance-btcusdt-connector", "coinbase-btc-usd-connector"];

/// Runs `demo` on a REST port of its own to its end.
fn demo(arguments: &[&str]) -> Ended {
    start(ports::free(), arguments).end()
}

fn start(port: u16, arguments: &[&str]) -> Running {
    let port = port.to_string();
    command::start(&[&["demo", "--rest-port", &port], arguments].concat())
}

/// The ledger, which must be the only thing printed.
fn json_ledger(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// A count of the ledger in words.
fn count(ended: &Ended, name: &str) -> u64 {
    let rule = Regex::new(&format!(r"(?m)^ *{}  +(\d+)$", regex::escape(name))).expect("a rule");
    let found = rule.captures(&ended.out);
    let found = found.unwrap_or_else(|| panic!("no {name}: {ended:?}"));
    found[1].parse().expect("a count")
}

/// Waits for the connectors, which are made after the API answers.
fn wait_for_connectors(port: u16) {
    wait::until_true("the demo's connectors are made", || {
        let answer = rest::request(port, "GET", "/connectors", None);
        answer.is_ok_and(|answer| answer.status == 200 && answer.json() == json!(CONNECTORS))
    });
}

fn get(port: u16, path: &str) -> Value {
    let answer = rest::request(port, "GET", path, None).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[test]
fn its_json_ledger_has_every_message_at_every_station() {
    let ended = demo(&["--seconds", "2", "--json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let ledger = json_ledger(&ended);
    let sent = ledger["sent"].as_u64().expect("a count");
    assert!(sent > 0, "{ledger}");
    for station in ["received", "produced", "read_back"] {
        assert_eq!(ledger[station], sent, "{ledger}");
    }
    assert_eq!(ledger["lost"], 0, "{ledger}");
    assert!(ledger["seconds"].as_f64() >= Some(2.0), "{ledger}");
}

#[test]
fn as_many_messages_as_can_be_are_read_back_although_its_kafka_keeps_5_mib() {
    const SIZE: u64 = 1_000;
    let port = ports::free();
    let demo = start(
        port,
        &["--json", "--rate", "0", "--size", &SIZE.to_string()],
    );
    wait_for_connectors(port);
    for name in CONNECTORS {
        // More than the connector's partition can hold.
        wait::until_true("so much is received", || {
            let session = get(port, &format!("/connectors/{name}/session"));
            session["tasks"][0]["received_messages"].as_u64() > Some((6 << 20) / SIZE)
        });
    }
    demo.signal("INT");
    let ended = demo.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    let ledger = json_ledger(&ended);
    assert_eq!(ledger["read_back"], ledger["sent"], "{ledger}");
    assert_eq!(ledger["lost"], 0, "{ledger}");
}

#[test]
fn it_sends_no_faster_than_it_is_asked_to() {
    let ended = demo(&["--seconds", "3", "--json", "--rate", "100"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let ledger = json_ledger(&ended);
    let (sent, seconds) = (ledger["sent"].as_f64(), ledger["seconds"].as_f64());
    // Two feeds, their first messages, and the answers to the subscriptions.
    let most = 200.0 * seconds.expect("seconds") + 50.0;
    assert!(sent <= Some(most) && sent > Some(0.0), "{ledger}");
}

/// The connectors are the reference's examples 2 and 3, unchanged but for the
/// URL, which the line about the exchange has.
fn assert_examples(port: u16, exchange: &str) {
    let urls: Vec<&str> = exchange
        .split_whitespace()
        .filter(|word| word.starts_with("ws://"))
        .collect();
    let [binance, coinbase] = CONNECTORS.map(|name| get(port, &format!("/connectors/{name}")));
    let class = "io.conduktor.connect.websocket.WebSocketSourceConnector";
    let config = json!({
        "name": CONNECTORS[0],
        "connector.class": class,
        "tasks.max": "1",
        "websocket.url": urls[0],
        "kafka.topic": "binance-btcusdt-trades",
        "websocket.subscription.message": r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}"#,
        "websocket.reconnect.enabled": "true",
        "websocket.reconnect.interval.ms": "3000",
    });
    assert_eq!(binance["config"], config);
    let config = json!({
        "name": CONNECTORS[1],
        "connector.class": class,
        "tasks.max": "1",
        "websocket.url": urls[1],
        "kafka.topic": "coinbase-btc-usd-level2",
        "websocket.subscription.message": r#"{"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2"]}"#,
        "websocket.reconnect.enabled": "true",
    });
    assert_eq!(coinbase["config"], config);
}

#[test]
fn it_shows_what_goes_on_and_at_an_interrupt_the_ledger() {
    let port = ports::free();
    let demo = start(port, &["--size", "400"]);
    wait_for_connectors(port);
    let progress = demo.wait_for_error("  OPEN OPEN  ");
    for part in ["msg/s", "received ", "read back ", "queue ", "to ack p50 "] {
        assert!(progress.contains(part), "{progress}");
    }

    assert_examples(port, &demo.wait_for_error("exchange "));

    // Its Kafka can be read by others as well; answers to subscriptions are
    // not filled up.
    let kafka = demo.wait_for_error("(embedded)");
    let kafka = kafka
        .split_whitespace()
        .nth(1)
        .expect("an address")
        .to_owned();
    let consume = [
        "consume",
        "--bootstrap-server",
        &kafka,
        "--max-messages",
        "20",
    ];
    let topic = ["--topic", "binance-btcusdt-trades", "--timeout-ms", "30000"];
    let records = command::run(&[&consume[..], &topic[..]].concat()).succeeded();
    assert!(
        records.lines().all(|record| record.len() == 400),
        "{records}"
    );

    demo.signal("INT");
    let ended = demo.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    for topic in ["binance-btcusdt-trades", "coinbase-btc-usd-level2"] {
        assert!(
            ended.out.contains(&format!("{topic} offset 0: {{")),
            "{ended:?}"
        );
    }
    let sent = count(&ended, "sent by the exchange");
    assert!(sent > 0);
    for station in [
        "received",
        "produced (acknowledged by Kafka)",
        "read back from Kafka",
    ] {
        assert_eq!(count(&ended, station), sent, "{ended:?}");
    }
    assert_eq!(count(&ended, "lost"), 0);
}

#[test]
fn what_it_loses_is_told_and_is_status_1() {
    let port = ports::free();
    let demo = start(port, &["--json", "--rate", "0"]);
    wait_for_connectors(port);
    // Its buffer overflows, since nobody takes from it.
    let name = CONNECTORS[0];
    let path = format!("/connectors/{name}/pause");
    let answer = rest::request(port, "PUT", &path, None).expect("an answer");
    assert_eq!(answer.status, 202, "{}", answer.body);
    wait::until_true("messages are dropped", || {
        let session = get(port, &format!("/connectors/{name}/session"));
        session["tasks"][0]["dropped_messages"]["overflow"].as_u64() > Some(0)
    });
    demo.signal("INT");
    let ended = demo.end();
    assert_eq!(ended.code, 1, "{ended:?}");
    let ledger = json_ledger(&ended);
    let [sent, read_back, lost] =
        ["sent", "read_back", "lost"].map(|key| ledger[key].as_u64().expect("a count"));
    assert!(lost > 0, "{ledger}");
    assert_eq!(sent - read_back, lost, "{ledger}");
}

#[test]
fn where_8083_is_taken_each_demo_has_the_next_free_port() {
    ports::occupy_connect();
    let start = || command::start(&["demo", "--rate", "10"]);
    let demos = [start(), start(), start()];
    let rule = Regex::new(r"http://127\.0\.0\.1:(\d+)/connectors ").expect("a rule");
    let port_of = |demo: &Running| -> u16 {
        let line = demo.wait_for_error("REST ");
        let found = rule.captures(&line).unwrap_or_else(|| panic!("{line}"));
        found[1].parse().expect("a port")
    };
    let mut taken = demos.each_ref().map(port_of).to_vec();
    for port in &taken {
        assert!((ports::CONNECT + 1..ports::CONNECT + 100).contains(port));
        wait_for_connectors(*port);
    }
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), demos.len(), "{taken:?}");
    for demo in demos {
        demo.signal("INT");
        assert_eq!(demo.end().code, 0);
    }
}

#[test]
fn make_demo_runs_it_with_the_arguments_given() {
    let output = Command::new("make")
        .args(["--dry-run", "--no-print-directory", "demo"])
        .arg("ARGS=--seconds 3 --json")
        .current_dir(tools::repository())
        // It may run below `make test`.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .expect("make runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = shown.lines().collect();
    let built = lines
        .iter()
        .position(|line| line.starts_with("cargo build "));
    let run = lines
        .iter()
        .position(|line| line.ends_with("release/connect-websocket demo --seconds 3 --json"));
    assert!(built.is_some() && built < run, "{shown}");
}
