//! A look at a spool's folder that changes nothing: for the command
//! `connect-websocket spool`.
//!
//! Invariants: nothing is written, also if a task owns the spool; what is
//! being written, removed or written over meanwhile is no damage.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use uuid::Uuid;

use super::disk::read_full;
use super::format::{RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader, Slot, Unreadable};
use super::owner::is_owned;
use super::scan::{Found, Place, Window, is_delivered, is_left_over, next_record};
use super::segments::segment_base;
use super::state::{Kept, read_state};
use crate::frames::Kind;

/// How often what is being written is read again.
const LOOKS: u32 = 3;

/// A message that is in a spool.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its sequence.
    pub sequence: u64,
    /// Whether it is delivered already.
    pub acknowledged: bool,
    /// The connection that it came by.
    pub generation: u32,
    /// When it came, in milliseconds since the epoch.
    pub received_ms: i64,
    /// What kind of message it is.
    pub kind: Kind,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// What is in one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentReport {
    /// The file's name.
    pub name: String,
    /// The sequence of its first record, by its name.
    pub base: u64,
    /// The sequence after its last record.
    pub end: u64,
    /// Undamaged records.
    pub records: u64,
    /// The file's length.
    pub bytes: u64,
    /// When the first and the last record came, in milliseconds since the
    /// epoch.
    pub received_ms: Option<(i64, i64)>,
}

/// What is wrong with a spool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// `state` cannot be read.
    #[error("state: unreadable, so it is not known what is delivered")]
    State,
    /// A file of a newer program.
    #[error("{name}: format version {version}, newer than this program's")]
    Newer {
        /// The file.
        name: String,
        /// Its version.
        version: u32,
    },
    /// A segment's header cannot be read; its records are read all the same.
    #[error("{name}: the header is damaged")]
    Header {
        /// The file.
        name: String,
    },
    /// A segment of another spool, or under a name that is not its own.
    #[error("{name}: belongs to another spool or to another place in it")]
    Foreign {
        /// The file.
        name: String,
    },
    /// Bytes that are no record.
    #[error("{name}: {bytes} bytes from offset {offset} on are no record")]
    Bytes {
        /// The file.
        name: String,
        /// Where they begin.
        offset: u64,
        /// How many there are.
        bytes: u64,
    },
    /// Records that are not there.
    #[error("{} records are missing, from sequence {from} to {}", to - from, to - 1)]
    Missing {
        /// The first sequence.
        from: u64,
        /// The one after the last.
        to: u64,
    },
}

/// What is in a spool's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The spool's id, if anything says it.
    pub id: Option<Uuid>,
    /// Every record below this is delivered.
    pub acknowledged: u64,
    /// A task has the spool: it changes while it is looked at.
    pub owned: bool,
    /// The segments, in order.
    pub segments: Vec<SegmentReport>,
    /// Records that are not delivered.
    pub undelivered: u64,
    /// All that is wrong, in order.
    pub damage: Vec<Damage>,
}

/// Reads the whole spool in `dir` and gives every undamaged record to `each`,
/// in order.
///
/// # Errors
/// The folder or a file cannot be read, or `each` fails.
pub fn inspect(
    dir: &Path,
    each: &mut dyn FnMut(&Message<'_>) -> io::Result<()>,
) -> io::Result<Inspection> {
    let mut found = Inspection {
        owned: is_owned(dir)?,
        ..Inspection::default()
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        names.extend(segment_base(&name).map(|base| (base, name)));
    }
    names.sort();
    let mut opened = Vec::new();
    for (base, name) in names {
        match File::open(dir.join(&name)) {
            Ok(file) => opened.push((base, name, file)),
            // Removed since, because all of it is delivered.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    // Then, so that what was removed before is below the head.
    let slot = found.read_slot(dir)?;
    let mut usable = Vec::new();
    for (base, name, file) in opened {
        if found.header(base, &name, &file)? {
            usable.push((base, name, file));
        }
    }
    found.read_segments(slot.as_ref(), &usable, each)?;
    Ok(found)
}

impl SegmentReport {
    /// Counts one more record, that came then.
    fn count(&mut self, received_ms: i64) {
        self.records += 1;
        let first = self.received_ms.map_or(received_ms, |(first, _)| first);
        self.received_ms = Some((first, received_ms));
    }
}

/// What goes on from one segment to the next.
struct Walk<'a> {
    slot: Option<&'a Slot>,
    /// The sequence that the next record has to have, if that is known.
    expected: Option<u64>,
    window: Window,
    /// The window for which the segment was found to be still the same.
    checked: Option<u64>,
    each: &'a mut dyn FnMut(&Message<'_>) -> io::Result<()>,
}

/// What a segment's file begins with.
fn header_of(file: &File) -> io::Result<Result<SegmentHeader, Unreadable>> {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    let read = read_full(file, &mut bytes, 0)?;
    Ok(SegmentHeader::decode(&bytes[..read]))
}

impl Inspection {
    fn read_slot(&mut self, dir: &Path) -> io::Result<Option<Slot>> {
        let kept = match File::open(dir.join("state")) {
            Ok(file) => read_state(&file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::Nothing,
            Err(error) => return Err(error),
        };
        match kept {
            Kept::Slot(slot) => {
                self.id = Some(slot.id);
                self.acknowledged = slot.acknowledged;
                return Ok(Some(slot));
            }
            Kept::Nothing => {}
            Kept::Damaged => self.damage.push(Damage::State),
            Kept::Newer(version) => self.damage.push(Damage::Newer {
                name: "state".to_owned(),
                version,
            }),
        }
        Ok(None)
    }

    /// Checks a segment's header; `false` if its records are not this spool's.
    fn header(&mut self, base: u64, name: &str, file: &File) -> io::Result<bool> {
        let name = name.to_owned();
        let damage = match header_of(file)? {
            Ok(header) => {
                let id = *self.id.get_or_insert(header.id);
                if header.id == id && header.base == base {
                    return Ok(true);
                }
                if header.id == id && self.is_reused(&header, base, file)? {
                    return Ok(false);
                }
                Damage::Foreign { name }
            }
            Err(Unreadable::Newer(version)) => Damage::Newer { name, version },
            Err(Unreadable::Damaged) => {
                // The task may have made the file this moment.
                if file.metadata()?.len() > 0 || !self.owned {
                    self.damage.push(Damage::Header { name });
                }
                return Ok(true);
            }
        };
        self.damage.push(damage);
        Ok(false)
    }

    /// Whether a file that has another name than its header says was to become a
    /// segment, and what it had before is delivered; or a task is at it.
    fn is_reused(&self, header: &SegmentHeader, base: u64, file: &File) -> io::Result<bool> {
        if self.owned || header.base > base {
            return Ok(self.owned);
        }
        let bytes = file.metadata()?.len();
        is_delivered(file, bytes, self.acknowledged)
    }

    fn read_segments(
        &mut self,
        slot: Option<&Slot>,
        files: &[(u64, String, File)],
        each: &mut dyn FnMut(&Message<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut walk = Walk {
            slot,
            // What is below the head, or was given up, is not missing.
            expected: slot.map(|slot| slot.acknowledged),
            window: Window::default(),
            checked: None,
            each,
        };
        if self.owned {
            // The task may have removed segments since the state was read.
            let oldest = files.first().map(|(base, _, _)| *base);
            walk.expected = walk.expected.max(oldest);
        }
        for (index, (base, name, file)) in files.iter().enumerate() {
            let next = files.get(index + 1).map(|next| next.0);
            let report = SegmentReport {
                name: name.clone(),
                base: *base,
                end: *base,
                bytes: file.metadata()?.len(),
                ..SegmentReport::default()
            };
            self.read_segment(&mut walk, report, file, next)?;
        }
        Ok(())
    }

    /// Reads the segment that is reported by `report`, up to the one that begins
    /// with `next`.
    fn read_segment(
        &mut self,
        walk: &mut Walk<'_>,
        mut report: SegmentReport,
        file: &File,
        next: Option<u64>,
    ) -> io::Result<()> {
        walk.window.clear();
        walk.checked = None;
        let told = self.damage.len();
        let mut at = Place {
            offset: SEGMENT_HEADER_BYTES as u64,
            sequence: report.base,
        };
        loop {
            let Some(Found { damage, record }) = self.look(walk, &report, file, at, next)? else {
                // All of it was delivered, so nothing is missing.
                self.damage.truncate(told);
                walk.expected = walk.expected.max(next);
                return Ok(());
            };
            let grows = next.is_none() && self.owned;
            let ends = record.is_none() && (grows || is_left_over(file, &damage)?);
            if !damage.is_empty() && !ends {
                self.damage.push(Damage::Bytes {
                    name: report.name.clone(),
                    offset: damage.start,
                    bytes: damage.end - damage.start,
                });
            }
            let Some((offset, record)) = record else {
                break;
            };
            if let Some(expected) = walk.expected {
                self.missing(walk.slot, expected, record.sequence);
            }
            let end = record.sequence + 1;
            walk.expected = Some(end.max(self.acknowledged));
            let acknowledged = record.sequence < self.acknowledged;
            let held = walk.window.held(offset);
            let payload = held
                .get(RECORD_HEADER_BYTES..record.total_bytes())
                .unwrap_or_default();
            (walk.each)(&Message {
                sequence: record.sequence,
                acknowledged,
                generation: record.generation,
                received_ms: record.received_ms,
                kind: record.kind,
                payload,
            })?;
            self.undelivered += u64::from(!acknowledged);
            report.count(record.received_ms);
            report.end = end;
            at = Place {
                offset: offset + record.total_bytes() as u64,
                sequence: end,
            };
        }
        self.segments.push(report);
        Ok(())
    }

    /// What there is at a place of the segment that is reported by `report`;
    /// `None` if its file has been given to another one.
    fn look(
        &self,
        walk: &mut Walk<'_>,
        report: &SegmentReport,
        file: &File,
        at: Place,
        next: Option<u64>,
    ) -> io::Result<Option<Found>> {
        let before = next.unwrap_or(u64::MAX);
        let mut found = next_record(&mut walk.window, file, at, report.bytes, before)?;
        if !self.owned {
            return Ok(Some(found));
        }
        for _ in 0..LOOKS {
            if found.damage.is_empty() || next.is_some() {
                break;
            }
            // It may have been read before it was written.
            walk.window.clear();
            found = next_record(&mut walk.window, file, at, report.bytes, before)?;
        }
        // The header is written over first, so what was read before is its own.
        let window = Some(walk.window.begins_at());
        if walk.checked != window {
            walk.checked = window;
            if header_of(file)?.is_ok_and(|header| header.base != report.base) {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    fn missing(&mut self, slot: Option<&Slot>, from: u64, to: u64) {
        let (dropped_from, dropped_to) =
            slot.map_or((0, 0), |slot| (slot.dropped_from, slot.dropped_to));
        let mut from = from;
        if from < dropped_to && dropped_from < to {
            if from < dropped_from {
                self.damage.push(Damage::Missing {
                    from,
                    to: dropped_from,
                });
            }
            from = dropped_to;
        }
        if from < to {
            self.damage.push(Damage::Missing { from, to });
        }
    }
}
