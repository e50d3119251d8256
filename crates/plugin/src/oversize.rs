//! Messages that the task's producer would refuse for their size
//! (`websocket.oversize`): what the configuration says of them, and what is told.
//!
//! Java judges them, since what counts is the record that Connect's transforms
//! and converters make of one. The limit is the connector's own, if it sets one,
//! and else the worker's, which Java finds out when a task starts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use websocket_source::events::{Event, InConnect, LargeMessages};
use websocket_source::settings::Oversize;

use crate::letters::Letters;
use crate::settings::Texts;

/// The limit's setting.
pub(crate) const LIMIT: &str = "producer.override.max.request.size";
/// The policy's setting.
pub(crate) const POLICY: &str = "websocket.oversize";

const NO_LIMIT: &str = "Invalid value dlq for configuration websocket.oversize: it needs \
                        producer.override.max.request.size, a number of bytes, since nothing else tells the limit of \
                        the task's producer; set it (a producer's own is 1048576), or use \
                        drop or fail";

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
    /// The limit beyond which messages are left out or cut, if one is known;
    /// `worker` is that of the worker's producers.
    ///
    /// # Errors
    /// What the policy lacks.
    pub(crate) fn of(
        config: &BTreeMap<String, String>,
        worker: Option<usize>,
        policy: Oversize,
        of: (&str, u32),
    ) -> Result<Option<Self>, Vec<String>> {
        if policy == Oversize::Fail {
            return Ok(None);
        }
        let has_letters = policy == Oversize::DeadLetter;
        // What is no number, Connect's producer refuses.
        let own = config.get(LIMIT).map(|text| text.trim().parse().ok());
        let Some(bytes) = own.unwrap_or(worker) else {
            if has_letters {
                return Err(vec![NO_LIMIT.to_owned()]);
            }
            return Ok(None);
        };
        let letters = if has_letters {
            Some(Letters::of(config, bytes, of)?)
        } else {
            None
        };
        let (connector, task) = of;
        Ok(Some(Self {
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
    use websocket_source::dead_letter;

    use super::*;

    fn limit(
        own: Option<&str>,
        worker: Option<usize>,
        policy: Oversize,
    ) -> Result<Option<usize>, Vec<String>> {
        let own = own.map(|own| (LIMIT.to_owned(), own.to_owned()));
        let topic = (dead_letter::TOPIC.to_owned(), "dead".to_owned());
        let config = own.into_iter().chain([topic]).collect();
        let limit = Limit::of(&config, worker, policy, ("c", 0))?;
        Ok(limit.map(|limit| limit.bytes))
    }

    #[test]
    fn the_limit_is_the_connector_s_and_else_the_worker_s() {
        let of = |own, worker| limit(own, worker, Oversize::Drop);
        assert_eq!(of(None, Some(1 << 20)), Ok(Some(1 << 20)));
        assert_eq!(of(Some(" 2000 "), Some(1_000)), Ok(Some(2_000)));
        assert_eq!(of(Some("much"), Some(1_000)), Ok(None));
        assert_eq!(of(None, None), Ok(None));
    }

    #[test]
    fn the_limit_counts_unless_the_task_is_to_fail() {
        let of = |policy| limit(Some("10000"), None, policy);
        assert_eq!(of(Oversize::Drop), Ok(Some(10_000)));
        assert_eq!(of(Oversize::DeadLetter), Ok(Some(10_000)));
        assert_eq!(of(Oversize::Fail), Ok(None));
    }

    #[test]
    fn dead_letters_without_a_limit_could_never_be() {
        for own in [None, Some("much")] {
            let lacks = vec![NO_LIMIT.to_owned()];
            assert_eq!(limit(own, None, Oversize::DeadLetter), Err(lacks));
        }
    }
}
