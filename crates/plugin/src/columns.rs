//! Records on their way to Java, column by column; the columns are the sink
//! seam's.

use std::ops::Range;

use websocket_source::buffer::Batch;
use websocket_source::frames::Kind;

use crate::hand_over::MAX_BYTES;
use crate::letters::{Letter, Letters};

/// Memory that a large record needed is given back above this.
pub(crate) const KEEP_BYTES: usize = 2 * MAX_BYTES;
/// The most dead letters that lie ready: each has a kilobyte of headers.
pub(crate) const MAX_LETTERS: usize = 1_000;

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
    /// Which of them are dead letters, in order; nearly always none.
    letters: Vec<Letter>,
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
        self.push_part(batch, row, batch.value(row));
    }

    /// Adds a row of a batch as a dead letter with `part` of its value; false
    /// if there are as many letters as may be.
    pub(crate) fn push_letter(
        &mut self,
        batch: &Batch<'_>,
        row: usize,
        part: &[u8],
        letters: &Letters,
    ) -> bool {
        let has_room = self.letters.len() < MAX_LETTERS;
        if has_room {
            let letter = letters.letter(self.len(), batch.value(row).len());
            self.letters.push(letter);
            self.push_part(batch, row, part);
        }
        has_room
    }

    fn push_part(&mut self, batch: &Batch<'_>, row: usize, part: &[u8]) {
        self.values.extend_from_slice(part);
        self.ends.push(self.values.len());
        self.kinds.push(batch.kind(row));
        self.received_ms.push(batch.received().at_ms);
        if let Some(key) = batch.key(row) {
            self.keys.extend_from_slice(key);
            self.key_ends.push(self.keys.len());
        }
    }

    /// The dead letters among these rows.
    pub(crate) fn letters(&self, rows: Range<usize>) -> &[Letter] {
        let index = |row| self.letters.partition_point(|letter| letter.row < row);
        &self.letters[index(rows.start)..index(rows.end)]
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
        self.letters.clear();
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
