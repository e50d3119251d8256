//! Rows of one socket read, as they cross the sink seam.
//!
//! A message is not copied on its way to Kafka until the client library takes
//! it: a row only says where its value lies. Most values lie in the receive
//! buffer itself (`Slab::Read`); those that had to be put together or
//! converted (fragments, base64) lie in the rows' own memory (`Slab::Own`).
//!
//! Invariants: a row's range lies within its slab; a row of [`Kind::Text`] has
//! a value that is UTF-8; rows are in the order in which the server sent the
//! messages.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::clock;
use crate::frames::Kind;

/// When bytes were read from the socket, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// For measuring how long something took.
    pub at: Instant,
    /// For a record's timestamp: milliseconds since the epoch.
    pub at_ms: i64,
}

impl Received {
    /// The present moment.
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            at: clock::now(),
            at_ms: since_epoch.map_or(0, |elapsed| {
                i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
            }),
        }
    }
}

/// Which memory a row's value lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slab {
    /// The receive buffer of the connection.
    Read,
    /// The memory that the rows own.
    Own,
}

/// Where the value of one record lies.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    start: u32,
    len: u32,
    slab: Slab,
    kind: Kind,
}

impl Row {
    /// A row over a value of `len` bytes at `start` of an arena.
    ///
    /// Offsets fit 32 bits because every arena is far below 4 GiB.
    pub fn own(start: usize, len: usize, kind: Kind) -> Self {
        Self::at(start, len, Slab::Own, kind)
    }

    #[allow(clippy::cast_possible_truncation)]
    fn at(start: usize, len: usize, slab: Slab, kind: Kind) -> Self {
        debug_assert!(u32::try_from(start + len).is_ok());
        Self {
            start: start as u32,
            len: len as u32,
            slab,
            kind,
        }
    }

    /// Length of the value in bytes.
    pub fn value_bytes(&self) -> usize {
        self.len as usize
    }
}

/// The rows of one read while they are being collected; reused from read to
/// read, so that a steady stream allocates nothing.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    own: Vec<u8>,
    value_bytes: usize,
}

/// Above this, memory that one large message needed is given back after use.
const KEEP_OWN_BYTES: usize = 1 << 20;

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sum of the values' lengths in bytes.
    pub fn value_bytes(&self) -> usize {
        self.value_bytes
    }

    /// Adds a value that lies in the receive buffer at `start`.
    pub fn push_read(&mut self, start: usize, len: usize, kind: Kind) {
        self.push(start, len, Slab::Read, kind);
    }

    /// Adds a value written by `write` to the rows' own memory.
    pub fn push_own(&mut self, kind: Kind, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.own.len();
        write(&mut self.own);
        self.push(start, self.own.len() - start, Slab::Own, kind);
    }

    fn push(&mut self, start: usize, len: usize, slab: Slab, kind: Kind) {
        self.value_bytes += len;
        self.rows.push(Row::at(start, len, slab, kind));
    }

    /// Bytes of own memory in use; callers hand a batch over before this
    /// passes what a 32-bit offset can say.
    pub fn own_bytes(&self) -> usize {
        self.own.len()
    }

    /// Forgets the rows and keeps the memory, unless it is exceptionally large.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.value_bytes = 0;
        if self.own.capacity() > KEEP_OWN_BYTES {
            self.own = Vec::new();
        } else {
            self.own.clear();
        }
    }

    /// The rows as a batch over the receive buffer `read`.
    pub fn batch<'a>(&'a self, read: &'a [u8], received: Received) -> Batch<'a> {
        Batch {
            rows: &self.rows,
            keys: None,
            read,
            own: &self.own,
            received,
        }
    }
}

/// Records that are offered to a sink together: one arena pair, one row each.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    rows: &'a [Row],
    keys: Option<&'a [Row]>,
    read: &'a [u8],
    own: &'a [u8],
    received: Received,
}

impl<'a> Batch<'a> {
    /// A batch whose values and keys all lie in `arena`.
    pub fn from_parts(
        rows: &'a [Row],
        keys: Option<&'a [Row]>,
        arena: &'a [u8],
        received: Received,
    ) -> Self {
        debug_assert!(keys.is_none_or(|keys| keys.len() == rows.len()));
        Self {
            rows,
            keys,
            read: arena,
            own: arena,
            received,
        }
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// When the bytes were read from the socket.
    pub fn received(&self) -> Received {
        self.received
    }

    /// The value of record `index`.
    ///
    /// # Panics
    /// If `index` is not below [`Batch::len`].
    pub fn value(&self, index: usize) -> &'a [u8] {
        self.slice(self.rows[index])
    }

    /// Whether the value of record `index` is text: that of a text message, or
    /// what `websocket.binary` has made text of.
    ///
    /// # Panics
    /// If `index` is not below [`Batch::len`].
    pub fn kind(&self, index: usize) -> Kind {
        self.rows[index].kind
    }

    /// The key of record `index`, if the batch carries keys.
    ///
    /// # Panics
    /// If `index` is not below [`Batch::len`].
    pub fn key(&self, index: usize) -> Option<&'a [u8]> {
        self.keys.map(|keys| self.slice(keys[index]))
    }

    /// The records from `from` on.
    ///
    /// # Panics
    /// If `from` is above [`Batch::len`].
    #[must_use]
    pub fn tail(&self, from: usize) -> Self {
        Self {
            rows: &self.rows[from..],
            keys: self.keys.map(|keys| &keys[from..]),
            ..*self
        }
    }

    /// All values in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + '_ {
        self.rows.iter().map(|row| self.slice(*row))
    }

    /// All values in order, each with its kind.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = (Kind, &'a [u8])> + '_ {
        self.rows.iter().map(|row| (row.kind, self.slice(*row)))
    }

    fn slice(&self, row: Row) -> &'a [u8] {
        let slab = match row.slab {
            Slab::Read => self.read,
            Slab::Own => self.own,
        };
        &slab[row.start as usize..row.start as usize + row.len as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_both_slabs_in_order() {
        let read = b"hello world";
        let mut rows = Rows::default();
        rows.push_read(0, 5, Kind::Text);
        rows.push_own(Kind::Binary, |own| own.extend_from_slice(b"joined"));
        rows.push_read(6, 5, Kind::Text);
        let batch = rows.batch(read, Received::now());
        let values: Vec<_> = batch.values().collect();
        assert_eq!(values, [&b"hello"[..], b"joined", b"world"]);
        assert_eq!(batch.tail(1).value(0), b"joined");
        let kinds: Vec<_> = batch.messages().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [Kind::Text, Kind::Binary, Kind::Text]);
        assert_eq!(batch.tail(1).kind(0), Kind::Binary);
        assert_eq!(rows.value_bytes(), 16);
    }

    #[test]
    fn clearing_gives_exceptional_memory_back() {
        let mut rows = Rows::default();
        rows.push_own(Kind::Binary, |own| own.resize(KEEP_OWN_BYTES * 2, b'x'));
        rows.clear();
        assert!(rows.is_empty());
        assert_eq!(rows.own.capacity(), 0);
    }

    /// Each message that waits has one.
    #[test]
    fn a_row_is_three_words_of_32_bits() {
        assert_eq!(size_of::<Row>(), 12);
    }
}
