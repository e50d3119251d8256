//! A segment's file becomes another segment's: what it had before never comes
//! back, and is no damage.

use super::*;
use crate::spool::disk::Disk;
use crate::spool::format::{SegmentHeader, encode_header};

/// Segments of four records each.
fn options() -> SpoolOptions {
    SpoolOptions {
        segment_bytes: 520,
        ..super::options()
    }
}

/// A text of 80 bytes that no other number has.
fn value(number: u64) -> String {
    format!("{number:080}")
}

fn append_numbers(spool: &mut Spool, numbers: std::ops::Range<u64>) {
    for number in numbers {
        append(spool, &[&value(number)]).expect("appended");
    }
}

/// A spool whose first segment's file waits for the third; the second has one
/// record.
fn with_spare_file(options: &SpoolOptions) -> (ModelDisk, Spool) {
    let (disk, mut spool) = new(options);
    append_numbers(&mut spool, 0..5);
    spool.advance(4);
    spool.acknowledge(4, Instant::now());
    assert_eq!(spool.segments.spare_bytes(), 48 + 4 * 116);
    (disk, spool)
}

/// A spool whose third segment has the file of the first, and one record of its
/// own in it, the ninth.
fn with_reused_file() -> (ModelDisk, Spool) {
    let (disk, mut spool) = with_spare_file(&options());
    append_numbers(&mut spool, 5..9);
    assert!(disk.content(&segment(0)).is_none());
    let bytes = disk.content(&segment(8)).expect("a segment");
    assert_eq!(bytes.len(), 48 + 4 * 116, "the file as it was");
    (disk, spool)
}

/// The process is gone without a farewell.
fn kill(disk: &ModelDisk, spool: Spool) {
    disk.set_fuse(0, false);
    drop(spool);
    disk.process_crash();
}

#[test]
fn what_a_file_had_before_does_not_come_back_and_a_kill_leaves_no_damage() {
    let (disk, spool) = with_reused_file();
    kill(&disk, spool);
    let (mut spool, recovery) = open(&disk, &options());
    assert!(!recovery.is_damaged(), "{recovery}");
    assert_eq!(recovery.cut_bytes, 0);
    assert_eq!(disk.content(&segment(8)).expect("there").len(), 48 + 116);
    spool.delivered_to(4);
    let expected: Vec<_> = (4..9).map(value).collect();
    assert_eq!(read_all(&mut spool), expected);
    assert_eq!(spool.next_sequence(), 9);
}

#[test]
fn an_append_that_a_kill_interrupts_is_cut_off_and_counted() {
    let (disk, mut spool) = with_reused_file();
    let before = disk.content(&segment(8)).expect("there");
    append_numbers(&mut spool, 9..10);
    kill(&disk, spool);
    let torn = 48 + 116 + 50;
    disk.damage(&segment(8), |bytes| {
        bytes[torn..].copy_from_slice(&before[torn..]);
    });
    let (mut spool, recovery) = open(&disk, &options());
    assert!(
        !recovery.is_damaged() && recovery.cut_bytes > 0,
        "{recovery}"
    );
    spool.delivered_to(8);
    assert_eq!(read_all(&mut spool), [value(8)]);
}

#[test]
fn a_kill_before_or_in_the_new_header_leaves_a_file_that_goes() {
    for written in [0, 40] {
        let (disk, spool) = with_spare_file(&options());
        let before = disk.content(&segment(0)).expect("the first");
        kill(&disk, spool);
        let mut header = Vec::new();
        let fields = SegmentHeader {
            base: 5,
            ..SegmentHeader::decode(&before).expect("a header")
        };
        encode_header(&mut header, &fields);
        drop(disk.create(&segment(5)).expect("made"));
        disk.damage(&segment(5), |bytes| {
            bytes.extend_from_slice(&header[..written]);
            bytes.extend_from_slice(&before[written..]);
        });
        let (mut spool, recovery) = open(&disk, &options());
        assert!(
            !recovery.is_damaged() && recovery.cut_bytes == 0,
            "{recovery}"
        );
        assert!(disk.content(&segment(5)).is_none());
        spool.delivered_to(0);
        assert_eq!(read_all(&mut spool), [value(4)]);
    }
}

#[test]
fn a_file_with_what_is_not_delivered_is_kept_under_any_name() {
    let (disk, mut spool) = new(&options());
    append_numbers(&mut spool, 0..3);
    spool.advance(2);
    spool.acknowledge(2, Instant::now());
    drop(spool);
    disk.rename(&segment(0), &segment(7)).expect("renamed");
    let (_spool, recovery) = open(&disk, &options());
    assert_eq!(recovery.set_aside, 1, "{recovery}");
    let kept = |path: &PathBuf| path.starts_with("/spool/quarantine");
    assert!(disk.files().iter().any(kept));
}

#[test]
fn a_stop_leaves_no_more_than_there_is() {
    let (disk, spool) = with_reused_file();
    drop(spool);
    assert_eq!(disk.content(&segment(8)).expect("there").len(), 48 + 116);
}

#[test]
fn a_file_with_more_than_its_segment_is_not_used_again() {
    let (disk, mut spool) = new(&options());
    append_numbers(&mut spool, 0..2);
    disk.set_room(Some(50));
    append(&mut spool, &[&value(2)]).expect_err("a full disk");
    disk.set_room(None);
    append_numbers(&mut spool, 2..5);
    assert!(disk.content(&segment(4)).is_some());
    spool.advance(4);
    spool.acknowledge(4, Instant::now());
    assert_eq!(spool.segments.spare_bytes(), 0);
}

#[test]
fn on_a_full_disk_a_spare_file_makes_way() {
    let (disk, mut spool) = with_spare_file(&options());
    disk.set_room(Some(0));
    append_numbers(&mut spool, 5..9);
    assert_eq!(spool.segments.spare_bytes(), 0);
    append(&mut spool, &[&value(9)]).expect_err("a full disk");
    spool.rewind(4);
    let expected: Vec<_> = (4..9).map(value).collect();
    assert_eq!(read_all(&mut spool), expected);
}

#[test]
fn a_tail_that_is_all_zero_is_cut_off_and_counted() {
    let (disk, mut spool) = new(&options());
    append_numbers(&mut spool, 0..2);
    drop(spool);
    disk.damage(&segment(0), |bytes| bytes.resize(bytes.len() + 300, 0));
    let (_spool, recovery) = open(&disk, &options());
    assert_eq!(recovery.cut_bytes, 300);
}

#[test]
fn the_room_of_a_spare_file_is_room() {
    let options = SpoolOptions {
        max_bytes: 2_100,
        ..options()
    };
    let (disk, mut spool) = with_spare_file(&options);
    let mut taken = 5;
    while append(&mut spool, &[&value(taken)]).is_ok() {
        taken += 1;
        assert!(spool.counters().disk_bytes <= 2_100);
    }
    // Four segments of four, the last of them in the first one's file.
    assert_eq!(taken, 4 + 16);
    spool.rewind(4);
    assert_eq!(read_all(&mut spool).len(), 16);
    drop(disk);
}
