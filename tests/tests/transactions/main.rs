//! Records and their offset in one transaction, on real Kafka: what a reader
//! sees of committed records is each once, in order, whatever happens to the
//! task or to the broker.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

#[macro_use]
extern crate end_to_end;

mod read;
mod task;

use std::time::{Duration, Instant};

use connect_websocket::offsets::SourceOffset;
use connect_websocket::producer::Boundary;
use end_to_end::kafka::{Extras, Kafka, Version};
use end_to_end::process::{Process, command};
use end_to_end::wait;
use read::{committed, end, stable_end, stored};
use task::{OFFSETS, Pools, Task, offsets, on_disk, options, partition};

against_each_kafka!(
    records_are_seen_when_they_are_committed_and_not_before,
    a_trickle_is_committed_without_more_records,
    processes_that_are_killed_repeat_no_record_and_lose_none,
    the_first_of_two_owners_is_fenced_and_fails,
    an_owner_that_was_away_for_long_disturbs_no_other,
    an_owner_that_was_away_for_long_disturbs_no_other_that_has_another_disk,
    a_broker_that_is_restarted_costs_nothing,
    a_transaction_that_the_broker_has_ended_is_written_again,
    offsets_can_be_changed_and_taken_away_between_two_starts,
);

/// The numbers below `end` as records.
fn numbers(end: u64) -> Vec<String> {
    (0..end).map(|number| number.to_string()).collect()
}

/// A process that writes numbers until it is ended.
fn writer(kafka: &Kafka, name: &str, session: &str, more: &[&str]) -> (tempfile::TempDir, Process) {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/TEST
    let folder = test.parent().unwrap().parent().unwrap();
    let program = folder.join("examples/numbers_in_transactions");
    assert!(
        program.exists(),
        "{} is missing: cargo build -p end-to-end --examples",
        program.display()
    );
    let mut command = command(program);
    command
        .args([&kafka.bootstrap(), name, name, session])
        .args(more);
    let folder = tempfile::tempdir().unwrap();
    let process = Process::spawn("the writer", &mut command, &folder.path().join("log"));
    (folder, process)
}

fn records_are_seen_when_they_are_committed_and_not_before(version: Version) {
    let kafka = Kafka::shared(version);
    let pools = Pools::default();
    let mut options = options(&pools, &kafka.bootstrap(), "seen", "s", &[]);
    options.boundary = Boundary::interval(Duration::from_secs(25));
    let mut task = Task::start(&pools, options, "seen").unwrap();
    task.write_to(500, false).unwrap();
    wait::until_true("they are in Kafka", || end(kafka, "seen") == 500);
    assert_eq!(committed(kafka, "seen"), [""; 0]);
    assert_eq!(stored(kafka, "seen"), Some(0), "what the start has written");
    task.sink.flush(Duration::ZERO);
    task.write_to(500, true).unwrap();
    assert_eq!(committed(kafka, "seen"), numbers(500));
    assert_eq!(stored(kafka, "seen"), Some(500));
    let described = kafka.describe_topic(OFFSETS);
    assert!(described.contains("cleanup.policy=compact"), "{described}");
}

fn a_trickle_is_committed_without_more_records(version: Version) {
    let kafka = Kafka::shared(version);
    let pools = Pools::default();
    let options = options(&pools, &kafka.bootstrap(), "trickle", "s", &[]);
    let mut task = Task::start(&pools, options, "trickle").unwrap();
    for count in 1..=3 {
        task.write_to(count, true).unwrap();
        assert_eq!(committed(kafka, "trickle"), numbers(count));
    }
}

fn processes_that_are_killed_repeat_no_record_and_lose_none(version: Version) {
    let kafka = Kafka::shared(version);
    for round in 0..4 {
        let before = end(kafka, "killed");
        let (_folder, mut process) = writer(kafka, "killed", &format!("s{round}"), &[]);
        // Somewhere in the middle of a transaction, nearly always.
        wait::until_true("it writes", || {
            assert!(process.ended().is_none(), "{}", process.output());
            end(kafka, "killed") > before + 3_000 * (round + 1)
        });
        process.kill();
    }
    let pools = Pools::default();
    let options = options(&pools, &kafka.bootstrap(), "killed", "last", &[]);
    let mut task = Task::start(&pools, options, "killed").unwrap();
    assert_eq!(committed(kafka, "killed").len() as u64, task.base);
    task.write_to(1_000, true).unwrap();
    assert_eq!(stored(kafka, "killed"), Some(task.base + 1_000));
    assert_eq!(committed(kafka, "killed"), numbers(task.base + 1_000));
}

fn the_first_of_two_owners_is_fenced_and_fails(version: Version) {
    let kafka = Kafka::shared(version);
    let start = |session| {
        let pools = Pools::default();
        let options = options(&pools, &kafka.bootstrap(), "owners", session, &[]);
        (Task::start(&pools, options, "owners").unwrap(), pools)
    };
    let (mut first, _pools) = start("first");
    first.write_to(100, true).unwrap();
    let (mut second, _more_pools) = start("second");
    assert_eq!(second.base, 100);
    let error = first.write_to(200, true).unwrap_err();
    assert!(error.contains("There is a newer producer"), "{error}");
    second.write_to(100, true).unwrap();
    assert_eq!(committed(kafka, "owners"), numbers(200));
}

fn an_owner_that_was_away_for_long_disturbs_no_other(version: Version) {
    let kafka = Kafka::shared(version);
    let (_folder, mut process) = writer(kafka, "away", "old", &["transaction.timeout.ms=1000"]);
    wait::until_true("it writes", || end(kafka, "away") > 1_000);
    process.signal("STOP");
    let stopped = Instant::now();
    let pools = Pools::default();
    let options = options(&pools, &kafka.bootstrap(), "away", "new", &[]);
    let mut task = Task::start(&pools, options, "away").unwrap();
    wait::until_true("its transaction is one that may end for its age", || {
        stopped.elapsed() > Duration::from_secs(1)
    });
    process.signal("CONT");
    assert_eq!(process.exit_code(), 1);
    let output = process.output();
    assert!(output.contains("There is a newer producer"), "{output}");
    task.write_to(1_000, true).unwrap();
    assert_eq!(committed(kafka, "away"), numbers(task.base + 1_000));
}

/// Has a writer stand still in the middle of a transaction.
fn stop_in_a_transaction(kafka: &Kafka, topic: &str, process: &Process) {
    wait::until_true("it stands still in a transaction", || {
        process.signal("STOP");
        let is_open = stable_end(kafka, topic) < end(kafka, topic);
        if !is_open {
            process.signal("CONT");
        }
        is_open
    });
}

fn an_owner_that_was_away_for_long_disturbs_no_other_that_has_another_disk(version: Version) {
    let kafka = Kafka::shared(version);
    let of_old = ["transaction.timeout.ms=1000", "spool=old"];
    let (_folder, mut process) = writer(kafka, "disks", "old", &of_old);
    wait::until_true("it writes", || end(kafka, "disks") > 1_000);
    stop_in_a_transaction(kafka, "disks", &process);
    let stopped = Instant::now();
    let pools = Pools::default();
    let mut options = options(&pools, &kafka.bootstrap(), "disks", "new", &[]);
    options.partition = on_disk("disks", "new");
    let mut task = Task::start(&pools, options, "disks").unwrap();
    assert_eq!(task.base, 0, "another disk has other offsets");
    task.write_to(100, true).unwrap();
    wait::until_true("its transaction is one that may end for its age", || {
        stopped.elapsed() > Duration::from_secs(1)
    });
    let before = committed(kafka, "disks").len();
    process.signal("CONT");
    assert_eq!(process.exit_code(), 1);
    let output = process.output();
    assert!(output.contains("There is a newer producer"), "{output}");
    task.write_to(1_000, true).unwrap();
    assert_eq!(committed(kafka, "disks").len(), before + 900);
}

/// A broker that looks for transactions that are too old five times a second.
fn own_broker(version: Version) -> Kafka {
    let settings = "transaction.abort.timed.out.transaction.cleanup.interval.ms=200\n";
    let extras = Extras {
        settings: settings.to_owned(),
        ..Extras::default()
    };
    Kafka::start_with(version, &extras)
}

fn a_broker_that_is_restarted_costs_nothing(version: Version) {
    let kafka = own_broker(version);
    let pools = Pools::default();
    let options = options(&pools, &kafka.bootstrap(), "restart", "s", &[]);
    let mut task = Task::start(&pools, options, "restart").unwrap();
    task.write_to(5_000, true).unwrap();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut task = task;
            task.write_to(40_000, true).unwrap();
        });
        kafka.stop();
        kafka.start_again();
        writing.join().unwrap();
    });
    assert_eq!(committed(&kafka, "restart"), numbers(40_000));
    assert_eq!(stored(&kafka, "restart"), Some(40_000));
}

fn a_transaction_that_the_broker_has_ended_is_written_again(version: Version) {
    let kafka = own_broker(version);
    let short = ["transaction.timeout.ms=1000"];
    let (_folder, mut process) = writer(&kafka, "ended", "s", &short);
    wait::until_true("it writes", || end(&kafka, "ended") > 1_000);
    stop_in_a_transaction(&kafka, "ended", &process);
    // Of another group, and so no other owner.
    let pools = Pools::default();
    let mut of_others = options(&pools, &kafka.bootstrap(), "ended", "others", &[]);
    of_others.transactional_id = "others-ended-0".to_owned();
    of_others.partition = on_disk("ended", "others");
    let mut others = Task::start(&pools, of_others, "of-others").unwrap();
    others.write_to(10, true).unwrap();
    wait::until_true("the broker has ended its transaction", || {
        stable_end(&kafka, "ended") == end(&kafka, "ended")
    });
    let before = committed(&kafka, "ended").len();
    process.signal("CONT");
    wait::until_true("it goes on", || {
        assert!(process.ended().is_none(), "{}", process.output());
        committed(&kafka, "ended").len() > before + 1_000
    });
    process.kill();
    let options = options(&pools, &kafka.bootstrap(), "ended", "last", &[]);
    let mut task = Task::start(&pools, options, "ended").unwrap();
    task.write_to(100, true).unwrap();
    assert_eq!(committed(&kafka, "ended"), numbers(task.base + 100));
    assert_eq!(stored(&kafka, "ended"), Some(task.base + 100));
}

fn offsets_can_be_changed_and_taken_away_between_two_starts(version: Version) {
    let kafka = Kafka::shared(version);
    let start = || {
        let pools = Pools::default();
        let options = options(&pools, &kafka.bootstrap(), "changed", "s", &[]);
        (Task::start(&pools, options, "changed").unwrap(), pools)
    };
    let (mut task, pools) = start();
    task.write_to(10, true).unwrap();
    drop((task, pools));
    let topic = offsets(&kafka.bootstrap());
    let alter = |offset| {
        let one = connect_websocket::offsets::PartitionOffset {
            partition: partition("changed"),
            offset,
        };
        topic
            .alter("changed", "tests-changed-0", &[one], wait::LIMIT)
            .unwrap();
    };
    let offset = SourceOffset {
        session_id: "x".to_owned(),
        sequence: 77,
    };
    alter(offset.to_json());
    let (task, pools) = start();
    assert_eq!(task.base, 77);
    drop((task, pools));
    alter(serde_json::Value::Null);
    assert_eq!(stored(kafka, "changed"), None);
    assert_eq!(start().0.base, 0);
}
