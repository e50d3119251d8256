//! The segments of a spool, and what is known of each without reading it.
//!
//! Invariants: segments are in order of their base, and no sequence is in two
//! of them: one ends where the next begins, whatever lies behind; the sums
//! are those over the segments.

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};

use super::format::SEGMENT_HEADER_BYTES;
use super::scan::Place;

/// Bases and sequences are below this; a larger one is damage.
pub(super) const MAX_SEQUENCE: u64 = 1 << 62;
/// How far apart the known places in a segment are.
const MARK_BYTES: u64 = 64 * 1024;
/// Digits of a base in a segment's name.
const DIGITS: usize = 20;
const SUFFIX: &str = ".spool";

/// The name of the segment that begins with this sequence.
pub(super) fn segment_name(base: u64) -> String {
    format!("{base:0DIGITS$}{SUFFIX}")
}

/// The base that a name says, if it is that of a segment.
pub(super) fn segment_base(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// Where the segment with this base is.
pub(super) fn segment_path(dir: &Path, base: u64) -> PathBuf {
    dir.join(segment_name(base))
}

/// One segment.
#[derive(Debug)]
pub(super) struct Segment {
    /// The sequence of its first record.
    pub(super) base: u64,
    /// Its records are below this.
    pub(super) end: u64,
    /// Its length, as far as it is used.
    pub(super) bytes: u64,
    /// This process has made it, and no append to it has failed: its file may
    /// become another segment's, since all that is in it has lower sequences.
    pub(super) reusable: bool,
    /// Places of records, so that a cursor is found without reading all.
    marks: Vec<Place>,
}

impl Segment {
    /// A segment with `bytes` of header and records.
    pub(super) fn new(base: u64, end: u64, bytes: u64) -> Self {
        Self {
            base,
            end,
            bytes,
            reusable: false,
            marks: Vec::new(),
        }
    }

    /// Has room for the marks of so many bytes, so that adding one allocates
    /// nothing.
    pub(super) fn reserve_marks(&mut self, bytes: u64) {
        let marks = usize::try_from(bytes / MARK_BYTES).unwrap_or_default();
        self.marks.reserve(marks.min(1 << 16));
    }

    /// Remembers where a record is, unless it is close to a known one.
    #[inline]
    pub(super) fn mark(&mut self, place: Place) {
        let known = self.marks.last().map_or(0, |last| last.offset);
        if place.offset >= known + MARK_BYTES {
            self.marks.push(place);
        }
    }

    /// The known place nearest before this sequence.
    pub(super) fn nearest(&self, sequence: u64) -> Place {
        let after = self
            .marks
            .partition_point(|place| place.sequence <= sequence);
        after
            .checked_sub(1)
            .and_then(|index| self.marks.get(index).copied())
            .unwrap_or(Place {
                offset: SEGMENT_HEADER_BYTES as u64,
                sequence: self.base,
            })
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// Those that are not wholly acknowledged, and the newest.
    live: VecDeque<Segment>,
    /// Those that wait to be removed.
    retired: VecDeque<Segment>,
    /// One that could be removed, whose file the next segment takes.
    spare: Option<Segment>,
    /// What the newest segment's file has behind its records.
    slack_bytes: u64,
    records: u64,
    live_bytes: u64,
    retired_bytes: u64,
}

impl Segments {
    /// Adds the newest.
    pub(super) fn push(&mut self, segment: Segment) {
        self.records += segment.end - segment.base;
        self.live_bytes += segment.bytes;
        self.live.push_back(segment);
    }

    /// States that `records` of `bytes` were added to the newest.
    #[inline]
    pub(super) fn grow(&mut self, place: Place, records: u64, bytes: u64) {
        if let Some(segment) = self.live.back_mut() {
            segment.mark(place);
            segment.end += records;
            segment.bytes += bytes;
            self.slack_bytes = self.slack_bytes.saturating_sub(bytes);
            self.records += records;
            self.live_bytes += bytes;
        }
    }

    /// States that more may be in the newest one's file than its records.
    pub(super) fn taint_newest(&mut self) {
        if let Some(segment) = self.live.back_mut() {
            segment.reusable = false;
        }
    }

    /// The newest.
    pub(super) fn newest(&self) -> Option<&Segment> {
        self.live.back()
    }

    /// The oldest that is not retired.
    pub(super) fn oldest(&self) -> Option<&Segment> {
        self.live.front()
    }

    /// The bases of those that are not retired.
    pub(super) fn bases(&self) -> impl Iterator<Item = u64> + '_ {
        self.live.iter().map(|segment| segment.base)
    }

    /// Number of those that are not retired.
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    /// The segment that holds `sequence` if any does, by its place in the
    /// order.
    pub(super) fn holder(&self, sequence: u64) -> Option<usize> {
        self.live
            .partition_point(|segment| segment.base <= sequence)
            .checked_sub(1)
    }

    /// The segment at this place in the order.
    pub(super) fn get(&self, index: usize) -> Option<&Segment> {
        self.live.get(index)
    }

    /// The same, to be marked.
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Segment> {
        self.live.get_mut(index)
    }

    /// Takes the oldest out.
    pub(super) fn pop(&mut self) -> Option<Segment> {
        let segment = self.live.pop_front()?;
        self.records -= segment.end - segment.base;
        self.live_bytes -= segment.bytes;
        Some(segment)
    }

    /// Has the oldest wait for its removal.
    pub(super) fn retire_oldest(&mut self) {
        if let Some(segment) = self.pop() {
            self.retired_bytes += segment.bytes;
            self.retired.push_back(segment);
        }
    }

    /// The oldest of those that wait for their removal.
    pub(super) fn oldest_retired(&self) -> Option<&Segment> {
        self.retired.front()
    }

    /// States that this one is removed.
    pub(super) fn removed_retired(&mut self) {
        if let Some(segment) = self.retired.pop_front() {
            self.retired_bytes -= segment.bytes;
        }
    }

    /// Keeps the oldest of those that wait for their removal for its file;
    /// false if it is of no use or there is one. `bytes`: how long a segment
    /// becomes.
    pub(super) fn keep_spare(&mut self, bytes: u64) -> bool {
        let fits = |oldest: &Segment| (bytes / 2..=bytes).contains(&oldest.bytes);
        let of_use = |oldest: &Segment| oldest.reusable && fits(oldest);
        if self.spare.is_some() || !self.oldest_retired().is_some_and(of_use) {
            return false;
        }
        self.spare = self.retired.pop_front();
        self.retired_bytes -= self.spare_bytes();
        true
    }

    /// The one that is kept for its file.
    pub(super) fn spare(&self) -> Option<&Segment> {
        self.spare.as_ref()
    }

    /// States that there is no spare one any more.
    pub(super) fn drop_spare(&mut self) -> Option<Segment> {
        self.spare.take()
    }

    /// Length of the spare one's file.
    pub(super) fn spare_bytes(&self) -> u64 {
        self.spare.as_ref().map_or(0, |segment| segment.bytes)
    }

    /// States how much the newest segment's file has behind its records.
    pub(super) fn set_slack(&mut self, bytes: u64) {
        self.slack_bytes = bytes;
    }

    /// What the newest segment's file has behind its records.
    pub(super) fn slack_bytes(&self) -> u64 {
        self.slack_bytes
    }

    /// Length of all segments' files together.
    pub(super) fn disk_bytes(&self) -> u64 {
        self.used_bytes() + self.slack_bytes
    }

    /// The same without what the newest has behind its records.
    pub(super) fn used_bytes(&self) -> u64 {
        self.live_bytes + self.retired_bytes + self.spare_bytes()
    }

    /// Records from `acknowledged` on, and about how long they are with their
    /// headers: exact to the distance of two marks.
    pub(super) fn left(&self, acknowledged: u64) -> (u64, u64) {
        let Some(oldest) = self.oldest() else {
            return (0, 0);
        };
        let done = acknowledged.clamp(oldest.base, oldest.end.max(oldest.base));
        let records = self.records - (done - oldest.base);
        if records == 0 {
            return (0, 0);
        }
        let headers = SEGMENT_HEADER_BYTES as u64 * (self.live.len() as u64 - 1);
        let bytes = self.live_bytes - oldest.nearest(done).offset - headers;
        (records, bytes)
    }
}

/// Their ranges, for people.
impl fmt::Display for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(spare) = &self.spare {
            write!(f, "({}..{} {} B)", spare.base, spare.end, spare.bytes)?;
        }
        for segment in self.retired.iter().chain(&self.live) {
            write!(f, "[{}..{} {} B]", segment.base, segment.end, segment.bytes)?;
        }
        write!(f, "+{} B", self.slack_bytes)
    }
}
