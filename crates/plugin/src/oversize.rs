//! Messages that the task's producer would refuse for their size
//! (`websocket.oversize`).
//!
//! Connect tells a task nothing of its producer, so its limit is known where
//! the connector itself sets one, and else where Java has found out the
//! worker's. Invariants: what is too large here is what Java's producer would
//! refuse if the record is written as it comes, or as JSON without what need
//! not be written; a transform or a converter may still make it larger. Where
//! transforms may make it smaller, nothing is judged unless the connector says
//! so, by a limit of its own or the policy: what worked with the reference is
//! not dropped.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use websocket_source::events::{Event, InConnect};
use websocket_source::settings::Oversize;

use crate::json_bytes::least_json_bytes;
use crate::letters::Letters;

/// The limit's setting.
pub(crate) const LIMIT: &str = "producer.override.max.request.size";
const FORMAT: &str = "websocket.value.format";
/// What Java adds to a configuration: the limit of the worker's producers.
const WORKER_LIMIT: &str = "producer.max.request.size";
/// The policy's setting.
pub(crate) const POLICY: &str = "websocket.oversize";

/// How often messages that are too large are told of at the most.
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
    /// What is written is made of JSON.
    is_json: bool,
    connector: String,
    task: u32,
    /// How what is larger becomes a dead letter; without, it is left out.
    letters: Option<Letters>,
    /// Too large and not told of yet.
    untold: u64,
    told: Option<Instant>,
}

impl Limit {
    /// The limit beyond which messages are left out or cut, if there is one.
    ///
    /// # Errors
    /// What the policy lacks.
    pub(crate) fn of(
        config: &BTreeMap<String, String>,
        policy: Oversize,
        of: (&str, u32),
    ) -> Result<Option<Self>, Vec<String>> {
        let text = |name| config.get(name).map(|text: &String| text.trim());
        let is_changed = text("transforms").is_some_and(|names| !names.is_empty());
        let is_asked = config.contains_key(POLICY);
        let is_json = text(FORMAT).is_some_and(|format| format.eq_ignore_ascii_case("json"));
        let worker_s = text(WORKER_LIMIT).filter(|_| is_asked || !is_changed);
        // What is no number, Connect's producer refuses.
        let text = text(LIMIT).or(worker_s);
        let bytes = text.and_then(|text| text.parse().ok());
        let letters = match policy {
            Oversize::Fail => return Ok(None),
            Oversize::Drop => None,
            Oversize::DeadLetter => Some(Letters::of(config, bytes, of)?),
        };
        let (connector, task) = of;
        Ok(bytes.map(|bytes| Self {
            bytes,
            is_json,
            connector: connector.to_owned(),
            task,
            letters,
            untold: 0,
            told: None,
        }))
    }

    /// Whether a record with a key of this length and this value is larger.
    pub(crate) fn is_exceeded(&self, key: Option<usize>, value: &[u8]) -> bool {
        let is_larger = |value| record_bytes(key, value) > self.bytes;
        is_larger(value.len()) && (!self.is_json || is_larger(least_json_bytes(value)))
    }

    /// How what is larger becomes a dead letter; without, it is left out.
    pub(crate) fn letters(&self) -> Option<&Letters> {
        self.letters.as_ref()
    }

    /// Counts a message of `value` bytes that is left out or cut, and tells of
    /// it now and then.
    pub(crate) fn tell(&mut self, value: usize) {
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
            letters: self.letters.as_ref().map(|letters| letters.topic.as_str()),
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
    fn the_limit_is_the_connector_s_and_else_the_worker_s() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let config = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let limit = Limit::of(&config.collect(), Oversize::Drop, ("c", 0)).expect("valid");
            limit.map(|limit| limit.bytes)
        };
        assert_eq!(of(&[(WORKER_LIMIT, "1048576")]), Some(1 << 20));
        assert_eq!(of(&[(WORKER_LIMIT, "1000"), (LIMIT, "2000")]), Some(2_000));
        assert_eq!(of(&[(WORKER_LIMIT, "1000"), (LIMIT, "much")]), None);
        // A transform may make a message smaller.
        let changed = [(WORKER_LIMIT, "1000"), ("transforms", "cut")];
        assert_eq!(of(&changed), None);
        assert_eq!(
            of(&[&changed[..], &[(POLICY, "drop")]].concat()),
            Some(1_000)
        );
        assert_eq!(of(&[(LIMIT, "2000"), ("transforms", "cut")]), Some(2_000));
        assert_eq!(
            of(&[(WORKER_LIMIT, "1000"), ("transforms", " ")]),
            Some(1_000)
        );
    }

    #[test]
    fn json_may_have_white_space() {
        let config = [(LIMIT, "1000"), (FORMAT, " JSON ")];
        let config = config.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let limit = Limit::of(&config.into(), Oversize::Drop, ("c", 0)).expect("valid");
        let limit = limit.expect("a limit");
        let text = |spaces: usize, more: usize| {
            format!("[{}{}]", " ".repeat(spaces), "1,".repeat(more)).into_bytes()
        };
        assert!(!limit.is_exceeded(None, &text(2_000, 400)));
        assert!(limit.is_exceeded(None, &text(0, 600)));
    }

    #[test]
    fn the_limit_counts_unless_the_task_is_to_fail() {
        let config = |value: &str| BTreeMap::from([(LIMIT.to_owned(), value.to_owned())]);
        let of = |value, policy| Limit::of(&config(value), policy, ("c", 0)).expect("valid");
        let limit = of(" 1000 ", Oversize::Drop).expect("a limit");
        assert!(limit.is_exceeded(None, &[1; 1_000]) && !limit.is_exceeded(None, &[1; 900]));
        assert!(of("1000", Oversize::Fail).is_none());
        assert!(of("much", Oversize::Drop).is_none());
        let none = Limit::of(&BTreeMap::new(), Oversize::Drop, ("c", 0));
        assert!(none.expect("valid").is_none());
        // Dead letters without a limit could never be.
        assert!(Limit::of(&BTreeMap::new(), Oversize::DeadLetter, ("c", 0)).is_err());
    }
}
