//! From bytes to the sink: decodes what a connection has read, hands rows to
//! the sink and keeps in the buffer what it does not take.
//!
//! Invariants: order is kept, since nothing bypasses a buffer that holds
//! anything; under `block` a message is decoded only if the sink or the buffer
//! has room for it, so that nothing decoded is ever dropped, or if its
//! connection is given up: then what it had read, a receive buffer at the
//! most, is kept beyond the buffer's limits.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::{Duration, Instant};

use crate::buffer::{Batch, Buffer, Dropped, Received, Rows};
use crate::frames::{Decoder, FrameError, Item, Kind};
use crate::metrics::{DropReason, TaskMetrics};
use crate::payload::Payload;
use crate::settings::{Overflow, SourceConfig};
use crate::sink::{Sink, SinkError};

use super::connection::Connection;
use super::patience::Patience;

/// What a turn of decoding found besides messages.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Data messages decoded.
    pub(super) messages: u64,
    /// The server's close frame.
    pub(super) close: Option<(u16, String)>,
    /// The server broke the protocol.
    pub(super) violation: Option<FrameError>,
    /// Binary messages dropped by policy.
    pub(super) binary_dropped: u64,
    /// Messages dropped because the buffer was full.
    pub(super) overflow: Dropped,
    /// A record can never be sent.
    pub(super) rejected: Option<SinkError>,
}

/// See the module's documentation.
pub(super) struct Intake {
    payload: Payload,
    overflow: Overflow,
    pub(super) buffer: Buffer,
    rows: Rows,
    sink: Box<dyn Sink>,
    metrics: Arc<TaskMetrics>,
    pub(super) paused: bool,
    patience: Patience,
    /// What has been read stays undecoded until the sink has room or patience
    /// ends.
    held: bool,
    /// The connection is given up: all that it has read is to be decoded.
    last: bool,
}

impl Intake {
    pub(super) fn new(
        config: &SourceConfig,
        sink: Box<dyn Sink>,
        metrics: Arc<TaskMetrics>,
        paused: bool,
    ) -> Self {
        let limits = &config.buffer;
        metrics
            .queue_capacity_messages
            .store(limits.max_messages as u64, Relaxed);
        Self {
            payload: Payload::new(config),
            overflow: limits.overflow,
            buffer: Buffer::new(limits.max_messages, limits.max_bytes),
            rows: Rows::default(),
            sink,
            metrics,
            paused,
            patience: Patience::default(),
            held: false,
            last: false,
        }
    }

    /// Whether a message of `next_bytes` may be decoded at `now`, with `rows`
    /// before it that have not been handed on.
    fn admits(&mut self, rows: &Rows, next_bytes: usize, now: Instant) -> bool {
        if !self.paused {
            if self.is_direct(rows, next_bytes) {
                self.patience.renew();
                // The sink may take less than it says; what it leaves has to
                // find room in the buffer.
                return rows.is_empty() || self.fits(rows, next_bytes);
            }
            if self.patience.holds(now) {
                // Room that has come until now would go unnoticed after this.
                self.sink.delivery().arm();
                self.held = !self.is_direct(rows, next_bytes);
                return !self.held;
            }
        }
        self.has_room(rows, next_bytes)
    }

    /// Whether a message can go to the sink without a stay in the buffer.
    fn is_direct(&self, rows: &Rows, next_bytes: usize) -> bool {
        let (records, bytes) = (rows.len() + 1, rows.value_bytes() + next_bytes);
        self.buffer.is_empty() && self.sink.has_room(records, bytes)
    }

    /// Whether the buffer takes another message: always under `drop_oldest`.
    fn has_room(&self, rows: &Rows, next_bytes: usize) -> bool {
        self.overflow == Overflow::DropOldest || self.fits(rows, next_bytes)
    }

    fn fits(&self, rows: &Rows, next_bytes: usize) -> bool {
        let (records, bytes) = (rows.len(), rows.value_bytes());
        self.buffer.has_room(records, bytes, next_bytes)
    }

    /// Whether a connection may be read from: it has nothing undecoded left
    /// for want of room.
    pub(super) fn reads(&self, connection: &mut Connection) -> bool {
        let (received, start, end, decoder) = connection.input();
        let next = self
            .payload
            .value_bytes(decoder.peek(&received[start..end]));
        let held = self.held && start < end;
        !held && self.has_room(&Rows::default(), next)
    }

    /// States that there is nothing left that was held back.
    pub(super) fn release(&mut self) {
        self.held = false;
    }

    /// When to decode on, whatever the sink has done by then.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.patience.deadline().filter(|_| self.held)
    }

    /// Decodes all that `connection`, which is given up, has read, into the
    /// buffer: what the sink says of it is heard when that is drained.
    pub(super) fn decode_last(&mut self, connection: &mut Connection) -> Found {
        self.last = true;
        let found = self.decode(connection);
        self.last = false;
        found
    }

    /// Decodes all that `connection` has read and there is room for.
    pub(super) fn decode(&mut self, connection: &mut Connection) -> Found {
        let mut found = Found::default();
        let received = Received::now();
        let mut rows = std::mem::take(&mut self.rows);
        loop {
            let (progressed, pong) = self.decode_some(connection, received, &mut rows, &mut found);
            if let Some(payload) = pong {
                connection.send_pong(&payload);
            }
            let (slab, _, _, _) = connection.input();
            self.deliver(&rows.batch(slab, received), &mut found);
            rows.clear();
            let ended =
                found.close.is_some() || found.violation.is_some() || found.rejected.is_some();
            if !progressed || ended {
                break;
            }
        }
        self.rows = rows;
        if !connection.has_input() {
            self.patience.caught_up();
        }
        self.count(&found, received);
        found
    }

    /// Decodes until the input or the room ends, or a pong is due; `false`
    /// when another round would find nothing.
    fn decode_some(
        &mut self,
        connection: &mut Connection,
        received: Received,
        rows: &mut Rows,
        found: &mut Found,
    ) -> (bool, Option<Vec<u8>>) {
        let (slab, mut start, end, decoder) = connection.input();
        let begin = start;
        let mut pong = None;
        self.held = false;
        let more = loop {
            let input = &slab[start..end];
            // Without input there is nothing to hold back.
            if !input.is_empty() && !self.last {
                let next = self.payload.value_bytes(decoder.peek(input));
                if !self.admits(rows, next, received.at) {
                    break !rows.is_empty();
                }
            }
            let step = match decoder.next(input) {
                Ok(step) => step,
                Err(error) => {
                    found.violation = Some(error);
                    break false;
                }
            };
            let at = start;
            start += step.consumed;
            let admitted = match step.item {
                None if step.consumed == 0 => break false,
                None | Some(Item::Pong) => continue,
                Some(Item::Message(kind, range)) => {
                    let len = range.len();
                    self.payload.admit(kind, slab, at + range.start, len, rows)
                }
                Some(Item::Assembled(kind)) => {
                    self.deliver(&rows.batch(slab, received), found);
                    rows.clear();
                    self.deliver_assembled(kind, decoder, received, rows, found)
                }
                Some(Item::Ping(range)) => {
                    pong = Some(slab[at + range.start..at + range.end].to_vec());
                    continue;
                }
                Some(Item::Close(code, range)) => {
                    let reason = &slab[at + range.start..at + range.end];
                    let code = code.unwrap_or(crate::frames::close_code::NO_STATUS);
                    found.close = Some((code, String::from_utf8_lossy(reason).into_owned()));
                    break false;
                }
            };
            match admitted {
                Ok(kept) => {
                    found.messages += 1;
                    found.binary_dropped += u64::from(!kept);
                }
                Err(error) => {
                    found.violation = Some(error);
                    break false;
                }
            }
        };
        connection.consume_to(start);
        (more && start > begin, pong)
    }

    /// Delivers a message that was put together outside of the receive buffer.
    fn deliver_assembled(
        &mut self,
        kind: Kind,
        decoder: &mut Decoder,
        received: Received,
        rows: &mut Rows,
        found: &mut Found,
    ) -> Result<bool, FrameError> {
        let whole = decoder.assembled();
        let admitted = self.payload.admit(kind, whole, 0, whole.len(), rows);
        self.deliver(&rows.batch(whole, received), found);
        rows.clear();
        decoder.release();
        admitted
    }

    fn count(&self, found: &Found, received: Received) {
        let metrics = &self.metrics;
        if found.messages > 0 {
            metrics.received.fetch_add(found.messages, Relaxed);
            metrics.last_message_at_ms.store(received.at_ms, Relaxed);
        }
        metrics.add_dropped(DropReason::Binary, found.binary_dropped);
        metrics.add_dropped(DropReason::Overflow, found.overflow.messages);
        self.publish_queue();
    }

    fn publish_queue(&self) {
        let metrics = &self.metrics;
        metrics
            .queue_messages
            .store(self.buffer.messages() as u64, Relaxed);
        metrics
            .queue_bytes
            .store(self.buffer.bytes() as u64, Relaxed);
    }

    /// Hands rows over, or keeps them.
    fn deliver(&mut self, batch: &Batch<'_>, found: &mut Found) {
        if batch.is_empty() || found.rejected.is_some() {
            return;
        }
        let bytes: usize = batch.values().map(<[u8]>::len).sum();
        self.metrics.received_bytes.fetch_add(bytes as u64, Relaxed);
        let mut taken = 0;
        if !self.paused && !self.last && self.buffer.is_empty() {
            (taken, found.rejected) = self.offer(batch);
        }
        if taken == batch.len() {
            return;
        }
        let rest = batch.tail(taken);
        if self.last && self.overflow == Overflow::Block {
            self.buffer.push_beyond(&rest);
        } else {
            let dropped = self.buffer.push(&rest);
            found.overflow.messages += dropped.messages;
            found.overflow.bytes += dropped.bytes;
        }
    }

    /// Offers a batch, once more if the sink says it is full: between the two
    /// tries it was told to wake us, so no room can be missed. Returns how many
    /// records were taken and, if the one after them can never be, why.
    fn offer(&mut self, batch: &Batch<'_>) -> (usize, Option<SinkError>) {
        let begun = Instant::now();
        let (mut taken, mut rejected) = counted(self.sink.offer(batch));
        if rejected.is_none() && taken < batch.len() {
            self.sink.delivery().arm();
            let more;
            (more, rejected) = counted(self.sink.offer(&batch.tail(taken)));
            taken += more;
        }
        if taken > 0 {
            self.patience.renew();
        }
        let us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.count_batch(taken as u64, us);
        (taken, rejected)
    }

    /// Counts a hand-over, its number last: who sees that, by an acquiring
    /// load, sees the rest.
    fn count_batch(&self, records: u64, us: u64) {
        if records == 0 {
            return;
        }
        let metrics = &self.metrics;
        metrics.produced.fetch_add(records, Relaxed);
        metrics.batch_records_max.fetch_max(records, Relaxed);
        metrics.batch_time_us.fetch_add(us, Relaxed);
        metrics.batch_time_max_us.fetch_max(us, Relaxed);
        metrics.batches.fetch_add(1, Release);
    }

    /// See [`Sink::fetched`].
    pub(super) fn fetched(&self) -> Option<u64> {
        self.sink.fetched()
    }

    /// Has the sink send what lingers, once nothing more will come.
    pub(super) fn flush(&mut self, within: Duration) {
        self.sink.flush(within);
    }

    /// Moves buffered records to the sink as far as it takes them.
    ///
    /// # Errors
    /// A record can never be sent.
    pub(super) fn drain(&mut self) -> Result<(), SinkError> {
        if self.paused {
            return Ok(());
        }
        let mut buffer = std::mem::replace(&mut self.buffer, Buffer::new(1, 1));
        let mut result = Ok(());
        while let Some(batch) = buffer.front() {
            let (taken, rejected) = self.offer(&batch);
            let full = taken < batch.len();
            buffer.advance(taken);
            if let Some(error) = rejected {
                result = Err(error);
                break;
            }
            if full {
                break;
            }
        }
        self.buffer = buffer;
        self.publish_queue();
        result
    }
}

/// What an offer came to.
fn counted(offered: Result<usize, SinkError>) -> (usize, Option<SinkError>) {
    offered.map_or_else(|error| (0, Some(error)), |taken| (taken, None))
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
