//! The spool's disk is full, which is the overflow policy's to deal with.

use std::time::Instant;

use end_to_end::guarantee::Guarantee;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::{Ledger, Watch};
use end_to_end::sequence::{assert_complete, numbers};
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait;
use end_to_end::worker::{Connector, Worker};
use tempfile::TempDir;

use super::stage::{Figures, SMALL_MEMORY, Size, spooling};
use super::{ONCE, SHORT};

#[test]
fn with_exactly_once_a_full_disk_holds_back_and_repeats_nothing() {
    full_disk(&ONCE);
}

#[test]
fn a_full_disk_holds_back_or_drops_by_the_policy_and_nothing_else_is_missing() {
    full_disk(&SHORT);
}

#[test]
fn a_worker_that_is_stopped_with_a_full_spool_loses_nothing_of_what_it_had_read() {
    const POLICY: &str = "block";
    let size = Size {
        messages: 20_000,
        ..SHORT
    };
    let kafka = Kafka::start(Version::V4_1);
    kafka.stop();
    let part = Part::new(POLICY, &size);
    let connector = part.connector(size.guarantee);
    let connector = connector
        .set("websocket.message.max.bytes", "100000")
        .set("websocket.spool.max.bytes", "4194304");
    let start = |connector: &Connector| {
        let worker = Worker::builder(&kafka).set("task.shutdown.graceful.timeout.ms", "500");
        worker.connector(connector.clone()).start()
    };
    let mut worker = start(&connector);
    worker.wait_for_session(POLICY, "a full spool", |session| {
        session["spool"]["bytes"].as_u64() > Some(4_000_000)
    });
    assert_eq!(worker.terminate(), 143);
    let left = Ledger::at_the_end(&worker, POLICY);
    assert_eq!(left.spooled, left.received, "{left:?}");
    assert!(left.received < size.messages, "{left:?}");
    part.server.kill();
    kafka.start_again();
    let mut worker = start(&connector);
    worker.wait_for_acknowledged(POLICY, left.received);
    assert_eq!(worker.terminate(), 143);
    let records = size.guarantee.read(&kafka, &part.topic());
    assert_complete(&records, 0..left.received);
}

/// One connector for each policy, named by it.
const POLICIES: [&str; 3] = ["block", "drop_oldest", "drop_newest"];
const DISK_BYTES: u64 = 1 << 20;
const PADDING_BYTES: u64 = 1_000;

struct Part {
    policy: &'static str,
    server: Server,
    folder: TempDir,
}

impl Part {
    fn new(policy: &'static str, size: &Size) -> Self {
        let feed = Script::new(Library::Npm).count(size.messages);
        let feed = match size.guarantee {
            Guarantee::AtLeastOnce => feed,
            // So that there is something left when Kafka is stopped.
            Guarantee::ExactlyOnce => feed.rate(size.rate),
        };
        Self {
            policy,
            server: feed.padding_bytes(PADDING_BYTES).start(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn topic(&self) -> String {
        format!("full-disk-{}", self.policy)
    }

    fn connector(&self, guarantee: Guarantee) -> Connector {
        let connector = guarantee.of(spooling(
            self.policy,
            &self.server,
            &self.topic(),
            self.folder.path(),
        ));
        // The disk ends long before what the spool may take of it.
        let connector = connector
            .set("websocket.buffer.overflow", self.policy)
            .set("websocket.spool.segment.bytes", "65536");
        SMALL_MEMORY
            .iter()
            .fold(connector, |connector, (key, value)| {
                connector.set(key, value)
            })
    }
}

pub(super) fn full_disk(size: &Size) -> Figures {
    let begun = Instant::now();
    let kafka = Kafka::start(Version::V4_1);
    let once = size.guarantee == Guarantee::ExactlyOnce;
    // What drops is not delivered exactly once.
    let policies = if once { &POLICIES[..1] } else { &POLICIES };
    if !once {
        kafka.stop();
    }
    let parts: Vec<_> = policies
        .iter()
        .map(|policy| Part::new(policy, size))
        .collect();
    let mut worker = Worker::builder(&kafka);
    for part in &parts {
        worker = worker
            .small_disk(part.folder.path(), DISK_BYTES)
            .connector(part.connector(size.guarantee));
    }
    let mut worker = worker.start();
    let watches: Vec<_> = policies
        .iter()
        .map(|policy| Watch::begin(worker.port(), policy))
        .collect();
    if once {
        // Nothing is read before Kafka has said where the task begins.
        worker.wait_for_acknowledged(policies[0], 1);
        kafka.stop();
    }
    for part in &parts {
        wait_for_fault(&worker, part.policy);
    }
    let until = |policy: &str, what: &str, wanted: &dyn Fn(&Ledger) -> bool| {
        let port = worker.port();
        let found = wait::try_until(&format!("{policy}: {what}"), size.limit, || {
            let ledger = Ledger::of(port, policy)?.unwrap_or_else(|error| panic!("{error}"));
            wanted(&ledger).then_some(ledger)
        });
        found.unwrap_or_else(|error| panic!("{error}: {:?}", Ledger::of(port, policy)))
    };
    for policy in &policies[1..] {
        until(policy, "all is received", &|ledger| {
            ledger.received == size.messages
        });
    }
    kafka.start_again();
    for policy in policies {
        until(policy, "all is delivered", &|ledger| {
            ledger.received == size.messages && ledger.waiting() == 0
        });
        let session =
            worker.wait_for_session(policy, "no fault", |s| s["spool"]["fault"].is_null());
        assert_eq!(session["session"], "live", "{session}");
        if *policy == "block" {
            worker.wait_for_line("Spool usable again");
        }
    }
    assert_eq!(worker.terminate(), 143);
    let mut messages = 0;
    for (part, watch) in parts.iter().zip(watches) {
        let seen = watch.end();
        let ledger = Ledger::at_the_end(&worker, part.policy);
        assert!(seen.count > 0 && seen.last.received <= ledger.received);
        messages += compare(&kafka, part, &ledger, size);
    }
    Figures::new(messages, 0, begun)
}

/// Waits until the disk is full; that is to be seen.
fn wait_for_fault(worker: &Worker, policy: &str) {
    let session = worker.wait_for_session(policy, "a full disk", |session| {
        session["spool"]["errors"].as_u64() > Some(0)
    });
    if policy == "block" {
        let fault = session["spool"]["fault"].as_str().unwrap_or_default();
        assert!(fault.contains("disk is full"), "{session}");
        worker.wait_for_line("Spool unusable, trying again: The spool's disk is full");
        let errors = worker.metric("kafka_connect_websocket_spool_errors_total", policy);
        assert!(errors > Some(0.0), "{errors:?}");
    }
    assert_eq!(worker.states(policy).1, "RUNNING");
}

/// How many messages are in the topic: all but those that were dropped.
fn compare(kafka: &Kafka, part: &Part, ledger: &Ledger, size: &Size) -> u64 {
    let messages = size.messages;
    let records = size.guarantee.read(kafka, &part.topic());
    let dropped = ledger.dropped("overflow");
    assert_eq!(ledger.received, messages);
    assert_eq!(ledger.acknowledged, records.len() as u64);
    assert_eq!(records.len() as u64 + dropped, messages, "{ledger:?}");
    assert_eq!(ledger.dropped.values().sum::<u64>(), dropped, "{ledger:?}");
    let numbers = numbers(&records);
    assert!(
        numbers.is_sorted_by(|before, number| before < number),
        "{}",
        part.policy
    );
    let newest = numbers.last() == Some(&(messages - 1));
    match part.policy {
        "block" => assert_complete(&records, 0..messages),
        "drop_oldest" => assert!(newest && dropped > 0, "{ledger:?}"),
        _ => assert!(!newest && numbers[0] == 0 && dropped > 0, "{ledger:?}"),
    }
    messages - dropped
}
