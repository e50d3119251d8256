//! On this machine's own file system.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;

fn real(dir: &Path) -> SpoolOptions {
    SpoolOptions {
        dir: dir.join("spools").join("trades-0"),
        ..options()
    }
}

#[test]
fn folders_and_files_are_their_owner_s_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = real(folder.path());
    let (mut spool, _) = Spool::open(options.clone()).expect("opens");
    spool.delivered_to(0);
    append(&mut spool, &["a"]).expect("appended");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&options.dir), 0o700);
    let files = fs::read_dir(&options.dir).expect("readable");
    let mut names = Vec::new();
    for file in files {
        let file = file.expect("a file");
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
        names.push(file.file_name().into_string().expect("UTF-8"));
    }
    names.sort();
    assert_eq!(names, ["00000000000000000000.spool", "lock", "state"]);
}

#[test]
fn a_spool_has_one_owner_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = real(folder.path());
    let (mut spool, _) = Spool::open(options.clone()).expect("opens");
    spool.delivered_to(0);
    append(&mut spool, &["a", "b"]).expect("appended");
    assert_eq!(spool_owner(&options.dir).as_deref(), Some("a connector"));
    for (owner, of) in [("a connector", ", of the connector a connector"), ("", "")] {
        fs::write(options.dir.join("lock"), owner).expect("written");
        let refused = Spool::open(options.clone()).expect_err("it has an owner");
        let told = format!(
            "The spool {} is in use by another task{of}",
            options.dir.display()
        );
        assert_eq!(refused.to_string(), told);
    }
    drop(spool);
    assert_eq!(spool_owner(&options.dir), None);
    assert_eq!(spool_owner(folder.path()), None, "there is no spool");
    let (mut spool, recovery) = Spool::open(options).expect("free again");
    assert_eq!(recovery.segments, 1);
    assert_eq!(read_all(&mut spool), ["a", "b"]);
}

#[test]
fn a_look_changes_nothing_and_needs_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = real(folder.path());
    let (mut spool, _) = Spool::open(options.clone()).expect("opens");
    spool.delivered_to(0);
    append(&mut spool, &["a", "b", "c"]).expect("appended");
    spool.acknowledge(1, Instant::now());
    // A write that is under way.
    let path = segments::segment_path(&options.dir, 0);
    let mut bytes = fs::read(&path).expect("readable");
    bytes.extend_from_slice(&format::MARKER);
    fs::write(&path, &bytes).expect("written");
    let mut seen = Vec::new();
    let mut note = |message: &Message<'_>| {
        seen.push((
            message.sequence,
            message.acknowledged,
            message.payload.to_vec(),
        ));
        Ok(())
    };
    let found = inspect(&options.dir, &mut note).expect("readable");
    assert_eq!(
        seen,
        [
            (0, true, b"a".to_vec()),
            (1, false, b"b".to_vec()),
            (2, false, b"c".to_vec())
        ]
    );
    assert_eq!((found.owned, found.undelivered), (true, 2));
    assert_eq!(
        (found.id, found.damage.as_slice()),
        (Some(spool.id()), &[][..])
    );
    assert_eq!(fs::read(&path).expect("readable"), bytes);
    drop(spool);
    let found = inspect(&options.dir, &mut |_| Ok(())).expect("readable");
    assert!(!found.owned);
    assert_eq!(found.damage.len(), 1, "nobody writes any more: {found:?}");
}

/// A spool with segments that are longer than what is read at a time.
fn with_long_segments(dir: &Path) -> (SpoolOptions, Spool) {
    let options = SpoolOptions {
        segment_bytes: 1 << 20,
        max_bytes: 8 << 20,
        ..real(dir)
    };
    let (mut spool, _) = Spool::open(options.clone()).expect("opens");
    spool.delivered_to(0);
    (options, spool)
}

#[test]
fn a_look_at_a_spool_that_is_used_finds_no_damage_and_no_hole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (options, mut spool) = with_long_segments(folder.path());
    append(&mut spool, &["x"]).expect("appended");
    let writer = std::thread::spawn(move || {
        let (value, mut now) = ("x".repeat(300), Instant::now());
        for _ in 0..20_000 {
            let appended = append(&mut spool, &[value.as_str(); 5]).expect("appended");
            spool.advance(appended.end);
            now += Duration::from_millis(100);
            spool.acknowledge(appended.end.saturating_sub(100), now);
        }
        spool
    });
    let mut looks = 0;
    while !writer.is_finished() {
        let mut last = None;
        let mut next = |message: &Message<'_>| {
            // A hole that is no damage was delivered.
            assert!(last < Some(message.sequence), "{last:?}");
            last = Some(message.sequence);
            // As long as somebody takes who reads them.
            std::thread::yield_now();
            Ok(())
        };
        let found = inspect(&options.dir, &mut next).expect("readable");
        assert!(found.owned && found.damage.is_empty(), "{found:?}");
        looks += 1;
    }
    drop(writer.join().expect("no panic"));
    assert!(looks > 0);
}

#[test]
fn what_is_written_over_while_it_is_looked_at_is_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let (options, mut spool) = with_long_segments(folder.path());
    let value = "x".repeat(1_000);
    let add = |spool: &mut Spool| append(spool, &[&value]).expect("appended").first;
    while spool.segments.len() < 2 {
        add(&mut spool);
    }
    let second = spool.next_sequence() - 1;
    spool.advance(second);
    spool.acknowledge(second, Instant::now());
    while spool.segments.len() < 2 {
        add(&mut spool);
    }
    assert!(spool.segments.slack_bytes() > 0, "the file of the first");
    let newest = spool.next_sequence() - 1;
    let mut seen = Vec::new();
    let mut each = |message: &Message<'_>| {
        seen.push(message.sequence);
        // What was read of the file at a time goes on behind this record with
        // what was there before, and more than that is written over now.
        if message.sequence == newest {
            for _ in 0..400 {
                add(&mut spool);
            }
        }
        Ok(())
    };
    let found = inspect(&options.dir, &mut each).expect("readable");
    assert!(found.damage.is_empty(), "{:?}", found.damage);
    let expected: Vec<_> = (second..=newest + 400).collect();
    assert_eq!(seen, expected);
}

/// Says when it is flushed, and waits until there is room to say so.
#[derive(Debug)]
struct Told(SyncSender<String>);

impl DiskFile for Told {
    fn read_at(&self, _: &mut [u8], _: u64) -> std::io::Result<usize> {
        Ok(0)
    }
    fn write_at(&self, bytes: &[u8], _: u64) -> std::io::Result<usize> {
        Ok(bytes.len())
    }
    fn sync(&self) -> std::io::Result<()> {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let _ = self.0.send(name);
        Ok(())
    }
    fn truncate(&self, _: u64) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_thread_flushes_what_was_appended_and_once_more_at_the_end() {
    let (flusher, told) = served("/spool", 2);
    let limit = Duration::from_secs(60);
    assert_eq!(told.recv_timeout(limit).as_deref(), Ok("spool-sync"));
    flusher.appended();
    flusher.close();
    assert_eq!(told.recv_timeout(limit).as_deref(), Ok("spool-sync"));
}

/// One in a folder that has something to flush, and is told of so many flushes
/// before it hangs.
fn served(folder: &str, room: usize) -> (Arc<Flusher>, Receiver<String>) {
    let (tells, told) = sync_channel(room);
    let disk: Arc<dyn Disk> = Arc::new(ModelDisk::new(1));
    let flusher = Arc::new(Flusher::new(disk, PathBuf::from(folder)));
    flusher.begin(segment(0), Arc::new(Told(tells)));
    flusher.appended();
    syncing::serve(&flusher, Duration::from_millis(1));
    (flusher, told)
}

#[test]
fn a_disk_that_does_not_answer_holds_up_no_other() {
    let limit = Duration::from_secs(60);
    let (hung, never) = served("/proc", 0);
    // Its thread is in that flush by the time that it comes to the others.
    for _ in 0..3 {
        let (other, told) = served("/", 1);
        assert_eq!(told.recv_timeout(limit).as_deref(), Ok("spool-sync"));
        other.close();
    }
    assert_eq!(hung.settled(), 0);
    drop(never);
    hung.close();
}
