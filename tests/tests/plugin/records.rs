//! The native worker and the plugin make the same records of the same bytes.

use std::collections::BTreeMap;
use std::thread;

use end_to_end::connect::{Api, RealWorker, lines_of};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::process::command;
use end_to_end::tools;
use end_to_end::wait::{LIMIT, try_until};
use end_to_end::worker::Worker;
use serde_json::{Value, json};

use crate::cases::{self, Case, JSON};
use crate::shared::standalone;
use crate::wire::serve;

against_each_kafka!(
    the_same_bytes_become_the_same_records_in_both_hosts,
    what_came_before_a_message_that_is_not_tolerated_is_written_in_both_hosts,
);

/// Its topic's name, and the connector's.
fn topic(host: &str, case: &Case) -> String {
    format!("same-{host}-{}", case.name)
}

fn connector(host: &str, case: &Case, number: usize, port: u16) -> Value {
    let name = topic(host, case);
    let mut config = json!({
        "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
        "websocket.url": format!("ws://127.0.0.1:{port}/{number}"),
        "kafka.topic": name,
        "value.converter": case.converter,
        // The server answers none.
        "websocket.ping.interval.ms": "0",
    });
    for (key, value) in case.settings {
        config[*key] = Value::from(*value);
    }
    json!({"name": name, "config": config})
}

fn the_same_bytes_become_the_same_records_in_both_hosts(version: Version) {
    let kafka = Kafka::shared(version);
    let cases = cases::all();
    let (native, real) = (Worker::builder(kafka).start(), standalone(version));
    create(&cases, &native, real);
    assert_written(kafka, &cases);
    for case in &cases {
        real.delete(&topic("plugin", case));
    }
    for case in &cases {
        let line = assert_nothing_left(real, &topic("plugin", case));
        // What Java could not read has not been written.
        if case.name == "json" {
            assert!(line.contains(r#""error":1"#), "{line}");
        }
    }
}

/// A task that fails has handed over what is before the message that it fails
/// at: it comes in the same read, and most likely in the same poll.
fn what_came_before_a_message_that_is_not_tolerated_is_written_in_both_hosts(version: Version) {
    let kafka = Kafka::shared(version);
    let cases = [cases::failing()];
    let (native, real) = (Worker::builder(kafka).start(), standalone(version));
    create(&cases, &native, real);
    let [case] = &cases;
    native.wait_for_task(&topic("native", case), "FAILED");
    let name = topic("plugin", case);
    let trace = real.trace(&name);
    assert!(trace.contains("is not JSON"), "{trace}");
    assert_written(kafka, &cases);
    real.delete(&name);
}

/// Creates a connector for each case in both hosts.
fn create(cases: &[Case], native: &Worker, real: &RealWorker) {
    let port = serve(cases.iter().map(|case| case.wire.concat()).collect());
    for (number, case) in cases.iter().enumerate() {
        let body = connector("native", case, number, port);
        let created = native.request("POST", "/connectors", Some(&body));
        assert_eq!(created.status, 201, "{}", created.body);
        let body = connector("plugin", case, number, port);
        real.expect(201, "POST", "/connectors", Some(&body));
    }
}

/// A record that was filtered or left out is done with like one that was
/// written: the task's last line, which is given, has none that is lost.
fn assert_nothing_left(worker: &RealWorker, name: &str) -> String {
    let line = worker.wait_for_line(name, "Stopped - ");
    assert!(line.contains("Lost: 0"), "{line}");
    let unconfirmed = lines_of(&worker.log(), name, "has not confirmed");
    assert!(unconfirmed.is_empty(), "{unconfirmed:?}");
    line
}

/// Waits until the topics have as many records as the cases have values, in
/// both hosts, and looks at each.
fn assert_written(kafka: &Kafka, cases: &[Case]) {
    let expected: BTreeMap<String, u64> = cases
        .iter()
        .flat_map(|case| {
            ["native", "plugin"].map(|host| (topic(host, case), case.values.len() as u64))
        })
        .collect();
    let mut seen = BTreeMap::new();
    let found = try_until("all records are there, and no more", LIMIT, || {
        seen = kafka.records_of("same-.*");
        seen.retain(|topic, _| expected.contains_key(topic));
        (seen == expected).then_some(())
    });
    found.unwrap_or_else(|error| panic!("{error}: {expected:?} wanted, but {seen:?}"));
    let servers = kafka.bootstrap();
    thread::scope(|scope| {
        for case in cases {
            for host in ["native", "plugin"] {
                let servers = &servers;
                scope.spawn(move || {
                    let topic = topic(host, case);
                    let seen = read(servers, &topic, case.values.len());
                    let same = members_sorted(case, &seen) == members_sorted(case, &case.values);
                    assert!(same, "{topic}: {}", shown(&seen));
                });
            }
        }
    });
}

/// The first values in a topic; none has a line feed.
fn read(servers: &str, topic: &str, count: usize) -> Vec<Vec<u8>> {
    let consume = [
        "consume",
        "--bootstrap-server",
        servers,
        "--topic",
        topic,
        "--from-beginning",
    ];
    let output = command(tools::worker_binary())
        .args(consume)
        .args(["--max-messages", &count.to_string()])
        .args(["--timeout-ms", "60000"])
        .output();
    let output = output.expect("the consumer runs");
    assert!(output.status.success(), "{output:?}");
    let output = output.stdout;
    let text = output.strip_suffix(b"\n").unwrap_or_default();
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Java's maps have an order of their own for the members of an object.
fn members_sorted(case: &Case, values: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let sorted = |value: &Vec<u8>| match serde_json::from_slice::<Value>(value) {
        Ok(mut json) if case.converter == JSON => {
            json.sort_all_objects();
            json.to_string().into_bytes()
        }
        _ => value.clone(),
    };
    values.iter().map(sorted).collect()
}

fn shown(values: &[Vec<u8>]) -> String {
    let texts = values.iter().map(|value| {
        let text = String::from_utf8_lossy(value);
        text.chars().take(200).collect::<String>()
    });
    format!("{:?}", texts.collect::<Vec<_>>())
}
