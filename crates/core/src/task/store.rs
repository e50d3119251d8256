//! A task's spool: which of its records the sink has, and what of it is
//! acknowledged.
//!
//! Invariants: records go to the sink in the spool's order, each once, unless
//! they are to be offered again; with `durable` the sink's numbers stay as far
//! behind the spool's as they were at the start, what is lost being skipped,
//! since offsets are counted from them.

use std::time::{Duration, Instant};

use super::backlog::{Offered, Origin};
use super::outlet::Outlet;
use super::runs::Runs;
use super::status::SpoolStatus;
use crate::buffer::{Batch, Dropped};
use crate::clock;
use crate::settings::{SourceConfig, SpoolMode};
use crate::sink::SinkError;
use crate::spool::{AppendError, Counters, Read, Spool};

/// What may go beyond the spool's limit at a connection's end, beside one
/// message of the largest size.
const RESERVE_BYTES: u64 = 1 << 20;
/// How often the disk is looked after while there is something to do.
const TICK: Duration = Duration::from_millis(100);

/// See the module's documentation.
pub(super) struct Store {
    spool: Spool,
    mode: SpoolMode,
    /// What may go beyond its limit at a connection's end.
    reserve_bytes: u64,
    /// The spool's number of the record that the sink gets next.
    next: u64,
    /// The spool's number of what has the sink's number 0, with `durable`.
    base: u64,
    runs: Runs,
    /// Messages that were found to be lost since that was last asked,
    lost: u64,
    /// and those that were told as lost and are there.
    found: u64,
    /// What is to be told of them.
    gap: Option<Gap>,
    /// Why the spool cannot be written at present,
    write_fault: Option<String>,
    /// and why it cannot be read, and when that is tried again,
    read_fault: Option<(String, Instant)>,
    /// and why it cannot be flushed.
    flush_fault: Option<String>,
    /// What the spool needed of the disk when it was last found to be full.
    full_bytes: Option<u64>,
    tick_at: Option<Instant>,
    /// What is delivered is known: until then nothing gets a number.
    begun: bool,
}

/// Messages that a spool has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The first sequence that is missing,
    pub(super) from: u64,
    /// and the one after the last, between which others may be there.
    pub(super) to: u64,
    /// How many are lost.
    pub(super) lost: u64,
}

impl Store {
    /// A spool of messages of `max_message_bytes` at the most, that was told
    /// what is delivered, or is to be if not `begun`.
    pub(super) fn new(
        spool: Spool,
        mode: SpoolMode,
        max_message_bytes: usize,
        begun: bool,
    ) -> Self {
        Self {
            next: spool.acknowledged(),
            base: spool.acknowledged(),
            spool,
            mode,
            reserve_bytes: RESERVE_BYTES + max_message_bytes as u64,
            runs: Runs::default(),
            lost: 0,
            found: 0,
            gap: None,
            write_fault: None,
            read_fault: None,
            flush_fault: None,
            full_bytes: None,
            tick_at: None,
            begun,
        }
    }

    /// Takes in what the sink says that is delivered, if it was not known.
    pub(super) fn begin(&mut self, outlet: &mut Outlet) {
        if !self.begun
            && let Some(stored) = outlet.begins_at()
        {
            self.spool.delivered_to(stored);
            // The sink's first number is that of the stored sequence.
            (self.next, self.base) = (stored, stored);
            self.begun = true;
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn mode(&self) -> SpoolMode {
        self.mode
    }

    /// Whether the sink has all of it.
    pub(super) fn is_caught_up(&self) -> bool {
        self.spool.cursor() == self.spool.next_sequence()
    }

    /// Messages that the sink does not have, without those that are lost.
    pub(super) fn waiting(&self) -> u64 {
        self.spool.waiting()
    }

    /// What there is to tell of it.
    pub(super) fn status(&self, config: &SourceConfig) -> SpoolStatus {
        let dir = config.spool.as_ref().map(|spool| spool.dir.display());
        SpoolStatus {
            id: self.spool.id().to_string(),
            dir: dir.map(|dir| dir.to_string()).unwrap_or_default(),
            fault: self.fault().map(str::to_owned),
        }
    }

    pub(super) fn counters(&self) -> Counters {
        self.spool.counters()
    }

    /// Why it cannot be used at present, in words; `None` if it can.
    pub(super) fn fault(&self) -> Option<&str> {
        let reading = self.read_fault.as_ref().map(|(why, _)| why.as_str());
        let flushing = self.flush_fault.as_deref();
        self.write_fault.as_deref().or(reading).or(flushing)
    }

    /// Whether the last append was refused for want of room.
    pub(super) fn is_full(&self) -> bool {
        self.full_bytes.is_some()
    }

    /// Records that the sink has from here, that are not acknowledged and that
    /// are here still.
    pub(super) fn on_their_way(&self) -> u64 {
        self.runs.count_from(self.spool.begins_at())
    }

    /// Whether so many more records with so many bytes would fit.
    pub(super) fn has_room(&self, records: usize, bytes: usize) -> bool {
        self.begun && self.spool.has_room(records, bytes)
    }

    /// Appends records; the number of the first, or `None` if that cannot be
    /// done now.
    pub(super) fn append(&mut self, batch: &Batch<'_>, origin: Origin) -> Option<u64> {
        if !self.begun {
            return None;
        }
        let generation = u32::try_from(origin.generation).unwrap_or(u32::MAX);
        self.tick_at.get_or_insert_with(|| clock::now() + TICK);
        let appended = if origin.last {
            self.spool
                .append_at_last(batch, generation, self.reserve_bytes)
        } else {
            self.spool.append(batch, generation)
        };
        match appended {
            Ok(appended) => {
                self.write_fault = None;
                self.full_bytes = None;
                Some(appended.first)
            }
            Err(error) => {
                let full = matches!(error, AppendError::Full { .. } | AppendError::NoSpace(_));
                self.full_bytes = full.then(|| self.spool.needed_bytes());
                self.write_fault = Some(error.to_string());
                None
            }
        }
    }

    /// Gives the oldest segment up, for room; what that costs, or `None` if it
    /// is of no use.
    pub(super) fn drop_oldest(&mut self) -> Option<Dropped> {
        match self.spool.drop_oldest() {
            Ok(dropped) if dropped.bytes > 0 => Some(Dropped {
                messages: dropped.lost,
                bytes: 0,
            }),
            Ok(_) => None,
            Err(error) => {
                self.write_fault = Some(error.to_string());
                None
            }
        }
    }

    /// States that the sink is to be offered the record `first` next, from
    /// memory or from the disk; false if it has to wait for that.
    pub(super) fn skip_to(&mut self, first: u64, outlet: &mut Outlet) -> bool {
        let missing = first.saturating_sub(self.next);
        if missing > 0 && self.mode == SpoolMode::Durable && !outlet.skip(missing) {
            return false;
        }
        self.next = first;
        true
    }

    /// States that the sink has taken `count` records from the next on.
    pub(super) fn handed(&mut self, count: usize, outlet: &Outlet) {
        let count = count as u64;
        let taken = outlet.delivery().progress().taken;
        self.runs
            .push(taken.saturating_sub(count), self.next, count);
        self.found += self.spool.found(self.next, self.next + count);
        self.next += count;
        self.spool.advance(self.next);
        self.tick_at.get_or_insert_with(|| clock::now() + TICK);
    }

    /// Offers the oldest records that the sink does not have.
    ///
    /// # Errors
    /// A record can never be sent.
    pub(super) fn offer(&mut self, outlet: &mut Outlet) -> Result<Offered, SinkError> {
        // What cannot be read for a moment is not to count as lost.
        let rests = self
            .read_fault
            .as_ref()
            .is_some_and(|(_, again)| clock::now() < *again);
        if self.is_caught_up() || !self.begun || rests {
            return Ok(Offered::Empty);
        }
        let (first, count) = match self.spool.read() {
            Ok(None) => return Ok(Offered::Empty),
            Ok(Some(Read::Gap { from, to, lost })) => {
                if lost > 0 {
                    self.lost += lost;
                    let before = self.gap.unwrap_or(Gap { from, to, lost: 0 });
                    self.gap = Some(Gap {
                        to,
                        lost: before.lost + lost,
                        ..before
                    });
                }
                self.spool.advance(to);
                return Ok(Offered::Some);
            }
            Ok(Some(Read::Batch(spooled))) => (spooled.first, spooled.batch.len()),
            Err(error) => {
                let again = clock::now() + TICK;
                self.read_fault = Some((error.to_string(), again));
                self.tick_at.get_or_insert(again);
                return Ok(Offered::Empty);
            }
        };
        self.read_fault = None;
        if !self.skip_to(first, outlet) {
            return Ok(Offered::Full);
        }
        // What was read lies in memory; only the numbers had to come first.
        let Ok(Some(Read::Batch(spooled))) = self.spool.read() else {
            return Ok(Offered::Some);
        };
        let (taken, rejected) = outlet.offer(&spooled.batch);
        self.handed(taken, outlet);
        match rejected {
            Some(error) => Err(error),
            None if taken < count => Ok(Offered::Full),
            None => Ok(Offered::Some),
        }
    }

    /// Takes in how far the sink's records are acknowledged.
    pub(super) fn acknowledge(&mut self, head: u64) {
        if !self.begun {
            return;
        }
        let now = clock::now();
        let end = self.runs.acknowledge(head);
        // What is missing behind it is done with as well.
        let end = if self.runs.is_empty() {
            Some(self.spool.cursor())
        } else {
            end
        };
        match end {
            Some(end) => self.spool.acknowledge(end, now),
            None => self.spool.tick(now),
        }
        self.look_for_room();
        self.flush_fault = self.spool.flush_fault();
        let waits = self.spool.acknowledged() < self.spool.next_sequence();
        if waits || !self.spool.is_settled() || self.fault().is_some() {
            // Not anew: a steady stream would put it off for ever.
            self.tick_at.get_or_insert(now + TICK);
        } else {
            self.tick_at = None;
        }
    }

    /// A full disk is none any more when something was removed from it. Under
    /// the policies that drop there may be nothing to write that would show it.
    fn look_for_room(&mut self) {
        let Some(full) = self.full_bytes else {
            return;
        };
        if self.spool.needed_bytes() < full {
            self.full_bytes = None;
            self.write_fault = None;
        }
    }

    /// States that it is being looked after.
    pub(super) fn ticked(&mut self) {
        self.tick_at = Some(clock::now() + TICK);
    }

    /// Has the sink's records from `from` on offered again; their number.
    pub(super) fn rewind(&mut self, from: u64) -> u64 {
        let rewound = self.runs.rewind(from);
        let (first, count) = rewound.unwrap_or((self.spool.cursor(), 0));
        // What was skipped is to be skipped again.
        self.next = match self.mode {
            SpoolMode::Durable => self.base + from,
            SpoolMode::Overflow => first,
        };
        self.spool.rewind(first);
        count
    }

    /// Messages that were found to be lost since this was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// Messages that were told as lost and are there after all, since this was
    /// last asked.
    pub(super) fn take_found(&mut self) -> u64 {
        std::mem::take(&mut self.found)
    }

    /// Where messages were found to be lost since this was last asked.
    pub(super) fn take_gap(&mut self) -> Option<Gap> {
        self.gap.take()
    }

    /// When it is to be looked after, if it is to be.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.tick_at
    }

    /// Messages that are not acknowledged and are here: they stay for the next
    /// task.
    pub(super) fn left(&self) -> u64 {
        self.spool.kept()
    }
}
