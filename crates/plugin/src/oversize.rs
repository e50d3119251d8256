//! Messages that the connector's own producer would refuse for their size
//! (`websocket.oversize`).
//!
//! Connect tells a task nothing of its producer, so its limit is known only
//! where the connector itself sets one. Invariants: what is left out here is
//! what Java's producer would refuse if the record is written as it comes; a
//! transform or a converter may still make it larger.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use websocket_source::events::{Event, InConnect};
use websocket_source::settings::Oversize;

/// The limit's setting.
pub(crate) const LIMIT: &str = "producer.override.max.request.size";
/// The policy's setting.
pub(crate) const POLICY: &str = "websocket.oversize";

/// How often messages that were left out are told of at the most.
const QUIET: Duration = Duration::from_secs(1);
/// What Java's producer counts for a batch and a record, but for the lengths of
/// key and value (`DefaultRecordBatch.estimateBatchSizeUpperBound`).
const RECORD_BYTES: usize = 61 + 21;

/// What a producer counts for a record without headers.
fn record_bytes(key: Option<usize>, value: usize) -> usize {
    // A missing key has a length of one byte, and so has the number of headers.
    let key = key.map_or(1, |key| varint_bytes(key) + key);
    RECORD_BYTES + key + varint_bytes(value) + value + 1
}

/// Bytes of a length in Kafka's zigzag encoding.
fn varint_bytes(length: usize) -> usize {
    let bits = usize::BITS - length.leading_zeros() + 1;
    bits.div_ceil(7) as usize
}

/// What a task's configuration says of messages that are too large.
#[derive(Debug)]
pub(crate) struct Limit {
    bytes: usize,
    connector: String,
    task: u32,
    /// Left out and not told of yet.
    untold: u64,
    told: Option<Instant>,
}

impl Limit {
    /// The limit beyond which messages are left out, if there is one.
    pub(crate) fn of(
        config: &BTreeMap<String, String>,
        policy: Oversize,
        (connector, task): (&str, u32),
    ) -> Option<Self> {
        if policy == Oversize::Fail {
            return None;
        }
        // What is no number, Connect's producer refuses.
        let bytes = config.get(LIMIT)?.trim().parse().ok()?;
        Some(Self {
            bytes,
            connector: connector.to_owned(),
            task,
            untold: 0,
            told: None,
        })
    }

    /// Whether a record with a key and a value of these lengths is larger.
    pub(crate) fn is_exceeded(&self, key: Option<usize>, value: usize) -> bool {
        record_bytes(key, value) > self.bytes
    }

    /// Counts a message of `value` bytes that is left out, and tells of it now
    /// and then.
    pub(crate) fn left_out(&mut self, value: usize) {
        self.untold += 1;
        let now = Instant::now();
        if self.told.is_some_and(|told| now < told + QUIET) {
            return;
        }
        let messages = std::mem::take(&mut self.untold);
        self.told = Some(now);
        let event = InConnect::TooLarge {
            messages,
            bytes: value,
            limit: self.bytes,
        };
        Event::InConnect(event).emit(&self.connector, self.task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_size_that_java_s_producer_counts() {
        // By Kafka's formula; a length of 64 takes a second byte.
        for (value, bytes) in [
            (0, 85),
            (63, 148),
            (64, 150),
            (8_191, 8_277),
            (8_192, 8_279),
        ] {
            assert_eq!(record_bytes(None, value), bytes, "{value}");
        }
        assert_eq!(record_bytes(Some(3), 10), 61 + 21 + 4 + 11 + 1);
    }

    #[test]
    fn the_limit_is_known_where_the_connector_sets_one_and_counts_unless_the_task_is_to_fail() {
        let config = |value: &str| BTreeMap::from([(LIMIT.to_owned(), value.to_owned())]);
        let of = |value, policy| Limit::of(&config(value), policy, ("c", 0));
        let limit = of(" 1000 ", Oversize::Drop).expect("a limit");
        assert!(limit.is_exceeded(None, 1_000) && !limit.is_exceeded(None, 900));
        assert!(of("1000", Oversize::Fail).is_none());
        assert!(of("much", Oversize::Drop).is_none());
        assert!(Limit::of(&BTreeMap::new(), Oversize::Drop, ("c", 0)).is_none());
    }
}
