//! What a JMX client sees: Connect's beans, and the connector's own.

use std::collections::BTreeMap;
use std::time::Instant;

use end_to_end::connect::{Api, RealWorker};
use end_to_end::kafka::Version;
use end_to_end::mbeans::Attribute;
use end_to_end::server::{Library, Script};
use end_to_end::wait;
use end_to_end::worker::Connector;

use crate::shared::standalone;

const OWN: &str = "io.conduktor.connect.websocket";
const MESSAGES: &str = "100";

/// Attributes of the connector's own bean, and the classes of their values.
const ATTRIBUTES: [(&str, &str); 13] = [
    ("Connected", "Boolean"),
    ("ConnectorName", "String"),
    ("DropRate", "Double"),
    ("LagCount", "Long"),
    ("MessagesDropped", "Long"),
    ("MessagesReceived", "Long"),
    ("MillisSinceLastMessage", "Long"),
    ("QueueCapacity", "Integer"),
    ("QueueSize", "Integer"),
    ("QueueUtilizationPercent", "Double"),
    ("RecordsProduced", "Long"),
    ("TotalReconnects", "Long"),
    ("UptimeMillis", "Long"),
];

against_each_kafka!(
    connect_s_beans_are_there_for_connector_and_task,
    the_connector_s_own_bean_is_the_reference_s_and_goes_with_it,
    the_own_bean_knows_how_long_the_connection_lasts_and_how_often_it_is_made_anew,
);

fn connect_s_beans_are_there_for_connector_and_task(version: Version) {
    const NAME: &str = "jmx-connect";
    let worker = standalone(version);
    let server = Script::new(Library::Npm).count(100).start();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, 100);

    let beans = worker.mbeans(&format!("kafka.connect:connector={NAME},*"));
    let value = |bean: &str, attribute: &str| {
        let found = beans.iter().find(|(name, _)| name.contains(bean));
        let (_, attributes) = found.unwrap_or_else(|| panic!("no {bean} of {:?}", beans.keys()));
        attributes[attribute].1.clone()
    };
    assert_eq!(value("type=connector-metrics", "status"), "running");
    assert_eq!(value("type=connector-metrics", "connector-type"), "source");
    let version = value("type=connector-metrics", "connector-version");
    assert_eq!(version, "1.0.0");
    assert_eq!(value("type=connector-task-metrics", "status"), "running");
    for count in ["source-record-poll-total", "source-record-write-total"] {
        assert_eq!(value("type=source-task-metrics", count), "100.0");
    }
    assert_eq!(
        value("type=task-error-metrics", "total-record-failures"),
        "0.0"
    );
    worker.delete(NAME);
}

fn own_beans(
    worker: &RealWorker,
    connector: &str,
) -> BTreeMap<String, BTreeMap<String, Attribute>> {
    worker.mbeans(&format!(
        "{OWN}:type=WebSocketConnector,name=\"{connector}\",*"
    ))
}

fn the_connector_s_own_bean_is_the_reference_s_and_goes_with_it(version: Version) {
    const NAME: &str = "jmx-own";
    let worker = standalone(version);
    let server = Script::new(Library::Python).count(100).start();
    let url = server.url();
    let place = url.strip_prefix("ws://").expect("a scheme");
    let secret = format!("ws://us3r-0f-a-test:p4ss-0f-a-test@{place}?key=qu3ry-0f-a-test");
    worker.create(&Connector::new(NAME, &server, NAME).set("websocket.url", &secret));
    worker.wait_for_sequence(NAME, 100);

    let mut beans = own_beans(worker, NAME);
    assert_eq!(beans.len(), 1, "{:?}", beans.keys());
    let (bean, attributes) = beans.pop_first().expect("one");
    let place = place.replace([':', '/'], "_");
    // The canonical name has its keys in order.
    let expected = format!("{OWN}:name=\"{NAME}\",type=WebSocketConnector,url=\"{place}\"");
    assert_eq!(bean, expected);
    let classes = attributes.iter();
    let classes: Vec<(&str, &str)> = classes
        .map(|(name, (class, _))| (name.as_str(), class.as_str()))
        .collect();
    assert_eq!(classes, ATTRIBUTES);
    for (attribute, value) in [
        ("ConnectorName", NAME),
        ("Connected", "true"),
        ("MessagesReceived", MESSAGES),
        ("RecordsProduced", MESSAGES),
        ("MessagesDropped", "0"),
        ("LagCount", "0"),
        ("QueueSize", "0"),
        ("QueueCapacity", "10000"),
        ("QueueUtilizationPercent", "0.0"),
        ("DropRate", "0.0"),
    ] {
        assert_eq!(attributes[attribute].1, value, "{attribute}");
    }

    let series = format!("{OWN}:type=WebSocketTask,connector=\"{NAME}\",task=0");
    let found = worker.mbeans(&series);
    let task = found
        .values()
        .next()
        .expect("the bean of the task's series");
    let received = ("Double".to_owned(), format!("{MESSAGES}.0"));
    assert_eq!(task["received_total"], received);
    assert_eq!(task["ledger_messages"].0, "TabularDataSupport");

    worker.invoke(&bean, "resetCounters");
    let attributes = &own_beans(worker, NAME)[&bean];
    for counter in ["MessagesReceived", "RecordsProduced", "MessagesDropped"] {
        assert_eq!(attributes[counter].1, "0", "{counter}");
    }
    assert_eq!(attributes["Connected"].1, "true");

    worker.delete(NAME);
    wait::until_true("the beans are gone", || {
        own_beans(worker, NAME).is_empty() && worker.mbeans(&series).is_empty()
    });
}

/// What the connector's own bean says of its connection.
#[derive(Debug)]
struct Connection {
    connected: bool,
    uptime_ms: u64,
    reconnects: u64,
}

impl Connection {
    fn of(worker: &RealWorker, connector: &str) -> Self {
        let beans = own_beans(worker, connector);
        let attributes = beans.values().next().expect("a bean");
        let number = |name: &str| attributes[name].1.parse().expect("a number");
        Self {
            connected: attributes["Connected"].1 == "true",
            uptime_ms: number("UptimeMillis"),
            reconnects: number("TotalReconnects"),
        }
    }
}

fn the_own_bean_knows_how_long_the_connection_lasts_and_how_often_it_is_made_anew(
    version: Version,
) {
    const NAME: &str = "jmx-connection";
    let worker = standalone(version);
    let mut server = Script::new(Library::Npm).count(10).start();
    let started = Instant::now();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, 10);
    let first = Connection::of(worker, NAME);
    assert!(first.connected && first.reconnects == 0, "{first:?}");
    assert_within(first.uptime_ms, started);

    server.kill();
    wait::until_true("it is not connected", || {
        !Connection::of(worker, NAME).connected
    });
    let between = Connection::of(worker, NAME);
    assert!(
        !between.connected && between.uptime_ms == 0,
        "{between:?}: it was not to connect"
    );

    let restarted = Instant::now();
    server.restart_at(10, 10);
    worker.wait_for_sequence(NAME, 20);
    let second = Connection::of(worker, NAME);
    assert!(
        second.connected && second.reconnects >= between.reconnects.max(1),
        "{second:?} after {between:?}"
    );
    // Its own, and not the first one's.
    assert_within(second.uptime_ms, restarted);
    worker.delete(NAME);
}

/// A connection that was made after `started` has lasted for some time, and no
/// longer.
fn assert_within(uptime_ms: u64, started: Instant) {
    let most = started.elapsed().as_millis();
    assert!(
        uptime_ms > 0 && u128::from(uptime_ms) <= most,
        "{uptime_ms} ms of {most}"
    );
}
