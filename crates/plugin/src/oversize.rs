//! Messages that the task's producer would refuse for their size
//! (`websocket.oversize`): what the configuration says of them, and what is told.
//!
//! Java judges them, since what counts is the record that Connect's transforms
//! and converters make of one. Connect tells a task nothing of its producer, so
//! the limit is known where the connector itself sets one, and else where Java
//! has found out the worker's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use websocket_source::events::{Event, InConnect, LargeMessages};
use websocket_source::settings::Oversize;

use crate::letters::Letters;
use crate::settings::Texts;

/// The limit's setting.
pub(crate) const LIMIT: &str = "producer.override.max.request.size";
/// What Java adds to a configuration: the limit of the worker's producers.
const WORKER_LIMIT: &str = "producer.max.request.size";
/// The policy's setting.
pub(crate) const POLICY: &str = "websocket.oversize";

/// How often messages that are too large are told of at the most.
const QUIET: Duration = Duration::from_secs(1);

/// What a task's configuration says of messages that are too large.
#[derive(Debug)]
pub(crate) struct Limit {
    /// The largest record, as the producer counts it.
    pub(crate) bytes: usize,
    connector: String,
    task: u32,
    /// How what is larger becomes a dead letter; without, it is left out.
    letters: Option<Letters>,
    /// Of those that were cut, and of those left out.
    untold: Mutex<[Untold; 2]>,
}

#[derive(Debug, Default)]
struct Untold {
    messages: u64,
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
        // What is no number, Connect's producer refuses.
        let text = config.get(LIMIT).or_else(|| config.get(WORKER_LIMIT));
        let bytes = text.and_then(|text| text.trim().parse().ok());
        let letters = match policy {
            Oversize::Fail => return Ok(None),
            Oversize::Drop => None,
            Oversize::DeadLetter => Some(Letters::of(config, bytes, of)?),
        };
        let (connector, task) = of;
        Ok(bytes.map(|bytes| Self {
            bytes,
            connector: connector.to_owned(),
            task,
            letters,
            untold: Mutex::default(),
        }))
    }

    /// How many bytes of a message a dead letter has at the most; `None` if there
    /// are no letters.
    pub(crate) fn letter_room(&self) -> Option<usize> {
        self.letters.as_ref().map(|letters| letters.room)
    }

    /// The headers of the dead letter of a message of `message_bytes` that would
    /// be a record of `record_bytes`; `None` if there are no letters.
    pub(crate) fn letter_headers(
        &self,
        message_bytes: usize,
        record_bytes: usize,
    ) -> Option<Texts> {
        let letters = self.letters.as_ref();
        letters.map(|letters| letters.headers(message_bytes, record_bytes))
    }

    /// Counts a message that is left out or `is_cut`, and tells of it now and
    /// then.
    pub(crate) fn tell(&self, message_bytes: usize, record_bytes: usize, is_cut: bool) {
        // A count is whole at any moment.
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = &mut untold[usize::from(is_cut)];
        untold.messages += 1;
        let now = Instant::now();
        if untold.told.is_some_and(|told| now < told + QUIET) {
            return;
        }
        let messages = std::mem::take(&mut untold.messages);
        untold.told = Some(now);
        let event = InConnect::TooLarge {
            messages,
            message_bytes,
            record_bytes,
            limit: self.bytes,
            become_what: match &self.letters {
                None => LargeMessages::Dropped,
                Some(letters) if is_cut => LargeMessages::Cut(&letters.topic),
                Some(_) => LargeMessages::NoLetters,
            },
        };
        Event::InConnect(event).emit(&self.connector, self.task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(pairs: &[(&str, &str)], policy: Oversize) -> Option<usize> {
        let pairs = pairs.iter();
        let config = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let limit = Limit::of(&config.collect(), policy, ("c", 0)).expect("valid");
        limit.map(|limit| limit.bytes)
    }

    #[test]
    fn the_limit_is_the_connector_s_and_else_the_worker_s() {
        let of = |pairs: &[(&str, &str)]| limit(pairs, Oversize::Drop);
        assert_eq!(of(&[(WORKER_LIMIT, "1048576")]), Some(1 << 20));
        assert_eq!(
            of(&[(WORKER_LIMIT, "1000"), (LIMIT, " 2000 ")]),
            Some(2_000)
        );
        assert_eq!(of(&[(WORKER_LIMIT, "1000"), (LIMIT, "much")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn the_limit_counts_unless_the_task_is_to_fail() {
        assert_eq!(limit(&[(LIMIT, "1000")], Oversize::Drop), Some(1_000));
        assert_eq!(limit(&[(LIMIT, "1000")], Oversize::Fail), None);
        // Dead letters without a limit could never be.
        assert!(Limit::of(&BTreeMap::new(), Oversize::DeadLetter, ("c", 0)).is_err());
    }
}
