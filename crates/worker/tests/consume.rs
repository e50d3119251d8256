//! The console consumer against librdkafka's mock cluster.

// A test that cannot go on has to panic.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use connect_websocket::consume::{ConsumeError, ConsumeOptions, Ended, Outcome, run};
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};

type Cluster = MockCluster<'static, DefaultProducerContext>;

/// A cluster whose topic `feed` has three partitions with `messages` messages.
fn cluster(messages: usize) -> (Cluster, BTreeMap<String, String>) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("feed", 3, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &servers)
        .create()
        .unwrap();
    for index in 0..messages {
        let (key, value) = (format!("k{index}"), format!("value {index}"));
        let partition = i32::try_from(index % 3).unwrap();
        let record = BaseRecord::to("feed")
            .partition(partition)
            .key(&key)
            .payload(&value);
        producer.send(record).unwrap();
    }
    producer.flush(Duration::from_secs(60)).unwrap();
    let properties = BTreeMap::from([("bootstrap.servers".to_owned(), servers)]);
    (cluster, properties)
}

fn consume(properties: &BTreeMap<String, String>, options: &ConsumeOptions) -> (Outcome, String) {
    let mut out = Vec::new();
    let outcome = run(properties, options, &mut out, &AtomicBool::new(false));
    (outcome, String::from_utf8(out).unwrap())
}

fn from_beginning() -> ConsumeOptions {
    ConsumeOptions {
        from_beginning: true,
        connect_timeout: Duration::from_secs(60),
        ..ConsumeOptions::new("feed")
    }
}

#[test]
fn every_partition_is_read_from_the_beginning() {
    let (_cluster, properties) = cluster(300);
    let mut options = from_beginning();
    options.max_messages = Some(300);
    options.print.set("print.partition", "true").unwrap();
    options.print.set("print.key", "true").unwrap();
    let (outcome, text) = consume(&properties, &options);
    assert_eq!(outcome.messages, 300);
    assert_eq!(outcome.ended.unwrap(), Ended::MaxMessages);
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let mut expected: Vec<_> = (0..300)
        .map(|index| format!("Partition:{}\tk{index}\tvalue {index}", index % 3))
        .collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
}

#[test]
fn it_stops_at_the_number_asked_for() {
    let (_cluster, properties) = cluster(30);
    let mut options = from_beginning();
    options.max_messages = Some(4);
    let (outcome, text) = consume(&properties, &options);
    assert_eq!((outcome.messages, text.lines().count()), (4, 4));
}

#[test]
fn without_from_beginning_old_messages_are_not_shown_and_silence_ends_it() {
    let (_cluster, properties) = cluster(30);
    let options = ConsumeOptions {
        from_beginning: false,
        timeout: Some(Duration::from_millis(700)),
        ..from_beginning()
    };
    let (outcome, text) = consume(&properties, &options);
    assert_eq!(outcome.ended.unwrap(), Ended::Timeout);
    assert_eq!((outcome.messages, text.as_str()), (0, ""));
}

#[test]
fn a_missing_topic_is_named_with_the_cure() {
    let (_cluster, properties) = cluster(0);
    let options = ConsumeOptions {
        topic: "absent".to_owned(),
        ..from_beginning()
    };
    let (outcome, _) = consume(&properties, &options);
    let error = outcome.ended.unwrap_err();
    assert!(matches!(error, ConsumeError::NoTopic { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("'absent'") && text.contains("--create --topic absent"),
        "{text}"
    );
    assert!(text.contains(&properties["bootstrap.servers"]), "{text}");
}

#[test]
fn an_unreachable_cluster_is_an_error_after_the_connect_timeout() {
    // The port was free a moment ago and nothing listens on it.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let servers = format!("127.0.0.1:{port}");
    let properties = BTreeMap::from([("bootstrap.servers".to_owned(), servers.clone())]);
    let options = ConsumeOptions {
        connect_timeout: Duration::from_millis(300),
        ..from_beginning()
    };
    let error = consume(&properties, &options).0.ended.unwrap_err();
    assert!(matches!(error, ConsumeError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&servers), "{error}");
}

#[test]
fn a_wrong_client_setting_is_named() {
    let (_cluster, mut properties) = cluster(0);
    properties.insert("fetch.wait.max".to_owned(), "1".to_owned());
    let error = consume(&properties, &from_beginning()).0.ended.unwrap_err();
    assert!(error.to_string().contains("fetch.wait.max"), "{error}");
}

struct Closed(io::ErrorKind);

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_went_away_is_no_error_but_a_full_disk_is() {
    let (_cluster, properties) = cluster(3);
    let options = from_beginning();
    let stop = AtomicBool::new(false);
    let outcome = run(
        &properties,
        &options,
        &mut Closed(io::ErrorKind::BrokenPipe),
        &stop,
    );
    assert_eq!(outcome.ended.unwrap(), Ended::OutputClosed);
    let outcome = run(
        &properties,
        &options,
        &mut Closed(io::ErrorKind::StorageFull),
        &stop,
    );
    assert!(matches!(outcome.ended, Err(ConsumeError::Output(_))));
}

#[test]
fn the_stop_flag_ends_it() {
    let (_cluster, properties) = cluster(3);
    let outcome = run(
        &properties,
        &from_beginning(),
        &mut Vec::new(),
        &AtomicBool::new(true),
    );
    assert_eq!(outcome.ended.unwrap(), Ended::Interrupted);
}
