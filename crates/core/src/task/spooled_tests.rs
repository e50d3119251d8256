//! What goes to the disk, what comes back from it, and that every message is
//! in one place all the while: real spools, a sink that does as it is told.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::clock;
use crate::ledger::Ledger;
use crate::spool::{Spool, SpoolOptions, SyncMode, inspect};

/// Who knows what of a spool is delivered.
#[derive(Clone, Copy, Debug)]
enum Begin {
    /// The host: everything below this.
    Told(u64),
    Sink,
}

/// An intake with a spool in `dir`, of which everything below `delivered` is.
fn spooled(sink: &Counted, dir: &Path, pairs: &[(&str, &str)], delivered: u64) -> Intake {
    spooled_at(sink, dir, pairs, Begin::Told(delivered))
}

fn spooled_at(sink: &Counted, dir: &Path, pairs: &[(&str, &str)], begin: Begin) -> Intake {
    let base = [
        ("websocket.url", "ws://localhost/"),
        ("kafka.topic", "t"),
        ("websocket.spool.dir", "ignored"),
        ("websocket.message.max.bytes", "1000"),
        ("websocket.spool.segment.bytes", "16384"),
    ];
    let raw: BTreeMap<_, _> = base
        .iter()
        .chain(pairs)
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let config = settings::parse(&raw).config.expect("valid settings");
    let settings = config.spool.clone().expect("a spool");
    let options = SpoolOptions {
        dir: dir.to_owned(),
        max_bytes: if pairs.contains(&SMALL) {
            66_000
        } else {
            settings.max_bytes
        },
        segment_bytes: settings.segment_bytes,
        sync: SyncMode::None,
        owner: String::new(),
    };
    let (mut spool, _) = Spool::open(options).expect("a spool");
    let is_told = match begin {
        Begin::Told(delivered) => {
            spool.delivered_to(delivered);
            true
        }
        Begin::Sink => false,
    };
    let store = Store::new(spool, settings.mode, config.message_max_bytes, is_told);
    let metrics = Arc::new(TaskMetrics::default());
    Intake::new(&config, Box::new(sink.clone()), Some(store), metrics, false)
}

fn ledger(intake: &Intake) -> Ledger {
    let delivery = Arc::clone(intake.outlet.delivery());
    let ledger = intake.metrics.account.read(|| delivery.progress());
    assert_eq!(ledger.inputs(), ledger.accounted(), "{ledger:?}");
    ledger
}

const DURABLE: (&str, &str) = ("websocket.spool.mode", "durable");
const OVERFLOW: (&str, &str) = ("websocket.spool.mode", "overflow");
const BLOCK: (&str, &str) = ("websocket.buffer.overflow", "block");

/// Has everything that a connection has read decoded, whatever the sink.
async fn receive(intake: &mut Intake, letters: &str) -> u64 {
    let mut connection = read(letters).await;
    intake.decode(&mut connection);
    intake.decode_last(&mut connection);
    ledger(intake).received
}

#[tokio::test(start_paused = true)]
async fn what_a_durable_spool_has_is_delivered_in_order_once_the_sink_takes_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    sink.give_room(2);
    assert_eq!(receive(&mut intake, "abcde").await, 5);
    let before = ledger(&intake);
    assert_eq!((before.in_flight, before.spooled), (2, 3));
    assert_eq!(receive(&mut intake, "fg").await, 7);
    sink.give_room(100);
    intake.drain().expect("no refusal");
    assert_eq!(sink.taken(), "abcdefg");
    sink.delivery.acknowledge(0, 6);
    intake.acknowledge();
    let after = ledger(&intake);
    assert_eq!((after.acknowledged, after.in_flight), (6, 1));
    assert_eq!(intake.metrics.spool_messages.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_goes_on_where_the_one_before_it_was_acknowledged() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    sink.give_room(4);
    receive(&mut intake, "abcdef").await;
    sink.delivery.acknowledge(0, 3);
    let (ended, lost) = intake.close(0);
    assert_eq!((ended.acknowledged, ended.spooled, lost), (3, 3, 0));
    assert_eq!(ended.inputs(), ended.accounted());
    drop(intake);

    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 4);
    assert_eq!(ledger(&intake).replayed, 2, "the host knew of one more");
    sink.give_room(9);
    intake.drain().expect("no refusal");
    receive(&mut intake, "g").await;
    intake.drain().expect("no refusal");
    assert_eq!(sink.taken(), "efg");
}

#[tokio::test(start_paused = true)]
async fn the_last_acknowledgement_reaches_the_disk_though_nothing_comes_after_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    sink.give_room(9);
    receive(&mut intake, "abc").await;
    sink.delivery.acknowledge(0, 2);
    intake.acknowledge();
    // Too soon after the one before to be written at once.
    sink.delivery.acknowledge(2, 1);
    intake.acknowledge();
    let undelivered = || {
        let found = inspect(dir.path(), &mut |_| Ok(()));
        found.expect("a spool").undelivered
    };
    assert_eq!(undelivered(), 1);
    let due = intake.tick_at().expect("the disk does not know of it");
    tokio::time::advance(due - crate::clock::now()).await;
    intake.ticked();
    intake.drain().expect("no refusal");
    assert_eq!(undelivered(), 0);
    assert_eq!(intake.tick_at(), None, "there is nothing to look after");
}

#[tokio::test(start_paused = true)]
async fn a_steady_stream_does_not_put_off_what_an_earlier_task_has_left() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    receive(&mut intake, "abc").await;
    drop(intake);

    let sink = Counted::without_room();
    sink.give_room(9);
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    let due = intake.tick_at().expect("something is left");
    for letter in ["d", "e", "f"] {
        tokio::time::advance(Duration::from_millis(40)).await;
        receive(&mut intake, letter).await;
        assert_eq!(intake.tick_at(), Some(due));
    }
    // This is what the task does then.
    intake.ticked();
    intake.drain().expect("no refusal");
    assert_eq!(sink.taken(), "abcdef");
    assert!(intake.tick_at() > Some(due), "for the acknowledgements");
}

#[tokio::test(start_paused = true)]
async fn the_disk_takes_what_the_buffer_has_no_room_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let queue = ("websocket.message.queue.size", "3");
    let mut intake = spooled(&sink, dir.path(), &[OVERFLOW, queue], 0);
    receive(&mut intake, "abcdefgh").await;
    let full = ledger(&intake);
    assert_eq!((full.in_flight, full.spooled), (3, 5));
    sink.give_room(5);
    intake.drain().expect("no refusal");
    receive(&mut intake, "ij").await;
    let later = ledger(&intake);
    assert_eq!(
        (later.in_flight, later.spooled),
        (5, 5),
        "younger than the disk's"
    );
    sink.give_room(9);
    intake.drain().expect("no refusal");
    assert_eq!(sink.taken(), "abcdefghij");
    assert_eq!(intake.metrics.dropped_total(), 0);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_the_buffer_goes_to_a_disk_that_has_nothing_younger() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[OVERFLOW], 0);
    receive(&mut intake, "abc").await;
    let (ended, lost) = intake.close(0);
    assert_eq!((ended.spooled, lost), (3, 0));
    drop(intake);
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[OVERFLOW], 0);
    sink.give_room(9);
    intake.drain().expect("no refusal");
    assert_eq!(sink.taken(), "abc");
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_is_refused_also_if_the_spool_could_never_hold_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK, SMALL], 0);
    // 2 GiB are announced.
    let mut header = vec![0x81, 127];
    header.extend((2_u64 << 30).to_be_bytes());
    let mut connection = read_frames(header).await;
    assert!(intake.reads(&mut connection));
    let found = intake.decode(&mut connection);
    assert!(found.violation.is_some(), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_it_is_known_where_the_spool_begins_waits_in_memory() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled_at(&sink, dir.path(), &[DURABLE, BLOCK], Begin::Sink);
    let mut connection = read("ab").await;
    assert!(!intake.reads(&mut connection));
    intake.decode_last(&mut connection);
    let before = ledger(&intake);
    assert_eq!(
        (before.received, before.in_flight),
        (0, 0),
        "not on the disk"
    );
    assert_eq!(intake.waiting(), 2);
    sink.begin_at(7);
    sink.give_room(9);
    intake.drain().expect("no refusal");
    let begun = ledger(&intake);
    assert_eq!((begun.received, begun.replayed), (2, 0));
    intake.drain().expect("no refusal");
    assert_eq!((sink.taken().as_str(), sink.skipped()), ("ab", 0));
}

/// A spool for about sixty messages of 1,000 bytes.
const SMALL: (&str, &str) = ("small", "true");

/// A frame of 1,000 bytes for each letter.
async fn read_large(letters: &str) -> Connection {
    let frame = |letter: u8| {
        let mut frame = vec![0x81, 126, 0x03, 0xe8];
        frame.resize(1_004, letter);
        frame
    };
    read_frames(letters.bytes().flat_map(frame).collect()).await
}

/// A spool that has no room for all that a connection has read, of which each
/// letter is a message.
async fn full(sink: &Counted, dir: &Path) -> (Intake, Connection, String) {
    let mut intake = spooled(sink, dir, &[DURABLE, BLOCK, SMALL], 0);
    let letters: String = ('!'..='~').collect();
    let mut connection = read_large(&letters).await;
    intake.decode(&mut connection);
    advance(Duration::from_millis(51)).await;
    intake.decode(&mut connection);
    assert!(connection.has_input());
    (intake, connection, letters)
}

#[tokio::test(start_paused = true)]
async fn under_block_a_full_spool_keeps_the_socket_from_being_read_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let (mut intake, mut connection, letters) = full(&sink, dir.path()).await;
    assert!(!intake.reads(&mut connection));
    let full = ledger(&intake);
    assert!(full.spooled > 50 && full.spooled < 65, "{full:?}");
    sink.give_room(1_000);
    let mut rounds = 0;
    while connection.has_input() {
        advance(Duration::from_millis(100)).await;
        intake.drain().expect("no refusal");
        sink.delivery
            .acknowledge(ledger(&intake).acknowledged, ledger(&intake).in_flight);
        intake.acknowledge();
        intake.decode(&mut connection);
        rounds += 1;
        assert!(
            rounds < 100,
            "{:?} {:?} {:?}",
            ledger(&intake),
            intake.backlog.store().map(Store::counters),
            intake.spool_fault()
        );
    }
    intake.drain().expect("no refusal");
    let taken: String = sink.taken().chars().step_by(1_000).collect();
    assert_eq!(taken, letters);
    assert_eq!(intake.metrics.dropped_total(), 0);
}

#[tokio::test(start_paused = true)]
async fn under_block_a_full_spool_still_takes_what_a_connection_had_read_when_it_is_given_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let (mut intake, mut connection, letters) = full(&sink, dir.path()).await;
    intake.decode_last(&mut connection);
    let all = letters.len() as u64;
    let kept = ledger(&intake);
    assert_eq!((kept.received, kept.spooled), (all, all));
    let (ended, lost) = intake.close(0);
    assert_eq!((ended.spooled, lost), (all, 0));
    drop(intake);

    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK, SMALL], 0);
    assert!(
        !intake.reads(&mut read("a").await),
        "it is fuller than full"
    );
    sink.give_room(1_000);
    while intake.waiting() > 0 {
        advance(Duration::from_millis(100)).await;
        intake.drain().expect("no refusal");
    }
    let taken: String = sink.taken().chars().step_by(1_000).collect();
    assert_eq!(taken, letters);
}

#[tokio::test(start_paused = true)]
async fn what_has_no_place_at_all_is_lost_at_the_end_and_bounded_until_then() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    // What is delivered never becomes known, so nothing can be written.
    let mut intake = spooled_at(&sink, dir.path(), &[DURABLE, BLOCK], Begin::Sink);
    let letters = "x".repeat(100);
    for _ in 0..20 {
        intake.decode_last(&mut read_large(&letters).await);
    }
    assert_eq!(ledger(&intake).received, 0);
    let waiting = intake.waiting();
    assert!((1_048..1_200).contains(&waiting), "{waiting}");
    let (ended, lost) = intake.close(0);
    assert_eq!((ended.received, lost), (waiting, waiting));
    assert_eq!(ended.inputs(), ended.accounted());
}

#[tokio::test(start_paused = true)]
async fn a_full_spool_drops_its_oldest_segment_or_the_newest_message() {
    for policy in ["drop_oldest", "drop_newest"] {
        let dir = tempfile::tempdir().expect("a directory");
        let sink = Counted::without_room();
        let policy = ("websocket.buffer.overflow", policy);
        let mut intake = spooled(&sink, dir.path(), &[DURABLE, policy, SMALL], 0);
        let letters: String = ('!'..='~').collect();
        // One read of the socket each.
        for letter in letters.chars() {
            let mut connection = read_large(&letter.to_string()).await;
            intake.decode_last(&mut connection);
            ledger(&intake);
        }
        let dropped = intake.metrics.dropped(DropReason::Overflow);
        assert!(dropped > 0);
        sink.give_room(1_000);
        intake.drain().expect("no refusal");
        let taken: String = sink.taken().chars().step_by(1_000).collect();
        assert_eq!(taken.len() as u64 + dropped, letters.len() as u64);
        let oldest = policy.1 == "drop_oldest";
        let has_its_place = if oldest {
            letters.ends_with(&taken)
        } else {
            letters.starts_with(&taken)
        };
        assert!(has_its_place, "{taken}");
        assert_eq!(sink.skipped(), if oldest { dropped } else { 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_spool_is_none_any_more_when_there_is_room() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let policy = ("websocket.buffer.overflow", "drop_newest");
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, policy, SMALL], 0);
    for letter in '!'..='~' {
        let mut connection = read_large(&letter.to_string()).await;
        intake.decode_last(&mut connection);
    }
    intake.acknowledge();
    assert!(
        intake
            .spool_fault()
            .is_some_and(|fault| fault.contains("is full"))
    );
    sink.give_room(1_000);
    intake.drain().expect("no refusal");
    assert!(intake.spool_fault().is_some(), "Kafka has nothing of it");
    let waiting = ledger(&intake).in_flight;
    sink.delivery.acknowledge(0, waiting);
    advance(Duration::from_millis(100)).await;
    intake.acknowledge();
    assert_eq!(intake.spool_fault(), None);
    assert_eq!(intake.tick_at(), None, "there is nothing to look after");
}

#[tokio::test(start_paused = true)]
async fn what_a_full_disk_did_not_take_is_delivered_when_there_is_room() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK, SMALL], 0);
    // More than the reserve for what connections had read.
    let letters: String = ('!'..='~').collect::<String>().repeat(13);
    for letter in letters.chars() {
        let mut connection = read_large(&letter.to_string()).await;
        intake.decode_last(&mut connection);
    }
    assert_eq!(intake.waiting(), letters.len() as u64);
    let received = ledger(&intake).received;
    assert!(received < letters.len() as u64, "not even on the disk");
    sink.give_room(2_000);
    // The task does no more than this, and all is acknowledged at once.
    while let Some(at) = intake.tick_at() {
        advance(at.saturating_duration_since(clock::now())).await;
        intake.ticked();
        intake.drain().expect("no refusal");
        let on_their_way = intake.outlet.taken() - ledger(&intake).acknowledged;
        let first = ledger(&intake).acknowledged;
        sink.delivery.acknowledge(first, on_their_way);
        intake.acknowledge();
    }
    let taken: String = sink.taken().chars().step_by(1_000).collect();
    assert_eq!(taken, letters);
}

#[tokio::test(start_paused = true)]
async fn what_an_aborted_transaction_had_is_offered_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    sink.give_room(6);
    receive(&mut intake, "abcdef").await;
    intake.drain().expect("no refusal");
    sink.delivery.acknowledge(0, 2);
    intake.acknowledge();
    sink.abort(2);
    sink.give_room(9);
    receive(&mut intake, "g").await;
    intake.drain().expect("no refusal");
    assert_eq!(sink.taken(), "abcdefcdefg");
    let again = ledger(&intake);
    assert_eq!((again.acknowledged, again.in_flight), (2, 5));
}

#[tokio::test(start_paused = true)]
async fn what_was_skipped_is_skipped_again_after_an_aborted_transaction() {
    for taken in [0, 3] {
        let dir = tempfile::tempdir().expect("a directory");
        let sink = Counted::without_room();
        let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
        receive(&mut intake, "abc").await;
        drop(intake);
        // The disk knows of two more than the sink.
        drop(spooled(&sink, dir.path(), &[DURABLE, BLOCK], 2));
        let sink = Counted::without_room();
        let mut intake = spooled_at(&sink, dir.path(), &[DURABLE, BLOCK], Begin::Sink);
        sink.begin_at(0);
        sink.give_room(taken);
        intake.drain().expect("no refusal");
        receive(&mut intake, "de").await;
        assert_eq!(sink.skipped(), 2);
        sink.abort(0);
        sink.give_room(9);
        intake.drain().expect("no refusal");
        assert_eq!(sink.skipped(), 4, "once more");
        assert_eq!(sink.numbers(), 5, "as many as the spool's");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Receive(usize),
    Room(usize),
    Acknowledge(u64),
    Abort,
    Restart(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_usize..9).prop_map(Step::Receive),
        (1_usize..9).prop_map(Step::Room),
        (1_u64..9).prop_map(Step::Acknowledge),
        Just(Step::Abort),
        any::<bool>().prop_map(Step::Restart),
    ]
}

/// Numbered letters, in a range where every step's are told apart.
fn letters(from: usize, count: usize) -> String {
    let letter = |at: usize| char::from(b'!' + u8::try_from(at % 90).unwrap_or_default());
    (from..from + count).map(letter).collect()
}

async fn every_message_reaches_the_sink_in_order(steps: Vec<Step>) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut sink = Counted::without_room();
    let mut intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], 0);
    // Of the spool's life: what came in, what is acknowledged, what the
    // present sink's number 0 is.
    let (mut received, mut acknowledged, mut base) = (0_usize, 0_usize, 0_usize);
    for step in steps {
        match step {
            Step::Receive(count) => {
                receive(&mut intake, &letters(received, count)).await;
                received += count;
            }
            Step::Room(count) => sink.give_room(count),
            Step::Acknowledge(count) => {
                let progress = sink.delivery.progress();
                let count = count.min(progress.taken - progress.acknowledged);
                sink.delivery.acknowledge(progress.acknowledged, count);
                acknowledged += usize::try_from(count).unwrap_or_default();
            }
            Step::Abort => sink.abort(sink.delivery.progress().acknowledged),
            Step::Restart(told) => {
                let (ended, lost) = intake.close(0);
                assert_eq!((ended.spooled, lost), ((received - acknowledged) as u64, 0));
                drop(intake);
                sink = Counted::without_room();
                let stored = if told { acknowledged as u64 } else { 0 };
                intake = spooled(&sink, dir.path(), &[DURABLE, BLOCK], stored);
                base = acknowledged;
            }
        }
        intake.drain().expect("no refusal");
        ledger(&intake);
    }
    sink.give_room(received);
    intake.drain().expect("no refusal");
    assert_eq!(sink.kept(), letters(base, received - base));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_happens_a_durable_spool_delivers_all_in_order(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()?;
        runtime.block_on(every_message_reaches_the_sink_in_order(steps));
    }
}

#[path = "account_tests.rs"]
mod account;
