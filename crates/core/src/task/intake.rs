//! From bytes to the sink: decodes what a connection has read, hands rows to
//! the sink and keeps in the buffer what it does not take.
//!
//! Invariants: order is kept, since nothing bypasses a buffer that holds
//! anything; under `block` a message is decoded only if the sink or the buffer
//! has room for it, so that nothing decoded is ever dropped, or if its
//! connection is given up: then what it had read, a receive buffer at the
//! most, is kept beyond the buffer's limits; with a durable spool a message is
//! on the disk before it counts as received and before the sink is offered it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::buffer::{Batch, Dropped, Received, Rows};
use crate::frames::{Decoder, FrameError, Item, Kind};
use crate::ledger::{Counts, Ledger};
use crate::metrics::{DropReason, TaskMetrics};
use crate::payload::Payload;
use crate::settings::SourceConfig;
use crate::sink::{Sink, SinkError};

use super::backlog::{Backlog, Offered, Origin};
use super::connection::Connection;
use super::outlet::Outlet;
use super::store::{Gap, Store};

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
    pub(super) backlog: Backlog,
    rows: Rows,
    pub(super) outlet: Outlet,
    metrics: Arc<TaskMetrics>,
    counts: Counts,
    /// Data messages read from the socket.
    read: u64,
    pub(super) paused: bool,
    /// `websocket.message.max.bytes`: what is larger is refused and needs no
    /// room.
    max_message_bytes: usize,
    /// The number of the connection that is decoded.
    pub(super) generation: u64,
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
        store: Option<Store>,
        metrics: Arc<TaskMetrics>,
        paused: bool,
    ) -> Self {
        let limits = &config.buffer;
        metrics
            .queue_capacity_messages
            .store(limits.max_messages as u64, Relaxed);
        let mut intake = Self {
            payload: Payload::new(config),
            counts: Counts {
                replayed: store.as_ref().map_or(0, Store::waiting),
                ..Counts::default()
            },
            read: 0,
            backlog: Backlog::new(limits, store),
            rows: Rows::default(),
            outlet: Outlet::new(sink, Arc::clone(&metrics)),
            metrics,
            paused,
            max_message_bytes: config.message_max_bytes,
            generation: 0,
            held: false,
            last: false,
        };
        intake.acknowledge();
        intake
    }

    /// Whether a message of `next_bytes` may be decoded at `now`, with `rows`
    /// before it that have not been handed on.
    fn admits(&mut self, rows: &Rows, next_bytes: usize, now: Instant) -> bool {
        if !self.paused {
            if self.is_direct(rows, next_bytes) {
                self.outlet.patience.renew();
                // The sink may take less than it says; what it leaves has to
                // find room in the backlog. A spool gets it in any case.
                let passes = rows.is_empty() && !self.backlog.is_durable();
                return passes || self.has_room(rows, next_bytes);
            }
            if self.outlet.patience.holds(now) {
                // Room that has come until now would go unnoticed after this.
                self.outlet.delivery().arm();
                self.held = !self.is_direct(rows, next_bytes);
                return !self.held;
            }
        }
        self.has_room(rows, next_bytes)
    }

    /// Whether a message can go to the sink without a stay in the buffer.
    fn is_direct(&self, rows: &Rows, next_bytes: usize) -> bool {
        let (records, bytes) = (rows.len() + 1, rows.value_bytes() + next_bytes);
        self.backlog.is_empty() && self.outlet.has_room(records, bytes)
    }

    /// Whether the backlog takes another message.
    fn has_room(&self, rows: &Rows, next_bytes: usize) -> bool {
        let (records, bytes) = (rows.len(), rows.value_bytes());
        self.backlog.has_room(records, bytes, next_bytes)
    }

    /// Whether a connection may be read from: it has nothing undecoded left
    /// for want of room.
    pub(super) fn reads(&self, connection: &mut Connection) -> bool {
        let (received, start, end, decoder) = connection.input();
        let ahead = decoder.peek(&received[start..end]);
        let held = self.held && start < end;
        let refused = ahead.bytes > self.max_message_bytes;
        !held && (refused || self.has_room(&Rows::default(), self.payload.value_bytes(ahead)))
    }

    /// Messages that the sink does not have.
    pub(super) fn waiting(&self) -> u64 {
        let on_disk = self.backlog.store().map_or(0, Store::waiting);
        self.backlog.messages() as u64 + on_disk
    }

    /// When the spool is to be looked after, if it is to be.
    pub(super) fn tick_at(&self) -> Option<Instant> {
        self.backlog.store()?.deadline()
    }

    /// Where the spool was found to have lost messages since this was last
    /// asked.
    pub(super) fn take_gap(&mut self) -> Option<Gap> {
        self.backlog.store_mut()?.take_gap()
    }

    /// States that the spool is being looked after.
    pub(super) fn ticked(&mut self) {
        if let Some(store) = self.backlog.store_mut() {
            store.ticked();
        }
    }

    /// Why the spool cannot be used at present.
    pub(super) fn spool_fault(&self) -> Option<&str> {
        self.backlog.store()?.fault()
    }

    /// Whether what is received goes to the disk first.
    pub(super) fn is_durable(&self) -> bool {
        self.backlog.is_durable()
    }

    /// States that there is nothing left that was held back.
    pub(super) fn release(&mut self) {
        self.held = false;
    }

    /// When to decode on, whatever the sink has done by then.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.outlet.patience.deadline().filter(|_| self.held)
    }

    /// Decodes all that `connection`, which is given up, has read, into the
    /// buffer: what the sink says of it is heard when that is drained. What
    /// there is no place for at all is as if it had not come.
    pub(super) fn decode_last(&mut self, connection: &mut Connection) -> Found {
        if self.backlog.is_overfull() {
            connection.discard_input();
            return Found::default();
        }
        self.last = true;
        let found = self.decode(connection);
        self.last = false;
        found
    }

    /// Decodes all that `connection` has read and there is room for.
    pub(super) fn decode(&mut self, connection: &mut Connection) -> Found {
        self.ask_sink();
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
            self.outlet.patience.caught_up();
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
                let ahead = decoder.peek(input);
                let next = self.payload.value_bytes(ahead);
                let refused = ahead.bytes > self.max_message_bytes;
                if !refused && !self.admits(rows, next, received.at) {
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

    fn count(&mut self, found: &Found, received: Received) {
        if found.messages > 0 {
            self.metrics.received.fetch_add(found.messages, Relaxed);
            self.metrics
                .last_message_at_ms
                .store(received.at_ms, Relaxed);
        }
        self.read += found.messages;
        self.counts
            .add_dropped(DropReason::Binary, found.binary_dropped);
        self.counts
            .add_dropped(DropReason::Overflow, found.overflow.messages);
        self.acknowledge();
    }

    /// Takes in what has been acknowledged, and publishes where messages are.
    pub(super) fn acknowledge(&mut self) {
        if let Some(store) = self.backlog.store_mut() {
            store.acknowledge(self.outlet.delivery().progress().acknowledged);
        }
        // After that, which may have made room for it.
        self.backlog.store_late();
        if let Some(store) = self.backlog.store_mut() {
            let lost = store.take_lost();
            self.counts.add_dropped(DropReason::Spool, lost);
            self.counts.replayed += store.take_found();
            let (counters, metrics) = (store.counters(), &self.metrics);
            metrics.spool_messages.store(counters.messages, Relaxed);
            metrics.spool_bytes.store(counters.disk_bytes, Relaxed);
            metrics.spool_errors.store(counters.errors, Relaxed);
        }
        self.counts.taken = self.outlet.taken();
        self.count_memory(self.backlog.unwritten() as u64);
        self.counts.spooled = self.backlog.store().map_or(0, Store::waiting);
        self.publish();
    }

    /// Counts what is in memory but for messages that are not received yet.
    fn count_memory(&mut self, unwritten: u64) {
        self.counts.received = self.read - unwritten;
        self.counts.buffered = self.backlog.messages() as u64 - unwritten;
    }

    /// The account at the end, of which a host that fetches has got `given`
    /// more than is acknowledged; and how many messages are lost. What is in
    /// the spool stays there.
    pub(super) fn close(&mut self, given: u64) -> (Ledger, u64) {
        self.backlog.spill(self.generation);
        self.acknowledge();
        // What the disk has not taken by now is lost, and told as that.
        self.count_memory(0);
        self.publish();
        let delivery = Arc::clone(self.outlet.delivery());
        let mut ledger = self.metrics.account.read(|| delivery.progress());
        let store = self.backlog.store();
        // What came from the spool stays there until it is acknowledged.
        let given = store.map_or(given, |store| {
            let taken = ledger.in_flight.saturating_sub(self.counts.buffered);
            given.min(taken.saturating_sub(store.on_their_way()))
        });
        let lost = ledger.settle(store.map_or(0, Store::left), given);
        self.counts.add_dropped(DropReason::Stop, lost);
        self.metrics.account.close(&self.counts, ledger);
        (ledger, lost)
    }

    fn publish(&self) {
        let metrics = &self.metrics;
        metrics.account.publish(&self.counts);
        metrics
            .queue_messages
            .store(self.backlog.messages() as u64, Relaxed);
        metrics
            .queue_bytes
            .store(self.backlog.bytes() as u64, Relaxed);
    }

    /// Hands rows over, or keeps them.
    fn deliver(&mut self, batch: &Batch<'_>, found: &mut Found) {
        if batch.is_empty() {
            return;
        }
        let bytes: usize = batch.values().map(<[u8]>::len).sum();
        self.metrics.received_bytes.fetch_add(bytes as u64, Relaxed);
        let origin = Origin {
            generation: self.generation,
            last: self.last,
        };
        // Nothing goes to the sink after a record that never can, but to where
        // it is kept.
        let open = !self.paused && !self.last && found.rejected.is_none();
        let direct = open && self.backlog.is_empty();
        if self.backlog.is_durable() {
            let stored = self.backlog.store_first(batch, origin);
            found.overflow.add(stored.dropped);
            if let (Some(first), true) = (stored.first, direct) {
                found.rejected = self.hand_over_stored(batch, first);
            }
            return;
        }
        let mut taken = 0;
        if direct {
            (taken, found.rejected) = self.outlet.offer(batch);
        }
        if taken < batch.len() {
            let dropped = self.backlog.keep(&batch.tail(taken), origin);
            found.overflow.add(dropped);
        }
    }

    /// Hands over from memory what has just been stored, from the number
    /// `first` on; the rest is read from the disk later.
    fn hand_over_stored(&mut self, batch: &Batch<'_>, first: u64) -> Option<SinkError> {
        let store = self.backlog.store_mut()?;
        if !store.skip_to(first, &mut self.outlet) {
            return None;
        }
        let (taken, rejected) = self.outlet.offer(batch);
        store.handed(taken, &self.outlet);
        rejected
    }

    /// Moves what waits to the sink as far as it takes it.
    ///
    /// # Errors
    /// A record can never be sent.
    pub(super) fn drain(&mut self) -> Result<(), SinkError> {
        self.ask_sink();
        let mut result = Ok(());
        while !self.paused {
            match self.backlog.offer(&mut self.outlet) {
                Ok(Offered::Some) => {}
                Ok(Offered::Empty | Offered::Full) => break,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.acknowledge();
        result
    }

    /// Asks the sink where it begins, if only that knows, and goes back to where
    /// a transaction that was aborted had begun.
    fn ask_sink(&mut self) {
        if let Some(store) = self.backlog.store_mut()
            && !store.has_begun()
        {
            store.begin(&mut self.outlet);
            self.counts.replayed = store.waiting();
        }
        if let Some(from) = self.outlet.rewound()
            && let Some(store) = self.backlog.store_mut()
        {
            let again = store.rewind(from);
            self.outlet.give_back(again);
        }
    }
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
