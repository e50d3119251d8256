//! What the sink has not taken yet: a queue bounded in messages and in bytes.
//!
//! Messages are copied into arenas of at least [`CHUNK_BYTES`], so that
//! neither a small message pins a large receive buffer nor a trickle costs an
//! allocation each. Invariants: `messages` and `bytes` are the sums over all
//! chunks' remaining rows; no chunk but the last may still grow; after every
//! `push` the queue is within its limits, a single message larger than the
//! byte limit excepted (alone, it is kept rather than lost); only
//! `push_beyond` may leave it outside of them.

use std::collections::VecDeque;

use super::batch::{Batch, Received, Row};
use crate::frames::Kind;

/// Arena size up to which the newest chunk takes more rows.
const CHUNK_BYTES: usize = 64 * 1024;
/// Rows with different receive times share a chunk only this close together,
/// so that a record's timestamp stays within this of its receipt.
const CHUNK_SPAN_MS: i64 = 100;

#[derive(Debug)]
struct Chunk {
    arena: Vec<u8>,
    rows: Vec<Row>,
    head: usize,
    received: Received,
}

/// What a push had to drop to stay within the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Number of messages.
    pub messages: u64,
    /// Their payload bytes.
    pub bytes: u64,
}

impl Dropped {
    /// All records of `batch`.
    pub fn all(batch: &Batch<'_>) -> Self {
        Self {
            messages: batch.len() as u64,
            bytes: batch.values().map(|value| value.len() as u64).sum(),
        }
    }

    /// Counts these as well.
    pub fn add(&mut self, more: Self) {
        self.messages += more.messages;
        self.bytes += more.bytes;
    }
}

/// The queue; see the module's documentation.
#[derive(Debug)]
pub struct Buffer {
    chunks: VecDeque<Chunk>,
    /// Memory of the last emptied chunk.
    spare: Option<(Vec<u8>, Vec<Row>)>,
    messages: usize,
    bytes: usize,
    max_messages: usize,
    max_bytes: usize,
}

impl Buffer {
    /// An empty queue for at most `max_messages` messages and `max_bytes` of
    /// payload; both are at least one.
    pub fn new(max_messages: usize, max_bytes: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            spare: None,
            messages: 0,
            bytes: 0,
            max_messages: max_messages.max(1),
            max_bytes: max_bytes.max(1),
        }
    }

    /// Messages waiting.
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// Payload bytes waiting.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Whether one more message of `bytes` fits beside `pending` messages of
    /// `pending_bytes` that are not in the queue yet.
    pub fn has_room(&self, pending: usize, pending_bytes: usize, bytes: usize) -> bool {
        let messages = self.messages + pending;
        messages == 0
            || (messages < self.max_messages
                && self.bytes + pending_bytes + bytes <= self.max_bytes)
    }

    /// Appends all records of `batch` and drops the oldest beyond the limits.
    pub fn push(&mut self, batch: &Batch<'_>) -> Dropped {
        let mut dropped = Dropped::default();
        for (kind, value) in batch.messages() {
            self.append(kind, value, batch.received());
            while self.messages > 1
                && (self.messages > self.max_messages || self.bytes > self.max_bytes)
            {
                dropped.bytes += self.drop_oldest() as u64;
                dropped.messages += 1;
            }
        }
        dropped
    }

    /// Appends as many of the first records of `batch` as the limits allow;
    /// returns their number.
    pub fn push_while_room(&mut self, batch: &Batch<'_>) -> usize {
        let mut taken = 0;
        for (kind, value) in batch.messages() {
            if !self.has_room(0, 0, value.len()) {
                break;
            }
            self.append(kind, value, batch.received());
            taken += 1;
        }
        taken
    }

    /// Appends all records of `batch`, whatever the limits.
    pub fn push_beyond(&mut self, batch: &Batch<'_>) {
        for (kind, value) in batch.messages() {
            self.append(kind, value, batch.received());
        }
    }

    fn append(&mut self, kind: Kind, value: &[u8], received: Received) {
        let grows = self.chunks.back().is_some_and(|chunk| {
            chunk.arena.len() + value.len() <= CHUNK_BYTES
                && received.at_ms - chunk.received.at_ms <= CHUNK_SPAN_MS
        });
        if !grows {
            let (arena, rows) = self.spare.take().unwrap_or_default();
            self.chunks.push_back(Chunk {
                arena,
                rows,
                head: 0,
                received,
            });
        }
        if let Some(chunk) = self.chunks.back_mut() {
            let start = chunk.arena.len();
            chunk.rows.push(Row::own(start, value.len(), kind));
            chunk.arena.extend_from_slice(value);
            self.messages += 1;
            self.bytes += value.len();
        }
    }

    fn drop_oldest(&mut self) -> usize {
        let bytes = self
            .chunks
            .front()
            .map_or(0, |chunk| chunk.rows[chunk.head].value_bytes());
        self.advance(1);
        bytes
    }

    /// The oldest records that lie together, or `None` when nothing waits.
    pub fn front(&self) -> Option<Batch<'_>> {
        let chunk = self.chunks.front()?;
        Some(Batch::from_parts(
            &chunk.rows[chunk.head..],
            None,
            &chunk.arena,
            chunk.received,
        ))
    }

    /// Forgets the oldest `count` records, at most those of [`Buffer::front`].
    pub fn advance(&mut self, count: usize) {
        let Some(chunk) = self.chunks.front_mut() else {
            return;
        };
        let end = (chunk.head + count).min(chunk.rows.len());
        let bytes: usize = chunk.rows[chunk.head..end]
            .iter()
            .map(Row::value_bytes)
            .sum();
        self.messages -= end - chunk.head;
        self.bytes -= bytes;
        chunk.head = end;
        if end == chunk.rows.len()
            && let Some(mut chunk) = self.chunks.pop_front()
        {
            chunk.arena.clear();
            chunk.rows.clear();
            if chunk.arena.capacity() <= 2 * CHUNK_BYTES {
                self.spare = Some((chunk.arena, chunk.rows));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::buffer::Rows;

    fn push(buffer: &mut Buffer, values: &[Vec<u8>], at_ms: i64) -> Dropped {
        let mut rows = Rows::default();
        for value in values {
            rows.push_own(Kind::Text, |own| own.extend_from_slice(value));
        }
        buffer.push(&rows.batch(
            &[],
            Received {
                at_ms,
                ..Received::now()
            },
        ))
    }

    fn drain(buffer: &mut Buffer) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        while let Some(batch) = buffer.front() {
            let taken: Vec<_> = batch.values().map(<[u8]>::to_vec).collect();
            let count = taken.len();
            out.extend(taken);
            buffer.advance(count);
        }
        out
    }

    #[test]
    fn the_oldest_are_dropped_first() {
        let mut buffer = Buffer::new(2, 1000);
        let values = [b"a".to_vec(), b"b".to_vec(), b"c".to_vec()];
        let dropped = push(&mut buffer, &values, 0);
        assert_eq!(
            dropped,
            Dropped {
                messages: 1,
                bytes: 1
            }
        );
        assert_eq!(drain(&mut buffer), [b"b".to_vec(), b"c".to_vec()]);
    }

    #[test]
    fn what_has_no_room_can_be_left_out() {
        let mut buffer = Buffer::new(2, 1000);
        let mut rows = Rows::default();
        for value in [b"a", b"b", b"c"] {
            rows.push_own(Kind::Text, |own| own.extend_from_slice(value));
        }
        let batch = rows.batch(&[], Received::now());
        assert_eq!(buffer.push_while_room(&batch), 2);
        assert_eq!(buffer.push_while_room(&batch), 0);
        assert_eq!(drain(&mut buffer), [b"a".to_vec(), b"b".to_vec()]);
    }

    #[test]
    fn a_message_above_the_byte_limit_is_kept_alone() {
        let mut buffer = Buffer::new(10, 4);
        push(&mut buffer, &[b"abc".to_vec()], 0);
        assert!(!buffer.has_room(0, 0, 6));
        let dropped = push(&mut buffer, &[b"abcdef".to_vec()], 0);
        assert_eq!(dropped.messages, 1);
        assert_eq!(drain(&mut buffer), [b"abcdef".to_vec()]);
    }

    #[test]
    fn rows_far_apart_in_time_keep_their_own_time() {
        let mut buffer = Buffer::new(10, 1000);
        push(&mut buffer, &[b"a".to_vec()], 0);
        push(&mut buffer, &[b"b".to_vec()], 5_000);
        assert_eq!(buffer.front().map(|batch| batch.received().at_ms), Some(0));
        buffer.advance(1);
        assert_eq!(
            buffer.front().map(|batch| batch.received().at_ms),
            Some(5_000)
        );
    }

    #[test]
    fn what_waits_stays_text_or_binary() {
        let mut rows = Rows::default();
        let kinds = [Kind::Binary, Kind::Text, Kind::Text, Kind::Binary];
        for kind in kinds {
            rows.push_own(kind, |own| own.push(b'x'));
        }
        let batch = rows.batch(&[], Received::now());
        let (mut bounded, mut beyond) = (Buffer::new(10, 1000), Buffer::new(1, 1));
        bounded.push(&batch);
        beyond.push_beyond(&batch);
        for mut buffer in [bounded, beyond] {
            buffer.advance(1);
            let front = buffer.front().expect("three");
            let seen: Vec<_> = front.messages().map(|(kind, _)| kind).collect();
            assert_eq!(seen, kinds[1..]);
        }
    }

    proptest! {
        #[test]
        fn behaves_as_a_bounded_queue(
            max_messages in 1_usize..20,
            max_bytes in 1_usize..300,
            steps in prop::collection::vec(
                (prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..6), 0_usize..5),
                0..40,
            ),
        ) {
            let mut buffer = Buffer::new(max_messages, max_bytes);
            let mut model: VecDeque<Vec<u8>> = VecDeque::new();
            for (at, (values, take)) in (0_i64..).zip(steps) {
                let dropped = push(&mut buffer, &values, at * 30);
                let mut expected = 0;
                for value in values {
                    model.push_back(value);
                    while model.len() > 1 && (model.len() > max_messages
                        || model.iter().map(Vec::len).sum::<usize>() > max_bytes) {
                        model.pop_front();
                        expected += 1;
                    }
                }
                prop_assert_eq!(dropped.messages, expected);
                for _ in 0..take {
                    let front = buffer.front().map(|batch| batch.value(0).to_vec());
                    prop_assert_eq!(&front, &model.pop_front());
                    buffer.advance(1);
                }
                prop_assert_eq!(buffer.messages(), model.len());
                prop_assert_eq!(buffer.bytes(), model.iter().map(Vec::len).sum::<usize>());
            }
            prop_assert_eq!(drain(&mut buffer), Vec::from(model));
        }
    }
}
