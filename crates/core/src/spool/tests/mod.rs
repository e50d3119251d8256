//! A spool's promises one by one; all of them together are in `model`.

mod damage;
mod machine;
mod reuse;
mod room;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::model::disk::{Faults, ModelDisk};
use super::*;
use crate::buffer::{Received, Rows};
use crate::frames::Kind;

fn options() -> SpoolOptions {
    SpoolOptions {
        dir: PathBuf::from("/spool"),
        max_bytes: 100_000,
        segment_bytes: 20_000,
        sync: SyncMode::None,
        owner: "a connector".to_owned(),
    }
}

fn open(disk: &ModelDisk, options: &SpoolOptions) -> (Spool, Recovery) {
    recovery::open(Arc::new(disk.clone()), options.clone()).expect("opens")
}

fn new(options: &SpoolOptions) -> (ModelDisk, Spool) {
    let disk = ModelDisk::new(1);
    let (mut spool, recovery) = open(&disk, options);
    assert!(recovery.created && !recovery.is_damaged());
    spool.delivered_to(0);
    (disk, spool)
}

/// Appends one batch by the connection 1.
fn append(spool: &mut Spool, values: &[&str]) -> Result<Appended, AppendError> {
    let mut rows = Rows::default();
    for value in values {
        rows.push_own(Kind::Text, |own| own.extend_from_slice(value.as_bytes()));
    }
    spool.append(&rows.batch(&[], Received::now()), 1)
}

/// What there is from the cursor on: values, or `FROM..TO lost N`.
fn read_all(spool: &mut Spool) -> Vec<String> {
    let mut out = Vec::new();
    while let Some(read) = spool.read().expect("readable") {
        let next = match read {
            Read::Batch(read) => {
                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                out.extend(read.batch.values().map(text));
                read.first + read.batch.len() as u64
            }
            Read::Gap { from, to, lost } => {
                out.push(format!("{from}..{to} lost {lost}"));
                to
            }
        };
        spool.advance(next);
    }
    out
}

fn segment(base: u64) -> PathBuf {
    segments::segment_path(Path::new("/spool"), base)
}

/// The place of a text in a file.
fn find(disk: &ModelDisk, path: &Path, text: &str) -> usize {
    let bytes = disk.content(path).expect("a file");
    let mut places = bytes.windows(text.len());
    places
        .position(|part| part == text.as_bytes())
        .expect("the text")
}

#[test]
fn a_spool_may_move_to_its_task_s_thread() {
    fn moves<T: Send>() {}
    moves::<Spool>();
}

#[test]
fn a_message_comes_back_as_what_it_was() {
    let (_disk, mut spool) = new(&options());
    let mut rows = Rows::default();
    rows.push_read(2, 3, Kind::Text);
    rows.push_own(Kind::Binary, |own| own.extend_from_slice(&[0, 0xff]));
    let received = Received {
        at: Instant::now(),
        at_ms: 1_234_567,
    };
    let batch = rows.batch(b"..abc..", received);
    spool.append(&batch, 7).expect("appended");
    let Some(Read::Batch(read)) = spool.read().expect("readable") else {
        panic!("no batch");
    };
    assert_eq!((read.first, read.generation), (0, 7));
    assert_eq!(read.batch.received().at_ms, 1_234_567);
    assert_eq!(
        (read.batch.value(0), read.batch.value(1)),
        (&b"abc"[..], &[0, 0xff][..])
    );
    assert_eq!(
        (read.batch.kind(0), read.batch.kind(1)),
        (Kind::Text, Kind::Binary)
    );
}

#[test]
fn an_append_is_one_write_in_memory_that_is_used_again() {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["first"; 10]).expect("appended");
    let memory = spool.encoded.as_ptr();
    let before = disk.writes();
    for _ in 0..20 {
        append(&mut spool, &["another"; 5]).expect("appended");
    }
    assert_eq!(disk.writes(), before + 20);
    assert_eq!(spool.encoded.as_ptr(), memory);
}

#[test]
fn what_was_handed_over_right_away_is_not_read_back_unless_it_has_to_be() {
    let (_disk, mut spool) = new(&options());
    append(&mut spool, &["a", "b", "c"]).expect("appended");
    spool.advance(2);
    assert_eq!(read_all(&mut spool), ["c"]);
    spool.acknowledge(1, Instant::now());
    // A transaction was aborted.
    spool.rewind(0);
    assert_eq!(read_all(&mut spool), ["b", "c"]);
}

#[test]
fn records_of_two_connections_or_far_apart_in_time_are_not_one_batch() {
    let (_disk, mut spool) = new(&options());
    let mut sizes = Vec::new();
    for (generation, at_ms) in [(1, 0), (1, 100), (1, 101), (2, 101)] {
        let mut rows = Rows::default();
        rows.push_own(Kind::Text, |own| own.push(b'x'));
        let received = Received {
            at_ms,
            ..Received::now()
        };
        let batch = rows.batch(&[], received);
        spool.append(&batch, generation).expect("appended");
    }
    while let Some(Read::Batch(read)) = spool.read().expect("readable") {
        sizes.push(read.batch.len());
        let next = read.first + read.batch.len() as u64;
        spool.advance(next);
    }
    assert_eq!(sizes, [2, 1, 1]);
}

#[test]
fn what_is_acknowledged_does_not_come_back_and_its_segments_go() {
    let options = SpoolOptions {
        segment_bytes: 200,
        ..options()
    };
    let (disk, mut spool) = new(&options);
    for value in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        append(&mut spool, &[value]).expect("appended");
    }
    spool.advance(8);
    spool.acknowledge(6, Instant::now());
    assert_eq!(spool.counters().messages, 2);
    drop(spool);
    assert_eq!(disk.content(&segment(0)), None);
    let (mut spool, _) = open(&disk, &options);
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["g", "h"]);
    spool.acknowledge(8, Instant::now());
    let counters = spool.counters();
    assert_eq!((counters.messages, counters.bytes), (0, 0));
}

#[test]
fn acknowledgements_are_written_at_most_every_100_ms() {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["a"; 20]).expect("appended");
    let start = Instant::now();
    spool.acknowledge(1, start);
    let before = disk.writes();
    for sequence in 2..10 {
        spool.acknowledge(sequence, start + Duration::from_millis(sequence * 10));
    }
    assert_eq!(disk.writes(), before);
    spool.tick(start + Duration::from_millis(100));
    assert_eq!(disk.writes(), before + 1);
    assert_eq!(spool.state.last().acknowledged, 9);
    spool.acknowledge(11, start + Duration::from_millis(110));
    drop(spool);
    let (spool, _) = open(&disk, &options());
    assert_eq!(spool.acknowledged(), 11, "written at the end");
}

#[test]
fn numbers_that_the_host_knows_of_are_not_used_again() {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["a", "b"]).expect("appended");
    drop(spool);
    let (mut spool, _) = open(&disk, &options());
    spool.delivered_to(5);
    spool.delivered_to(u64::MAX);
    let appended = append(&mut spool, &["f"]).expect("appended");
    assert_eq!((appended.first, appended.end), (5, 6));
    assert_eq!(read_all(&mut spool), ["f"]);
}

#[test]
fn the_numbers_go_on_when_all_segments_are_gone() {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["a", "b"]).expect("appended");
    spool.drop_oldest().expect("dropped");
    drop(spool);
    let (mut spool, _) = open(&disk, &options());
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["0..2 lost 0"], "reported before");
    assert_eq!(append(&mut spool, &["c"]).expect("appended").first, 2);
}

#[test]
fn any_record_of_a_large_segment_is_found_again() {
    let options = SpoolOptions {
        max_bytes: 40_000_000,
        segment_bytes: 4_000_000,
        ..options()
    };
    let (disk, mut spool) = new(&options);
    let value = |sequence: u64| format!("{sequence} {}", "x".repeat(3_000));
    for sequence in 0..500 {
        append(&mut spool, &[&value(sequence)]).expect("appended");
    }
    // One that is larger than what is read at a time.
    append(&mut spool, &[&"y".repeat(600_000)]).expect("appended");
    let finds = |spool: &mut Spool, sequence: u64| {
        spool.rewind(sequence);
        spool.advance(sequence);
        let Some(Read::Batch(read)) = spool.read().expect("readable") else {
            panic!("no batch at {sequence}");
        };
        assert_eq!(read.first, sequence);
        assert_eq!(read.batch.value(0), value(sequence).as_bytes());
    };
    for sequence in [499, 0, 250, 100, 101, 400, 22, 21, 498] {
        finds(&mut spool, sequence);
    }
    assert_eq!(spool.quarantine.files, 0);
    drop(spool);
    let (mut spool, _) = open(&disk, &options);
    spool.delivered_to(0);
    for sequence in [300, 7, 499] {
        finds(&mut spool, sequence);
    }
    assert_eq!(spool.quarantine.files, 0, "nothing was taken for damage");
    spool.rewind(0);
    let found = read_all(&mut spool);
    assert_eq!(found.len(), 501);
    assert_eq!(found[500].len(), 600_000);
    spool.acknowledge(250, Instant::now());
    let (messages, bytes) = (spool.counters().messages, spool.counters().bytes);
    assert_eq!(messages, 251);
    let exact = 250 * 3_040 + 600_036;
    assert!(bytes.abs_diff(exact) <= 64 * 1024 + 3_040, "{bytes}");
}
