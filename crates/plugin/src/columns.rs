//! Records on their way to Java, column by column; the columns are the sink
//! seam's.

use websocket_source::buffer::Batch;
use websocket_source::frames::Kind;

use crate::hand_over::MAX_BYTES;

/// Memory that a large record needed is given back above this.
pub(crate) const KEEP_BYTES: usize = 2 * MAX_BYTES;

/// Records in order.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// All values, one after the other.
    pub(crate) values: Vec<u8>,
    /// Where each value ends.
    pub(crate) ends: Vec<usize>,
    /// Whether each is text.
    pub(crate) kinds: Vec<Kind>,
    /// When each was received, milliseconds since the epoch.
    pub(crate) received_ms: Vec<i64>,
    /// All keys, one after the other.
    pub(crate) keys: Vec<u8>,
    /// Where each key ends; empty if the records have none.
    pub(crate) key_ends: Vec<usize>,
    /// Offsets skipped before these records, since the task started.
    pub(crate) skipped: u64,
}

impl Columns {
    /// Number of records.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of values and keys.
    pub(crate) fn bytes(&self) -> usize {
        self.values.len() + self.keys.len()
    }

    /// Adds a row of a batch.
    pub(crate) fn push(&mut self, batch: &Batch<'_>, row: usize) {
        self.values.extend_from_slice(batch.value(row));
        self.ends.push(self.values.len());
        self.kinds.push(batch.kind(row));
        self.received_ms.push(batch.received().at_ms);
        if let Some(key) = batch.key(row) {
            self.keys.extend_from_slice(key);
            self.key_ends.push(self.keys.len());
        }
    }

    /// Forgets the records and keeps the memory, unless it is exceptionally
    /// much.
    pub(crate) fn clear(&mut self) {
        if self.values.capacity() + self.keys.capacity() > KEEP_BYTES {
            *self = Self::default();
            return;
        }
        self.values.clear();
        self.ends.clear();
        self.kinds.clear();
        self.received_ms.clear();
        self.keys.clear();
        self.key_ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_a_large_record_needed_is_given_back() {
        let mut columns = Columns {
            values: Vec::with_capacity(KEEP_BYTES + 1),
            ..Columns::default()
        };
        columns.clear();
        assert_eq!(columns.values.capacity(), 0);
    }
}
