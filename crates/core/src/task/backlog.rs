//! What the sink has not taken yet, in memory and on disk.
//!
//! Without a spool it is the buffer. With `overflow` the disk has what the
//! buffer had no room for, so all of it is younger than the buffer's. With
//! `durable` everything goes to the disk before it is offered, and the buffer
//! stays empty. What the disk does not take under `block` is late: it waits in
//! memory to be written once the disk does, and nothing is read meanwhile, so
//! that it is what a receive buffer holds at the most, and what connections
//! that were given up had read by then.
//!
//! Invariants: buffer, disk and what is late follow each other in age; order
//! is kept, since nothing goes to one while a younger one has something;
//! nothing is dropped but by the policy of the last store; what is late is
//! bounded.

use super::outlet::Outlet;
use super::store::Store;
use crate::buffer::{Batch, Buffer, Dropped};
use crate::settings::{BufferLimits, Overflow, SpoolMode};
use crate::sink::SinkError;

/// Beyond so much that is late, nothing more is taken from connections.
const MAX_LATE_BYTES: usize = 1 << 20;

/// How an offer of what waits has ended.
pub(super) enum Offered {
    /// There may be more.
    Some,
    /// Nothing waits that can be offered.
    Empty,
    /// The sink is full.
    Full,
}

/// What became of records that were to be stored before they are offered.
pub(super) struct Stored {
    /// The spool's number of the first, if they are stored.
    pub(super) first: Option<u64>,
    pub(super) dropped: Dropped,
}

/// Where records come from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// The connection's number.
    pub(super) generation: u64,
    /// The connection is given up: what it has read is kept whatever the room.
    pub(super) last: bool,
}

/// See the module's documentation.
pub(super) struct Backlog {
    buffer: Buffer,
    policy: Overflow,
    store: Option<Store>,
    late: Buffer,
    late_generation: u64,
}

impl Backlog {
    pub(super) fn new(limits: &BufferLimits, store: Option<Store>) -> Self {
        Self {
            buffer: Buffer::new(limits.max_messages, limits.max_bytes),
            policy: limits.overflow,
            store,
            late: Buffer::new(1, 1),
            late_generation: 0,
        }
    }

    /// Whether records have to be stored before they are offered.
    pub(super) fn is_durable(&self) -> bool {
        let store = self.store.as_ref();
        store.is_some_and(|store| store.mode() == SpoolMode::Durable)
    }

    /// Whether a message could be offered before any that waits.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.late.is_empty() && self.is_caught_up()
    }

    /// Whether nothing waits on the disk.
    fn is_caught_up(&self) -> bool {
        self.store.as_ref().is_none_or(Store::is_caught_up)
    }

    /// Messages in memory.
    pub(super) fn messages(&self) -> usize {
        self.buffer.messages() + self.late.messages()
    }

    /// Of those, messages that do not count as received until they are on the
    /// disk.
    pub(super) fn unwritten(&self) -> usize {
        if self.is_durable() {
            self.late.messages()
        } else {
            0
        }
    }

    /// Whether even what a connection has read when it is given up finds no
    /// room any more.
    pub(super) fn is_overfull(&self) -> bool {
        self.late.bytes() > MAX_LATE_BYTES
    }

    /// Payload bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.buffer.bytes() + self.late.bytes()
    }

    /// The spool, if there is one.
    pub(super) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// As [`Backlog::store`].
    pub(super) fn store_mut(&mut self) -> Option<&mut Store> {
        self.store.as_mut()
    }

    /// Whether one more message of `bytes` is taken, beside `pending` messages
    /// of `pending_bytes` that are not here yet: always by the policies that
    /// drop.
    pub(super) fn has_room(&self, pending: usize, pending_bytes: usize, bytes: usize) -> bool {
        if self.policy != Overflow::Block {
            return true;
        }
        let in_buffer = || self.buffer.has_room(pending, pending_bytes, bytes);
        let Some(store) = &self.store else {
            return in_buffer();
        };
        let on_disk = || store.has_room(pending + 1, pending_bytes + bytes);
        let buffers = store.mode() == SpoolMode::Overflow && store.is_caught_up();
        self.late.is_empty() && ((buffers && in_buffer()) || on_disk())
    }

    /// Writes records to the disk before they are offered.
    pub(super) fn store_first(&mut self, batch: &Batch<'_>, origin: Origin) -> Stored {
        let origin = self.limited(origin);
        match &mut self.store {
            Some(store) if self.late.is_empty() => {
                if let Some(first) = store.append(batch, origin) {
                    return Stored {
                        first: Some(first),
                        dropped: Dropped::default(),
                    };
                }
            }
            _ => {}
        }
        self.beyond(batch, origin)
    }

    /// Keeps records that the sink has not taken, those that are beyond all
    /// room by the policy.
    pub(super) fn keep(&mut self, batch: &Batch<'_>, origin: Origin) -> Dropped {
        let origin = self.limited(origin);
        let Some(store) = &mut self.store else {
            return self.keep_in_buffer(batch, origin.last);
        };
        let mut rest = *batch;
        if store.is_caught_up() && self.late.is_empty() {
            let taken = self.buffer.push_while_room(&rest);
            rest = rest.tail(taken);
        }
        if rest.is_empty() || (self.late.is_empty() && store.append(&rest, origin).is_some()) {
            return Dropped::default();
        }
        self.beyond(&rest, origin).dropped
    }

    /// Policies that drop need nothing beyond their limits.
    fn limited(&self, origin: Origin) -> Origin {
        Origin {
            last: origin.last && self.policy == Overflow::Block,
            ..origin
        }
    }

    /// What the spool has not taken, by the policy.
    fn beyond(&mut self, batch: &Batch<'_>, origin: Origin) -> Stored {
        let mut dropped = Dropped::default();
        if self.policy == Overflow::Block {
            self.late.push_beyond(batch);
            self.late_generation = origin.generation;
            return Stored {
                first: None,
                dropped,
            };
        }
        if let (Some(store), Overflow::DropOldest) = (&mut self.store, self.policy) {
            // What room does not cure costs no segment.
            while store.is_full()
                && let Some(oldest) = store.drop_oldest()
            {
                dropped.add(oldest);
                if let Some(first) = store.append(batch, origin) {
                    return Stored {
                        first: Some(first),
                        dropped,
                    };
                }
            }
        }
        dropped.add(Dropped::all(batch));
        Stored {
            first: None,
            dropped,
        }
    }

    fn keep_in_buffer(&mut self, batch: &Batch<'_>, last: bool) -> Dropped {
        match self.policy {
            Overflow::DropNewest => {
                let taken = self.buffer.push_while_room(batch);
                Dropped::all(&batch.tail(taken))
            }
            Overflow::Block if last => {
                self.buffer.push_beyond(batch);
                Dropped::default()
            }
            Overflow::DropOldest | Overflow::Block => self.buffer.push(batch),
        }
    }

    /// Offers the oldest records that wait.
    ///
    /// # Errors
    /// A record can never be sent.
    pub(super) fn offer(&mut self, outlet: &mut Outlet) -> Result<Offered, SinkError> {
        if !self.buffer.is_empty() {
            return offer_front(&mut self.buffer, outlet);
        }
        let Some(store) = &mut self.store else {
            return Ok(Offered::Empty);
        };
        match store.offer(outlet)? {
            // Only with `durable` it has to be on the disk first.
            Offered::Empty if store.mode() == SpoolMode::Overflow && store.is_caught_up() => {
                offer_front(&mut self.late, outlet)
            }
            offered => Ok(offered),
        }
    }

    /// Writes the buffer to the disk, for the next task to deliver: only if
    /// nothing waits there, since what does is younger.
    pub(super) fn spill(&mut self, generation: u64) {
        let origin = Origin {
            generation,
            last: false,
        };
        let Some(store) = self.store.as_mut().filter(|store| store.is_caught_up()) else {
            return;
        };
        while let Some(batch) = self.buffer.front() {
            let count = batch.len();
            if store.append(&batch, origin).is_none() {
                break;
            }
            self.buffer.advance(count);
        }
    }

    /// Writes to the disk what it would not take before.
    pub(super) fn store_late(&mut self) {
        let origin = Origin {
            generation: self.late_generation,
            last: true,
        };
        let Some(store) = &mut self.store else {
            return;
        };
        while let Some(batch) = self.late.front() {
            let count = batch.len();
            if store.append(&batch, origin).is_none() {
                break;
            }
            self.late.advance(count);
        }
    }
}

/// Offers what lies together at the front.
///
/// # Errors
/// A record can never be sent.
fn offer_front(memory: &mut Buffer, outlet: &mut Outlet) -> Result<Offered, SinkError> {
    let Some(batch) = memory.front() else {
        return Ok(Offered::Empty);
    };
    let (taken, rejected) = outlet.offer(&batch);
    let full = taken < batch.len();
    memory.advance(taken);
    match rejected {
        Some(error) => Err(error),
        None if full => Ok(Offered::Full),
        None => Ok(Offered::Some),
    }
}
