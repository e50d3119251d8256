//! `consume`: what Kafka's console consumer prints, without a JVM.

use end_to_end::command;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};

/// What `consume` prints of a topic, record by record.
fn consume(kafka: &Kafka, topic: &str, flags: &[&str]) -> Vec<String> {
    let servers = kafka.bootstrap();
    let common = ["consume", "--bootstrap-server", &servers, "--topic", topic];
    let out = command::run(&[&common[..], &["--timeout-ms", "30000"], flags].concat());
    out.succeeded().lines().map(str::to_owned).collect()
}

/// A topic with so many records, each with a key and a header.
fn fill(kafka: &Kafka, topic: &str, records: u64) {
    let server = Script::new(Library::Python).count(records).start();
    let connector = Connector::new("numbers", &server, topic).with_keys_and_headers();
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("numbers", records);
}

#[test]
fn every_flag_prints_what_java_s_console_consumer_prints() {
    const RECORDS: u64 = 200;
    let kafka = Kafka::shared(Version::V4_1);
    fill(kafka, "consumed", RECORDS);
    // In the order in which they are printed.
    let flags = ["timestamp", "partition", "offset", "headers", "key"];
    let properties = flags.map(|flag| format!("print.{flag}=true"));
    let properties = properties.each_ref().map(String::as_str);
    let java = kafka.read_all_with("consumed", &properties);
    assert_eq!(java.len() as u64, RECORDS);
    let columns: Vec<Vec<&str>> = java.iter().map(|line| line.split('\t').collect()).collect();

    let count = RECORDS.to_string();
    let whole = ["--from-beginning", "--max-messages", &count];
    for (column, flag) in flags.iter().enumerate() {
        let flag = format!("--print-{flag}");
        let ours = consume(kafka, "consumed", &[&whole[..], &[&flag]].concat());
        let expected = columns
            .iter()
            .map(|parts| [parts[column], parts[5]].join("\t"));
        assert_eq!(ours, expected.collect::<Vec<_>>(), "{flag}");
    }
    let flags = flags.map(|flag| format!("--print-{flag}"));
    let flags = flags.each_ref().map(String::as_str);
    assert_eq!(
        consume(kafka, "consumed", &[&whole[..], &flags].concat()),
        java
    );
    let plain = consume(kafka, "consumed", &whole);
    let values: Vec<&str> = columns.iter().map(|parts| parts[5]).collect();
    assert_eq!(plain, values);

    let properties = [
        "print.key=true",
        "print.value=false",
        "print.offset=true",
        "key.separator= | ",
    ];
    let properties = properties.map(|property| ["--property", property]).concat();
    let ours = consume(kafka, "consumed", &[&whole[..], &properties].concat());
    let expected = columns.iter().map(|parts| [parts[2], parts[4]].join(" | "));
    assert_eq!(ours, expected.collect::<Vec<_>>());

    let first = consume(
        kafka,
        "consumed",
        &["--from-beginning", "--max-messages", "7"],
    );
    assert_eq!(first, values[..7]);
}

#[test]
fn without_from_beginning_only_what_is_new_is_printed() {
    let kafka = Kafka::shared(Version::V3_9);
    let mut server = Script::new(Library::Npm).count(100).start();
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "consumed-new"))
        .start();
    worker.wait_for_acknowledged("numbers", 100);
    let servers = kafka.bootstrap();
    let common = ["consume", "--bootstrap-server", &servers];
    let topic = ["--topic", "consumed-new", "--max-messages", "50"];
    let more = ["--timeout-ms", "60000", "--log-level", "debug"];
    let consume = command::start(&[&common[..], &topic, &more].concat());
    consume.wait_for_error("At the end of partition 0");
    assert_eq!(consume.out(), "", "what is old is not printed");
    server.restart_at(100, 50);
    let ended = consume.end();
    let expected = (100..150).map(|number| format!("{{\"seq\":{number},\"pad\":\"\"}}\n"));
    assert_eq!((ended.code, ended.out), (0, expected.collect()));
    assert!(
        ended.errors.contains("Processed a total of 50 messages"),
        "{}",
        ended.errors
    );
}

#[test]
fn an_interrupt_ends_it_with_what_it_has_read() {
    let kafka = Kafka::shared(Version::V3_9);
    let server = Script::new(Library::Npm).count(100).start();
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "consumed-live"))
        .start();
    worker.wait_for_acknowledged("numbers", 100);
    let servers = kafka.bootstrap();
    let running = command::start(&[
        "consume",
        "--bootstrap-server",
        &servers,
        "--topic",
        "consumed-live",
        "--from-beginning",
    ]);
    end_to_end::wait::until_true("all is printed", || running.out().lines().count() == 100);
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, 130, "{ended:?}");
    assert!(
        ended.errors.contains("Processed a total of 100 messages"),
        "{ended:?}"
    );
}

#[test]
fn a_topic_that_is_not_there_is_told() {
    let kafka = Kafka::shared(Version::V3_9);
    let servers = kafka.bootstrap();
    let topic = ["--topic", "never-made", "--from-beginning"];
    let ended = command::run(&[&["consume", "--bootstrap-server", &servers][..], &topic].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.errors.contains("topic 'never-made' does not exist"),
        "{ended:?}"
    );
}
