//! What a spool makes of files that are not as it left them.

use super::*;

fn filled(segment_bytes: u64) -> (ModelDisk, SpoolOptions) {
    let options = SpoolOptions {
        segment_bytes,
        ..options()
    };
    let (disk, mut spool) = new(&options);
    for value in ["first", "second", "third", "fourth"] {
        append(&mut spool, &[value]).expect("appended");
    }
    drop(spool);
    (disk, options)
}

fn reopened(disk: &ModelDisk, options: &SpoolOptions) -> (Spool, Recovery) {
    let (mut spool, recovery) = open(disk, options);
    spool.delivered_to(0);
    (spool, recovery)
}

fn flip(disk: &ModelDisk, base: u64, text: &str) {
    let at = find(disk, &segment(base), text);
    disk.damage(&segment(base), |bytes| bytes[at] ^= 1);
}

fn quarantined(disk: &ModelDisk) -> Vec<String> {
    let files = disk.files().into_iter();
    let inside = files.filter(|path| path.parent() == Some(Path::new("/spool/quarantine")));
    inside
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect()
}

#[test]
fn a_damaged_record_between_others_is_a_gap_and_its_bytes_are_kept() {
    let (disk, options) = filled(20_000);
    flip(&disk, 0, "second");
    let (mut spool, recovery) = reopened(&disk, &options);
    assert_eq!(recovery.damaged_bytes, 36 + 6);
    assert!(recovery.is_damaged());
    assert_eq!(
        read_all(&mut spool),
        ["first", "1..2 lost 1", "third", "fourth"]
    );
    assert_eq!(spool.counters().corrupt_records, 1);
    spool.rewind(0);
    assert_eq!(read_all(&mut spool)[1], "1..2 lost 0", "counted once");
    let kept = PathBuf::from("/spool/quarantine/00000000000000000000.spool-89.bytes");
    let kept = disk.content(&kept).expect("kept");
    assert!(kept.ends_with(b"recond"), "{kept:?}");
    assert_eq!(quarantined(&disk).len(), 1);
}

#[test]
fn a_torn_end_is_cut_off_and_counted() {
    let (disk, options) = filled(20_000);
    disk.damage(&segment(0), |bytes| bytes.truncate(bytes.len() - 1));
    let (mut spool, recovery) = reopened(&disk, &options);
    assert_eq!(recovery.cut_bytes, 36 + 5);
    assert!(!recovery.is_damaged(), "as a crash leaves it");
    let found = read_all(&mut spool);
    assert_eq!(found, ["first", "second", "third", "3..4 lost 1"]);
    let (_, recovery) = {
        drop(spool);
        reopened(&disk, &options)
    };
    assert_eq!(recovery.cut_bytes, 0, "once");
}

#[test]
fn a_segment_that_is_gone_is_a_gap() {
    let (disk, options) = filled(100);
    let gone: &dyn Disk = &disk;
    gone.remove(&segment(1)).expect("removed");
    let (mut spool, _) = reopened(&disk, &options);
    assert_eq!(
        read_all(&mut spool),
        ["first", "1..2 lost 1", "third", "fourth"]
    );
}

#[test]
fn a_damaged_header_costs_no_record() {
    let (disk, options) = filled(100);
    for base in [1, 3] {
        disk.damage(&segment(base), |bytes| bytes[20] ^= 1);
    }
    let (mut spool, recovery) = reopened(&disk, &options);
    assert_eq!(recovery.repaired_headers, 2);
    assert_eq!(read_all(&mut spool), ["first", "second", "third", "fourth"]);
    drop(spool);
    let (_, recovery) = reopened(&disk, &options);
    assert_eq!(recovery.repaired_headers, 0);
    assert_eq!(quarantined(&disk).len(), 2);
}

#[test]
fn what_is_not_this_spool_s_is_set_aside_and_other_files_are_left_alone() {
    let (disk, options) = filled(100);
    // Another spool's, one of a newer version, and no segment at all.
    disk.damage(&segment(1), |bytes| {
        bytes[12] ^= 1;
        let crc = crc32c::crc32c(&bytes[..44]);
        bytes[44..48].copy_from_slice(&crc.to_le_bytes());
    });
    disk.damage(&segment(2), |bytes| {
        bytes[8] = 9;
        let crc = crc32c::crc32c(&bytes[..44]);
        bytes[44..48].copy_from_slice(&crc.to_le_bytes());
    });
    let notes = Path::new("/spool/notes.txt");
    let (files, text): (&dyn Disk, _) = (&disk, b"mine");
    let file = files.create(notes).expect("made");
    disk::write_all(file.as_ref(), text, 0).expect("written");
    let (mut spool, recovery) = reopened(&disk, &options);
    assert_eq!(recovery.set_aside, 2);
    assert_eq!(read_all(&mut spool), ["first", "1..3 lost 2", "fourth"]);
    let names = ["00000000000000000001.spool", "00000000000000000002.spool"];
    assert_eq!(quarantined(&disk), names);
    assert_eq!(disk.content(notes).as_deref(), Some(&text[..]));
}

#[test]
fn one_damaged_slot_of_the_state_costs_the_newest_acknowledgement_only() {
    let (disk, options) = filled(20_000);
    let (mut spool, _) = reopened(&disk, &options);
    let id = spool.id();
    let now = Instant::now();
    spool.acknowledge(1, now);
    spool.acknowledge(3, now + Duration::from_millis(100));
    let newest = spool.state.last().counter;
    drop(spool);
    let state = PathBuf::from("/spool/state");
    let offset = usize::try_from(format::SLOT_OFFSETS[format::slot_of(newest)]);
    let at = offset.expect("small") + 33;
    disk.damage(&state, |bytes| bytes[at] ^= 1);
    let (mut spool, recovery) = reopened(&disk, &options);
    assert!(!recovery.state_damaged);
    assert_eq!(spool.id(), id);
    assert_eq!(read_all(&mut spool), ["second", "third", "fourth"]);
}

#[test]
fn without_a_state_the_id_is_that_of_the_segments_and_else_a_new_one() {
    let (disk, options) = filled(20_000);
    let (spool, _) = open(&disk, &options);
    let id = spool.id();
    drop(spool);
    let state = PathBuf::from("/spool/state");
    disk.damage(&state, |bytes| bytes.fill(0xee));
    let (spool, recovery) = open(&disk, &options);
    assert!(recovery.state_damaged && !recovery.created);
    assert_eq!(spool.id(), id);
    drop(spool);
    disk.damage(&state, |bytes| bytes.fill(0xee));
    let gone: &dyn Disk = &disk;
    gone.remove(&segment(0)).expect("removed");
    let (spool, recovery) = open(&disk, &options);
    assert!(recovery.created);
    assert_ne!(spool.id(), id);
    assert_eq!(spool.id().get_version_num(), 4);
}

#[test]
fn a_state_that_could_not_be_read_once_does_not_count_later() {
    let (disk, mut spool) = new(&options());
    // The counter of its slots is far ahead.
    for _ in 0..8 {
        spool.delivered_to(0);
    }
    drop(spool);
    disk.set_faults(Faults {
        all_reads: true,
        ..Faults::default()
    });
    let (mut spool, recovery) = open(&disk, &options());
    assert!(recovery.state_damaged && recovery.created);
    disk.set_faults(Faults::default());
    spool.delivered_to(0);
    append(&mut spool, &["a"]).expect("appended");
    let id = spool.id();
    disk.set_fuse(0, false);
    append(&mut spool, &["b"]).expect_err("the end of the process");
    drop(spool);
    disk.process_crash();
    let (mut spool, recovery) = reopened(&disk, &options());
    assert_eq!((spool.id(), recovery.set_aside), (id, 0));
    assert_eq!(read_all(&mut spool)[0], "a");
}

#[test]
fn the_quarantine_has_a_bound_and_the_oldest_make_way() {
    let disk = ModelDisk::new(1);
    let files: &dyn Disk = &disk;
    let source = files.create(Path::new("/spool/x")).expect("made");
    disk::write_all(source.as_ref(), &[7; 100], 0).expect("written");
    let mut quarantine =
        quarantine::Quarantine::new(Arc::new(disk.clone()), Path::new("/spool"), 100);
    for name in ["1", "2", "3"] {
        quarantine.keep_bytes(name, source.as_ref(), 0..40);
    }
    assert_eq!(quarantined(&disk), ["2", "3"]);
    quarantine.keep_bytes("4", source.as_ref(), 0..101);
    assert_eq!(quarantined(&disk), ["2", "3"], "too large by itself");
    quarantine.keep_bytes("3", source.as_ref(), 0..40);
    assert_eq!((quarantine.files, quarantine.errors), (3, 0), "kept once");
}

#[test]
fn a_search_through_what_only_looks_like_records_ends() {
    let (disk, options) = filled(20_000);
    // Headers of records that reach to the end, one every 36 bytes.
    disk.damage(&segment(0), |bytes| {
        bytes.truncate(48);
        for left in (0..20_000_u32).rev() {
            let mut header = [0; 36];
            header[..4].copy_from_slice(&format::MARKER);
            header[8..12].copy_from_slice(&(left * 36).to_le_bytes());
            header[32] = 1;
            bytes.extend_from_slice(&header);
        }
    });
    let (mut spool, recovery) = reopened(&disk, &options);
    assert_eq!(recovery.segments, 0);
    assert_eq!(read_all(&mut spool), ["0..4 lost 4"]);
}
