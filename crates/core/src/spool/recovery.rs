//! Opening a spool in whatever state it is.
//!
//! Invariants: no damage keeps a spool from being opened, and what it costs
//! is told; files that are not a spool's are left alone; only the newest
//! segment is read, and one behind which another was set aside, the others are
//! checked when their turn comes; new records go to a new segment always, so
//! that nothing is written over.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::account;
use super::disk::{Disk, DiskFile, persistently, read_full, write_all};
use super::format::{
    RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader, Slot, Unreadable, encode_header,
};
use super::missing::Missing;
use super::owner::LOCK;
use super::quarantine::Quarantine;
use super::read::Reader;
use super::scan::{Found, Place, Window, is_delivered, is_left_over, next_record};
use super::segments::{MAX_SEQUENCE, Segment, Segments, segment_base, segment_name, segment_path};
use super::state::{Kept, StateFile, read_state};
use super::syncing::Flusher;
use super::{Spool, SpoolError, SpoolOptions, SyncMode};
use crate::random;

/// What the quarantine holds at the least.
const MIN_QUARANTINE_BYTES: u64 = 64 << 20;

/// What opening a spool has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The spool's id was made now: there was none, or none was readable.
    pub created: bool,
    /// `state` was there and could not be read: some records may be delivered
    /// once more.
    pub state_damaged: bool,
    /// Segments that are there.
    pub segments: u64,
    /// Bytes cut off behind the last whole record: an append that a crash
    /// interrupted, or damage there.
    pub cut_bytes: u64,
    /// Damaged bytes between whole records of the newest segment, or of one
    /// behind which another was set aside. The records are told as a gap when
    /// they are read.
    pub damaged_bytes: u64,
    /// Segments whose header was damaged and was made anew.
    pub repaired_headers: u64,
    /// Files moved to the quarantine, or removed because they held nothing.
    pub set_aside: u64,
    /// What the system refused meanwhile.
    pub errors: u64,
}

impl Recovery {
    /// Whether there was damage that no crash of a process explains.
    pub fn is_damaged(&self) -> bool {
        self.state_damaged
            || self.damaged_bytes > 0
            || self.repaired_headers > 0
            || self.set_aside > 0
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "state damaged: {}, bytes that are no record: {}, cut off at the end: {}, \
             headers made anew: {}, files set aside: {}, errors: {}",
            if self.state_damaged { "yes" } else { "no" },
            self.damaged_bytes,
            self.cut_bytes,
            self.repaired_headers,
            self.set_aside,
            self.errors
        )
    }
}

/// Opens the spool on this disk.
pub(super) fn open(
    disk: Arc<dyn Disk>,
    mut options: SpoolOptions,
) -> Result<(Spool, Recovery), SpoolError> {
    let dir = options.dir.clone();
    let refused = |what: &str| {
        let what = format!("The spool {}: {what}", dir.display());
        move |error| SpoolError::io(what, error)
    };
    disk.create_folder(&dir)
        .map_err(refused("its folder cannot be made"))?;
    let lock = disk
        .try_lock(&dir.join(LOCK), &options.owner)
        .map_err(refused("its lock cannot be taken"))?
        .map_err(|by| SpoolError::Owned {
            dir: dir.clone(),
            by,
        })?;
    options.segment_bytes = options.segment_bytes.min(options.max_bytes / 4);
    let files = disk
        .list(&dir)
        .map_err(refused("its folder cannot be read"))?;
    let (kept, on_disk) = kept_state(disk.as_ref(), &dir);
    let anew = !matches!(kept, Kept::Slot(slot) if is_plausible(&slot));
    let max_bytes = options.max_bytes.max(MIN_QUARANTINE_BYTES);
    let mut opening = Opening {
        quarantine: Quarantine::new(Arc::clone(&disk), &dir, max_bytes),
        disk,
        dir: &dir,
        recovery: Recovery::default(),
        next: 0,
    };
    let headers = opening.headers(files);
    let slot = opening.slot(kept, &headers);
    let segments = opening.segments(&headers, &slot);
    let Opening {
        disk,
        quarantine,
        mut recovery,
        next,
        ..
    } = opening;
    recovery.segments = segments.len() as u64;
    let flusher = Flusher::new(Arc::clone(&disk), dir.clone());
    if on_disk && !anew {
        flusher.settle((&slot).into());
    }
    let next = next.max(slot.acknowledged).max(slot.next);
    let missing = known_missing(disk.as_ref(), &dir, &slot, next);
    let mut spool = Spool {
        id: slot.id,
        next,
        acknowledged: slot.acknowledged,
        dropped: (slot.dropped_from, slot.dropped_to),
        reader: Reader::new(slot.acknowledged),
        state: StateFile::new(Arc::clone(&disk), &dir, slot, anew),
        flusher: Arc::new(flusher),
        encoded: Vec::new(),
        active: None,
        untidy: false,
        corrupt_records: 0,
        _lock: lock,
        disk,
        options,
        segments,
        missing,
        quarantine,
    };
    spool.begin(&mut recovery);
    Ok((spool, recovery))
}

impl Spool {
    /// Has the id, and what recovery has changed, on the disk.
    fn begin(&mut self, recovery: &mut Recovery) {
        self.flusher.folder_changed();
        // What fails here and below is counted, and tried again.
        let _ = self.write_state();
        let _ = self.flusher.flush();
        if self.options.sync != SyncMode::None {
            let dir = &self.options.dir;
            let bases = self.segments.bases();
            self.flusher
                .found(bases.map(|base| segment_path(dir, base)));
        }
        if self.options.sync == SyncMode::Always {
            let _ = self.flusher.flush();
        }
        self.retire();
        recovery.errors += self.flusher.errors() + self.quarantine.errors;
    }
}

/// What was told as lost below `next`.
fn known_missing(disk: &dyn Disk, dir: &Path, slot: &Slot, next: u64) -> Missing {
    let mut missing = Missing::default();
    missing.report(slot.dropped_from, slot.dropped_to);
    for range in account::remembered(disk, dir, slot.id) {
        // A number that was lost with the end of the spool is given again.
        missing.report(range.start, range.end.min(next));
    }
    missing.forget_below(slot.acknowledged);
    missing
}

/// The state, and whether it is on the disk whatever happens.
fn kept_state(disk: &dyn Disk, dir: &Path) -> (Kept, bool) {
    match persistently(|| disk.open(&dir.join("state"))) {
        Ok(file) => {
            let on_disk = file.sync().is_ok();
            let kept = read_state(file.as_ref()).unwrap_or(Kept::Damaged);
            (kept, on_disk)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Kept::Nothing, false),
        Err(_) => (Kept::Damaged, false),
    }
}

fn is_plausible(slot: &Slot) -> bool {
    slot.acknowledged.max(slot.next) < MAX_SEQUENCE
}

/// A segment's file, and what its header says.
struct Candidate {
    base: u64,
    bytes: u64,
    /// Without it, it cannot be opened at present.
    file: Option<Arc<dyn DiskFile>>,
    header: Result<SegmentHeader, Unreadable>,
}

impl Candidate {
    /// Whether its header is sound and not that of a segment whose file it was
    /// before.
    fn has_its_header(&self) -> bool {
        self.header.is_ok_and(|header| header.base == self.base)
    }
}

struct Opening<'a> {
    disk: Arc<dyn Disk>,
    dir: &'a Path,
    quarantine: Quarantine,
    recovery: Recovery,
    /// No record with a lower sequence than this may be new.
    next: u64,
}

impl Opening<'_> {
    fn headers(&mut self, files: Vec<(String, u64)>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (name, bytes) in files {
            let Some(base) = segment_base(&name) else {
                continue;
            };
            let path = self.dir.join(&name);
            let opened = persistently(|| self.disk.open(&path)).and_then(|file| {
                let mut header = [0; SEGMENT_HEADER_BYTES];
                let read = persistently(|| read_full(file.as_ref(), &mut header, 0))?;
                Ok((file, SegmentHeader::decode(&header[..read])))
            });
            let (file, header) = match opened {
                Ok((file, header)) => (Some(file), header),
                Err(_) => (None, Err(Unreadable::Damaged)),
            };
            candidates.push(Candidate {
                base,
                bytes,
                file,
                header,
            });
        }
        candidates.sort_by_key(|candidate| candidate.base);
        candidates
    }

    /// What is to hold of the state; the newest segment knows the id as well.
    fn slot(&mut self, kept: Kept, candidates: &[Candidate]) -> Slot {
        let mut slot = Slot {
            id: Uuid::nil(),
            acknowledged: 0,
            next: 0,
            dropped_from: 0,
            dropped_to: 0,
            counter: 0,
        };
        match kept {
            Kept::Slot(slot) if is_plausible(&slot) => return slot,
            Kept::Nothing => {}
            Kept::Newer(version) => {
                self.recovery.state_damaged = true;
                let name = format!("{:020}-state-version-{version}", 0);
                self.set_aside(&self.dir.join("state"), &name, 0);
            }
            Kept::Slot(_) | Kept::Damaged => self.recovery.state_damaged = true,
        }
        let readable = candidates
            .iter()
            .rev()
            .find_map(|candidate| candidate.header.ok());
        slot.id = readable.map_or_else(new_id, |header| header.id);
        self.recovery.created = readable.is_none();
        slot
    }

    fn segments(&mut self, candidates: &[Candidate], slot: &Slot) -> Segments {
        let id = slot.id;
        let mut usable: Vec<&Candidate> = Vec::new();
        for candidate in candidates {
            let ours = match candidate.header {
                Ok(header) => header.id == id && header.base <= candidate.base,
                Err(Unreadable::Newer(_)) => false,
                Err(Unreadable::Damaged) => true,
            };
            if ours && candidate.base < MAX_SEQUENCE {
                usable.push(candidate);
            } else {
                let name = segment_name(candidate.base);
                self.set_aside(&self.dir.join(&name), &name, candidate.bytes);
            }
        }
        let mut before = MAX_SEQUENCE;
        let mut found = Vec::new();
        // The numbers behind the next segment to look at are no file's: what
        // an append that failed may have left there is not to come back.
        let mut last = true;
        // From the newest: one without a record does not tell where records
        // end.
        for candidate in usable.into_iter().rev() {
            let damaged = !candidate.has_its_header();
            let segment = match &candidate.file {
                None => Some(self.unread(candidate, before)),
                Some(file) if last || damaged => self.scan(candidate, file.as_ref(), before, last),
                Some(_) => Some(Segment::new(candidate.base, before, candidate.bytes)),
            };
            self.next = self.next.max(candidate.base);
            last = segment.is_none();
            match (segment, &candidate.file) {
                (Some(segment), file) => {
                    self.next = self.next.max(segment.end);
                    if let (true, Some(file)) = (damaged, file) {
                        self.repair(candidate.base, file.as_ref(), id);
                    }
                    found.push(segment);
                }
                (None, _) => self.set_aside_empty(candidate, slot.acknowledged),
            }
            before = candidate.base;
        }
        let mut segments = Segments::default();
        found
            .into_iter()
            .rev()
            .for_each(|segment| segments.push(segment));
        segments
    }

    /// A segment that cannot be read at present: it may be when its turn
    /// comes. Until then it has as many records as it has room for, so that
    /// no number is used again.
    fn unread(&mut self, candidate: &Candidate, before: u64) -> Segment {
        self.recovery.errors += 1;
        let records = candidate.bytes / RECORD_HEADER_BYTES as u64 + 1;
        let end = before.min(candidate.base + records);
        Segment::new(candidate.base, end, candidate.bytes)
    }

    /// Reads a segment wholly; `None` if it has no record. What is torn at its
    /// end is cut off if it is the `last`: of all, or before one set aside.
    fn scan(
        &mut self,
        candidate: &Candidate,
        file: &dyn DiskFile,
        before: u64,
        last: bool,
    ) -> Option<Segment> {
        let start = SEGMENT_HEADER_BYTES as u64;
        let mut segment = Segment::new(candidate.base, candidate.base, start);
        let mut place = Place {
            offset: start,
            sequence: candidate.base,
        };
        let mut window = Window::default();
        loop {
            let found = next_record(&mut window, file, place, candidate.bytes, before);
            let Ok(Found { damage, record }) = found else {
                return Some(self.unread(candidate, before));
            };
            let Some((at, record)) = record else {
                break;
            };
            if !damage.is_empty() && last {
                self.recovery.damaged_bytes += damage.end - damage.start;
                let name = format!("{}-{}.bytes", segment_name(candidate.base), damage.start);
                self.quarantine.keep_bytes(&name, file, damage);
            }
            segment.mark(Place {
                offset: at,
                sequence: record.sequence,
            });
            place = Place {
                offset: at + record.total_bytes() as u64,
                sequence: record.sequence + 1,
            };
            segment.end = place.sequence;
            segment.bytes = place.offset;
        }
        if segment.end == segment.base {
            return None;
        }
        if last && segment.bytes < candidate.bytes {
            let rest = segment.bytes..candidate.bytes;
            if !is_left_over(file, &rest).unwrap_or(false) {
                self.recovery.cut_bytes += rest.end - rest.start;
                // It has been whole once.
                if before < MAX_SEQUENCE {
                    let name = format!("{}-{}.bytes", segment_name(candidate.base), rest.start);
                    self.quarantine.keep_bytes(&name, file, rest);
                }
            }
            let cut = file.truncate(segment.bytes);
            if cut.and_then(|()| file.sync()).is_err() {
                self.recovery.errors += 1;
            }
        } else if !last {
            segment.end = before;
        }
        Some(segment)
    }

    /// Gives a segment with a damaged header a sound one.
    fn repair(&mut self, base: u64, file: &dyn DiskFile, id: Uuid) {
        let name = segment_name(base);
        let range = 0..SEGMENT_HEADER_BYTES as u64;
        self.quarantine
            .keep_bytes(&format!("{name}-0.bytes"), file, range);
        self.recovery.repaired_headers += 1;
        let mut bytes = Vec::new();
        let header = SegmentHeader {
            id,
            base,
            created_ms: 0,
        };
        encode_header(&mut bytes, &header);
        if write_all(file, &bytes, 0).is_err() {
            self.recovery.errors += 1;
        }
    }

    /// A segment without a record: what an interrupted append leaves is
    /// removed, and a file that was to become the segment and has what was
    /// delivered; anything else is kept.
    fn set_aside_empty(&mut self, candidate: &Candidate, acknowledged: u64) {
        let name = segment_name(candidate.base);
        let path = segment_path(self.dir, candidate.base);
        let foreign = !candidate.has_its_header() && candidate.bytes > SEGMENT_HEADER_BYTES as u64;
        let was_to_become = |file: &Arc<dyn DiskFile>| {
            is_delivered(file.as_ref(), candidate.bytes, acknowledged).unwrap_or(false)
        };
        let leftover = foreign && candidate.file.as_ref().is_some_and(was_to_become);
        if !leftover {
            self.recovery.cut_bytes += candidate.bytes;
        }
        if foreign && !leftover {
            self.set_aside(&path, &name, candidate.bytes);
        } else if self.disk.remove(&path).is_err() {
            self.recovery.errors += 1;
        }
    }

    fn set_aside(&mut self, path: &Path, name: &str, bytes: u64) {
        match self.quarantine.keep_file(path, name, bytes) {
            Ok(()) => self.recovery.set_aside += 1,
            Err(_) => self.recovery.errors += 1,
        }
    }
}

fn new_id() -> Uuid {
    let mut bytes = [0; 16];
    if random::fill(&mut bytes).is_err() {
        return Uuid::new_v4();
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
