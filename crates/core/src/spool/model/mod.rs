//! What a spool has to do, as plain as can be: a list of records, and of each
//! whether anything has happened that may have cost it.

mod damage;
pub(super) mod disk;
mod restart;
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{AppendError, Read, Spool, SpoolOptions, SyncMode};
use crate::buffer::{Received, Rows};
use crate::frames::Kind;
use disk::{Faults, ModelDisk};

/// A record by its content, which no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    uid: u64,
    generation: u32,
    received_ms: i64,
    /// Something has happened that may have cost it.
    doubtful: bool,
    /// A flush that succeeded has covered it.
    flushed: bool,
}

fn payload(uid: u64) -> Vec<u8> {
    let mut bytes = uid.to_le_bytes().to_vec();
    let filler = usize::try_from(uid.wrapping_mul(0x9e37_79b9) % 120).expect("small");
    bytes.resize(8 + filler, u8::try_from(uid % 251).expect("a byte"));
    bytes
}

fn kind(uid: u64) -> Kind {
    if uid.is_multiple_of(2) {
        Kind::Text
    } else {
        Kind::Binary
    }
}

fn folder() -> PathBuf {
    PathBuf::from("/spool")
}

/// See the module's documentation.
#[allow(clippy::struct_excessive_bools)] // Each is a thing by itself.
struct Model {
    disk: ModelDisk,
    random: fastrand::Rng,
    options: SpoolOptions,
    spool: Option<Spool>,
    log: BTreeMap<u64, Entry>,
    /// Records of appends that failed: they may come back, or not.
    ghosts: BTreeMap<u64, Vec<Entry>>,
    uids: u64,
    generation: u32,
    now: Instant,
    now_ms: i64,
    /// Taken and not acknowledged, below the cursor.
    in_flight: Vec<(u64, u64)>,
    kafka: BTreeMap<u64, u64>,
    /// All below is delivered.
    delivered: u64,
    /// The most that it has ever been; a restart may set it back.
    delivered_ever: u64,
    /// What the host has stored of it.
    stored: u64,
    /// Damage was done: nothing but what the host says is certain.
    damaged: bool,
    reported: BTreeSet<u64>,
    /// Reported because the disk failed at that time: it may come back.
    hidden: BTreeSet<u64>,
    reads_fail: bool,
    /// What the fuse ends is the machine.
    ends_machine: bool,
    /// Nothing but the ends of processes happens in this life.
    calm: bool,
    dropped: BTreeSet<u64>,
    /// What has happened lately, for a failure's report.
    history: VecDeque<String>,
    restarts: u64,
    lost: u64,
    read: u64,
    /// Appends to a file that was another segment's.
    reused: u64,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let sync = match random.u8(..3) {
            0 => SyncMode::None,
            1 => SyncMode::Always,
            _ => SyncMode::Interval(Duration::from_secs(1)),
        };
        let max_bytes = random.u64(3_000..20_000);
        let calm = random.u8(..4) == 0;
        let options = SpoolOptions {
            dir: folder(),
            max_bytes,
            segment_bytes: random.u64(300..4_000),
            sync,
            owner: String::new(),
        };
        let mut model = Self {
            disk: ModelDisk::new(random.u64(..)),
            random,
            options,
            spool: None,
            log: BTreeMap::new(),
            ghosts: BTreeMap::new(),
            uids: 0,
            generation: 0,
            now: Instant::now(),
            now_ms: 1_000,
            in_flight: Vec::new(),
            kafka: BTreeMap::new(),
            delivered: 0,
            delivered_ever: 0,
            stored: 0,
            damaged: false,
            reported: BTreeSet::new(),
            hidden: BTreeSet::new(),
            reads_fail: false,
            ends_machine: false,
            calm,
            dropped: BTreeSet::new(),
            history: VecDeque::new(),
            restarts: 0,
            lost: 0,
            read: 0,
            reused: 0,
        };
        model.open(0);
        model
    }

    fn note(&mut self, what: impl FnOnce(&Spool) -> String) {
        if let Some(spool) = &self.spool {
            let what = what(spool);
            if self.history.len() == 40 {
                self.history.pop_front();
            }
            self.history.push_back(what);
        }
    }

    fn spool(&mut self) -> &mut Spool {
        self.spool.as_mut().expect("open")
    }

    /// What led to a failure.
    fn tell(&self) {
        for line in &self.history {
            eprintln!("{line}");
        }
    }

    /// One thing that may happen to a spool.
    fn step(&mut self) {
        self.pass_time();
        match self.random.u8(..100) {
            0..32 => self.append(),
            32..62 => self.read_some(),
            62..80 => self.acknowledge(),
            80..83 => self.rewind(),
            83..86 => self.flush(),
            86..88 => self.drop_oldest(),
            88..91 if !self.calm => self.trouble(),
            91..93 if !self.calm => self.flip(),
            93..95 => self.restart_in_order(),
            95..97 => self.crash(false),
            97..98 if !self.calm => self.crash(true),
            _ => {
                let changes = self.random.u64(..12);
                self.ends_machine = !self.calm && self.random.u8(..3) == 0;
                self.disk.set_fuse(changes, self.ends_machine);
            }
        }
        if self.disk.is_stopped() {
            self.crash(self.ends_machine);
        }
    }

    fn pass_time(&mut self) {
        let ms = self.random.u64(..60);
        self.now += Duration::from_millis(ms);
        self.now_ms += i64::try_from(ms).expect("small");
        if self.random.u8(..20) == 0 {
            self.generation += 1;
        }
    }

    fn append(&mut self) {
        let count = self.random.u64(1..7);
        let mut rows = Rows::default();
        let mut entries = Vec::new();
        for _ in 0..count {
            let uid = self.uids;
            self.uids += 1;
            rows.push_own(kind(uid), |own| own.extend_from_slice(&payload(uid)));
            entries.push(Entry {
                uid,
                generation: self.generation,
                received_ms: self.now_ms,
                doubtful: false,
                flushed: self.options.sync == SyncMode::Always,
            });
        }
        let received = Received {
            at: self.now,
            at_ms: self.now_ms,
        };
        let generation = self.generation;
        let next = self.spool().next_sequence();
        let at_last = self.random.u8(..20) == 0;
        let batch = rows.batch(&[], received);
        let (appended, limit) = if at_last {
            let reserve_bytes = self.random.u64(..2_000);
            let spool = self.spool();
            let appended = spool.append_at_last(&batch, generation, reserve_bytes);
            (appended, self.options.max_bytes + reserve_bytes)
        } else {
            let appended = self.spool().append(&batch, generation);
            (appended, self.options.max_bytes)
        };
        let result = format!("append {next}+{count}: {appended:?}");
        self.note(|_| result);
        match appended {
            Ok(appended) => {
                assert_eq!((appended.first, appended.end), (next, next + count));
                let disk_bytes = self.spool().counters().disk_bytes;
                assert!(disk_bytes <= limit, "{disk_bytes}");
                let slack_bytes = self.spool().segments.slack_bytes();
                self.reused += u64::from(slack_bytes > 0);
                self.log.extend((next..).zip(entries.iter().copied()));
                if self.spool().cursor() == next && self.random.bool() {
                    let taken = self.random.usize(..=entries.len());
                    self.take(next, &entries[..taken]);
                }
            }
            Err(AppendError::Full { .. }) => {
                if self.random.bool() {
                    self.drop_oldest();
                }
            }
            Err(AppendError::TooLarge { .. }) => panic!("a small batch"),
            Err(AppendError::NoSpace(_) | AppendError::Io(_)) => {
                for (sequence, entry) in (next..).zip(entries) {
                    self.ghosts.entry(sequence).or_default().push(entry);
                }
            }
        }
        assert!(self.spool().next_sequence() >= next);
    }

    /// The sink takes these.
    fn take(&mut self, first: u64, entries: &[Entry]) {
        let taken = (first..).zip(entries.iter().map(|entry| entry.uid));
        self.in_flight.extend(taken);
        self.spool().advance(first + entries.len() as u64);
    }

    fn read_some(&mut self) {
        for _ in 0..self.random.u8(1..4) {
            if !self.read_once() {
                break;
            }
        }
    }

    /// Reads what is at the cursor; `false` at the end.
    fn read_once(&mut self) -> bool {
        let spool = self.spool.as_mut().expect("open");
        let cursor = spool.cursor();
        let next = spool.next_sequence();
        match spool.read() {
            Ok(None) => {
                assert_eq!(cursor, next);
                false
            }
            Ok(Some(Read::Batch(read))) => {
                assert_eq!(read.first, cursor);
                let mut found = Vec::new();
                let received_ms = read.batch.received().at_ms;
                for (index, value) in read.batch.values().enumerate() {
                    let uid = u64::from_le_bytes(value[..8].try_into().expect("8 bytes"));
                    assert_eq!(value, payload(uid));
                    assert_eq!(read.batch.kind(index), kind(uid));
                    found.push((uid, read.generation));
                }
                assert!(!found.is_empty());
                let mut entries = Vec::new();
                for (sequence, (uid, generation)) in (cursor..).zip(found) {
                    let entry = self.recognised(sequence, uid);
                    assert_eq!(entry.generation, generation);
                    let apart = entry.received_ms.abs_diff(received_ms);
                    assert!(apart <= 100, "{apart} ms apart");
                    entries.push(entry);
                }
                let taken = self.random.usize(..=entries.len());
                self.read += taken as u64;
                self.take(cursor, &entries[..taken]);
                true
            }
            Ok(Some(Read::Gap { from, to, lost })) => {
                assert!(from == cursor && from < to && to <= next, "{from} {to}");
                self.gap(from, to, lost);
                self.spool().advance(to);
                true
            }
            Err(error) => {
                assert!(error.to_string().contains("test") || self.disk.is_stopped());
                false
            }
        }
    }

    /// The record with this content at this sequence is one that may be there.
    fn recognised(&mut self, sequence: u64, uid: u64) -> Entry {
        let lost = self.reported.contains(&sequence) && !self.hidden.contains(&sequence);
        assert!(!lost, "{sequence} came back");
        if let Some(entry) = self.log.get(&sequence)
            && (entry.uid == uid || !entry.doubtful)
        {
            assert_eq!(entry.uid, uid, "at {sequence}");
            return *entry;
        }
        let ghosts = self.ghosts.get(&sequence);
        let ghost = ghosts.and_then(|ghosts| ghosts.iter().find(|ghost| ghost.uid == uid));
        let ghost = *ghost.unwrap_or_else(|| panic!("nobody wrote {uid} at {sequence}"));
        let entry = Entry {
            doubtful: true,
            ..ghost
        };
        self.log.insert(sequence, entry);
        entry
    }

    fn gap(&mut self, from: u64, to: u64, lost: u64) {
        self.note(|spool| format!("gap {from}..{to} lost {lost}, {}", spool.segments));
        let reads_fail = self.reads_fail || self.disk.is_stopped();
        let mut fresh = 0;
        let mut told_before = 0;
        for sequence in from..to {
            if let Some(entry) = self.log.get(&sequence) {
                let excused = entry.doubtful || reads_fail || self.hidden.contains(&sequence);
                assert!(excused, "{sequence} of {from}..{to} is lost");
            }
            if reads_fail {
                self.hidden.insert(sequence);
            }
            if self.reported.insert(sequence) {
                fresh += 1;
                told_before += u64::from(self.dropped.contains(&sequence));
            }
        }
        // What was dropped before a restart may be known still.
        assert!(
            lost <= fresh && lost >= fresh - told_before,
            "{from}..{to}: {lost}"
        );
        self.lost += lost;
    }

    fn acknowledge(&mut self) {
        let count = self.random.usize(..=self.in_flight.len());
        for (sequence, uid) in self.in_flight.drain(..count).collect::<Vec<_>>() {
            let before = self.kafka.insert(sequence, uid);
            assert!(
                before.is_none_or(|before| before == uid),
                "{sequence} twice"
            );
            self.delivered = sequence + 1;
        }
        if self.in_flight.is_empty() {
            // Also what is missing before the cursor is done with.
            self.delivered = self.delivered.max(self.spool().cursor());
        }
        self.delivered_ever = self.delivered_ever.max(self.delivered);
        if self.random.bool() {
            self.stored = self.delivered;
        }
        let (now, delivered) = (self.now, self.delivered);
        self.spool().acknowledge(delivered, now);
        assert!(self.spool().acknowledged() >= delivered);
        self.note(|spool| format!("acknowledge {delivered}, {:?}", spool.state.last()));
        self.forget();
    }

    /// Forgets what no restart can bring back.
    fn forget(&mut self) {
        self.log = self.log.split_off(&self.stored);
        self.ghosts = self.ghosts.split_off(&self.stored);
    }

    fn rewind(&mut self) {
        let (low, high) = (self.delivered, self.spool().cursor());
        let to = self.random.u64(low..=high.max(low));
        self.spool().rewind(to);
        self.note(|spool| format!("rewind {low}..{high} to {to}, {}", spool.segments));
        self.in_flight.retain(|(sequence, _)| *sequence < to);
    }

    fn flush(&mut self) {
        if self.options.sync == SyncMode::None {
            return;
        }
        let synced = self.spool().sync().is_ok();
        self.note(|spool| format!("sync {synced}, {}", spool.segments));
        if synced {
            for entry in self.log.values_mut() {
                entry.flushed = true;
            }
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.spool().segments.oldest().map(|segment| segment.base);
        let retired = self.spool().segments.oldest_retired().is_some();
        let Ok(dropped) = self.spool().drop_oldest() else {
            return;
        };
        self.note(|spool| format!("{dropped:?} of {oldest:?}, {}", spool.segments));
        let Some(base) = oldest.filter(|_| !retired) else {
            assert_eq!(dropped.lost, 0);
            return;
        };
        for sequence in base..dropped.to {
            if let Some(entry) = self.log.get_mut(&sequence) {
                entry.doubtful = true;
            }
        }
        let mut fresh = 0;
        for sequence in dropped.from..dropped.to {
            fresh += u64::from(self.reported.insert(sequence));
        }
        // Also what is on its way, once the spool is closed.
        self.dropped.extend(base..dropped.to);
        assert!(dropped.lost <= fresh);
        self.lost += dropped.lost;
    }

    /// The disk fails, or is full, for a while.
    fn trouble(&mut self) {
        if self.random.bool() {
            let room = self.random.usize(..600);
            self.disk.set_room(Some(room));
        } else {
            self.reads_fail = self.random.u8(..4) == 0;
            self.disk.set_faults(Faults {
                reads: self.random.bool(),
                all_reads: self.reads_fail,
                writes: self.random.bool(),
                syncs: self.random.bool(),
                removals: self.random.bool(),
                ..Faults::default()
            });
        }
        for _ in 0..self.random.u8(1..8) {
            match self.random.u8(..5) {
                0 => self.append(),
                1 => self.read_some(),
                2 => self.acknowledge(),
                3 => self.flush(),
                _ => self.drop_oldest(),
            }
        }
        self.reads_fail = false;
        self.disk.set_room(None);
        self.disk.set_faults(Faults::default());
    }
}
