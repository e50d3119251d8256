//! Bounds, full disks and disks that fail.

use super::*;

#[test]
fn a_full_spool_takes_nothing_until_there_is_room() {
    let options = SpoolOptions {
        max_bytes: 400,
        ..options()
    };
    let (disk, mut spool) = new(&options);
    let mut taken = 0;
    while append(&mut spool, &["0123456789"]).is_ok() {
        taken += 1;
    }
    assert!(!spool.has_room(1, 10));
    let refused = append(&mut spool, &["0123456789"]);
    assert!(
        matches!(refused, Err(AppendError::Full { .. })),
        "{refused:?}"
    );
    let refused = append(&mut spool, &[&"x".repeat(400)]);
    assert!(
        matches!(refused, Err(AppendError::TooLarge { .. })),
        "{refused:?}"
    );
    assert!(spool.counters().disk_bytes <= 400);
    assert_eq!(read_all(&mut spool).len(), taken);
    spool.acknowledge(taken as u64, Instant::now());
    assert!(spool.has_room(1, 10));
    append(&mut spool, &["0123456789"]).expect("room, since all is delivered");
    drop(disk);
}

#[test]
fn making_room_tells_what_was_not_read() {
    let options = SpoolOptions {
        segment_bytes: 150,
        ..options()
    };
    let (_disk, mut spool) = new(&options);
    for value in ["a", "b", "c", "d", "e"] {
        append(&mut spool, &[value]).expect("appended");
    }
    spool.advance(1);
    let dropped = spool.drop_oldest().expect("dropped");
    assert_eq!((dropped.from, dropped.to, dropped.lost), (1, 2, 1));
    assert_eq!(read_all(&mut spool), ["c", "d", "e"]);
    // What was on its way has to come again, and is not there.
    spool.rewind(0);
    assert_eq!(read_all(&mut spool), ["0..2 lost 1", "c", "d", "e"]);
    spool.rewind(0);
    assert_eq!(read_all(&mut spool), ["0..2 lost 0", "c", "d", "e"]);
}

#[test]
fn a_full_disk_leaves_nothing_of_an_append_and_the_next_may_succeed() {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["a"]).expect("appended");
    disk.set_room(Some(50));
    let refused = append(&mut spool, &["b", "b", "b"]);
    assert!(
        matches!(refused, Err(AppendError::NoSpace(_))),
        "{refused:?}"
    );
    assert_eq!(read_all(&mut spool), ["a"]);
    disk.set_room(None);
    let appended = append(&mut spool, &["c"]).expect("appended");
    assert_eq!(appended.first, 1);
    drop(spool);
    let (mut spool, recovery) = open(&disk, &options());
    spool.delivered_to(0);
    assert_eq!(recovery.cut_bytes, 0);
    assert_eq!(read_all(&mut spool), ["a", "c"]);
}

/// A spool with `a` and `c`, and between them what an append has left that was
/// written in part and could not be taken back.
fn with_leftovers() -> (ModelDisk, Spool) {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["a"]).expect("appended");
    disk.set_room(Some(50));
    disk.set_truncates(false);
    append(&mut spool, &["b", "b", "b"]).expect_err("no room");
    disk.set_room(None);
    append(&mut spool, &["c"]).expect("appended");
    (disk, spool)
}

#[test]
fn what_a_failed_append_leaves_is_not_read_after_a_restart_either() {
    let (disk, mut spool) = with_leftovers();
    assert_eq!(read_all(&mut spool), ["a", "c"]);
    drop(spool);
    let (mut spool, _) = open(&disk, &options());
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["a", "c"]);
}

#[test]
fn what_a_failed_append_leaves_does_not_come_back_in_place_of_a_damaged_segment() {
    let (disk, spool) = with_leftovers();
    disk.set_truncates(true);
    drop(spool);
    let (mut spool, _) = open(&disk, &options());
    append(&mut spool, &["d"]).expect("appended");
    drop(spool);
    disk.damage(&segment(1), |bytes| bytes.fill(7));
    let (mut spool, recovery) = open(&disk, &options());
    assert_eq!(recovery.set_aside, 1);
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["a", "1..2 lost 1", "d"]);
    drop(spool);
    let (mut spool, _) = open(&disk, &options());
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["a", "1..2 lost 0", "d"]);
}

#[test]
fn a_segment_that_cannot_be_read_is_a_gap_after_the_third_time() {
    let (disk, mut spool) = new(&options());
    append(&mut spool, &["a", "b"]).expect("appended");
    disk.set_faults(Faults {
        all_reads: true,
        ..Faults::default()
    });
    for _ in 0..2 {
        let error = spool.read().map(|_| ()).expect_err("unreadable");
        assert!(error.to_string().starts_with("The spool cannot be read"));
    }
    assert_eq!(read_all(&mut spool), ["0..2 lost 2"]);
    assert_eq!(spool.counters().corrupt_records, 2);
    assert_eq!(spool.counters().errors, 3);
}

#[test]
fn with_a_flush_before_an_append_returns_a_machine_may_stop_at_any_time() {
    let options = SpoolOptions {
        sync: SyncMode::Always,
        ..options()
    };
    let (disk, mut spool) = new(&options);
    append(&mut spool, &["a"]).expect("appended");
    append(&mut spool, &["b"]).expect("appended");
    disk.set_fuse(0, true);
    drop(spool);
    disk.machine_crash();
    let (mut spool, _) = open(&disk, &options);
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["a", "b"]);
}

#[test]
fn a_flush_that_fails_is_shown_and_begins_a_new_segment() {
    let options = SpoolOptions {
        sync: SyncMode::Interval(Duration::from_secs(1)),
        ..options()
    };
    let (disk, mut spool) = new(&options);
    append(&mut spool, &["a"]).expect("appended");
    disk.set_syncs(false);
    spool.sync().expect_err("a flush fails");
    disk.set_syncs(true);
    let shown = spool.flush_fault().expect("an error");
    assert!(shown.starts_with("The spool cannot be flushed"), "{shown}");
    assert!(spool.counters().errors > 0);
    append(&mut spool, &["b"]).expect("appended");
    assert!(disk.content(&segment(1)).is_some());
    spool.sync().expect("flushed");
    assert_eq!(spool.flush_fault(), None);
}

#[test]
fn a_disk_that_is_never_flushed_costs_neither_files_nor_descriptors() {
    let interval = SyncMode::Interval(Duration::from_secs(1));
    for sync in [interval, SyncMode::Always] {
        let options = SpoolOptions { sync, ..options() };
        let (disk, mut spool) = new(&options);
        append(&mut spool, &["first"]).expect("appended");
        disk.set_syncs(false);
        let mut taken = vec!["first".to_owned()];
        for number in 0..300 {
            let value = number.to_string();
            if append(&mut spool, &[&value]).is_ok() {
                taken.push(value);
            }
            // The thread does so.
            let _ = spool.flusher.flush();
        }
        let files = disk.files();
        assert!(files.len() <= 5, "{sync:?}: {files:?}");
        assert!(disk.open_files() <= 4, "{sync:?}: {}", disk.open_files());
        disk.set_syncs(true);
        spool.sync().expect("flushed");
        append(&mut spool, &["last"]).expect("appended");
        taken.push("last".to_owned());
        assert_eq!(read_all(&mut spool), taken);
        disk.set_syncs(false);
        let _ = spool.sync();
        let _ = append(&mut spool, &["x"]);
        assert!(disk.files().len() <= 6, "{sync:?}: {:?}", disk.files());
    }
}

#[test]
fn a_segment_that_could_not_be_flushed_is_flushed_later() {
    let options = SpoolOptions {
        sync: SyncMode::Interval(Duration::from_secs(1)),
        ..options()
    };
    let (disk, mut spool) = new(&options);
    append(&mut spool, &["a"]).expect("appended");
    disk.set_syncs(false);
    spool.sync().expect_err("a flush fails");
    append(&mut spool, &["b"]).expect("appended");
    spool.sync().expect_err("it fails for both");
    disk.set_syncs(true);
    spool.sync().expect("flushed");
    disk.set_fuse(0, true);
    drop(spool);
    disk.machine_crash();
    let (mut spool, _) = open(&disk, &options);
    spool.delivered_to(0);
    assert_eq!(read_all(&mut spool), ["a", "b"]);
}

#[test]
fn an_append_whose_flush_fails_is_none() {
    let options = SpoolOptions {
        sync: SyncMode::Always,
        ..options()
    };
    let (disk, mut spool) = new(&options);
    append(&mut spool, &["a"]).expect("appended");
    disk.set_syncs(false);
    let refused = append(&mut spool, &["b"]);
    assert!(matches!(refused, Err(AppendError::Io(_))), "{refused:?}");
    disk.set_syncs(true);
    append(&mut spool, &["c"]).expect("appended");
    assert_eq!(read_all(&mut spool), ["a", "c"]);
}

#[test]
fn a_state_that_is_on_the_disk_is_not_written_over_before_another_is() {
    let options = SpoolOptions {
        sync: SyncMode::Interval(Duration::from_secs(1)),
        ..options()
    };
    for seed in 0..64 {
        let disk = ModelDisk::new(seed);
        let (mut spool, _) = open(&disk, &options);
        append(&mut spool, &["a"; 20]).expect("appended");
        let mut now = Instant::now();
        for acknowledged in 1..20 {
            now += Duration::from_millis(100);
            if acknowledged == 19 {
                disk.set_fuse(0, false);
            }
            spool.acknowledge(acknowledged, now);
            if acknowledged == 9 {
                spool.flusher.flush().expect("flushed");
            }
        }
        drop(spool);
        disk.machine_crash();
        let (spool, _) = open(&disk, &options);
        let acknowledged = spool.acknowledged();
        assert!(acknowledged >= 9, "{acknowledged} with the seed {seed}");
    }
}

#[test]
fn a_state_that_had_no_room_at_first_has_its_whole_length_when_there_is_some() {
    let disk = ModelDisk::new(1);
    disk.set_room(Some(100));
    let (mut spool, recovery) = open(&disk, &options());
    assert!(recovery.errors > 0);
    disk.set_room(None);
    append(&mut spool, &["a"]).expect("appended");
    spool.acknowledge(1, Instant::now());
    let state = disk.content(Path::new("/spool/state")).expect("a file");
    assert_eq!(state.len(), format::STATE_BYTES);
    // A full disk takes the next ones.
    disk.set_room(Some(0));
    for _ in 0..5 {
        spool.write_state().expect("written");
    }
}

/// A write may have failed for the last of its bytes, or for none.
#[test]
fn a_state_that_could_not_be_written_does_not_count_for_newer_than_the_next() {
    let options = SpoolOptions {
        sync: SyncMode::Interval(Duration::from_secs(1)),
        ..options()
    };
    for seed in 0..500 {
        let disk = ModelDisk::new(seed);
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut spool, _) = open(&disk, &options);
        append(&mut spool, &["a"; 20]).expect("appended");
        let mut now = Instant::now();
        for acknowledged in 1..20 {
            now += Duration::from_millis(100);
            disk.set_faults(Faults {
                writes: random.bool(),
                ..Faults::default()
            });
            spool.acknowledge(acknowledged, now);
            disk.set_faults(Faults::default());
            if random.bool() {
                spool.flusher.flush().expect("flushed");
            }
        }
        let written = spool.state.last().acknowledged;
        disk.set_fuse(0, false);
        drop(spool);
        disk.process_crash();
        let (spool, _) = open(&disk, &options);
        let acknowledged = spool.acknowledged();
        assert!(acknowledged >= written, "{acknowledged}, seed {seed}");
    }
}
