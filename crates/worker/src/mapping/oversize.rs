//! What becomes of a record that the producer may not send for its size
//! (`websocket.oversize`).
//!
//! A dead letter goes through the same producer, so it has what fits of the
//! value, and in its headers how large that was and why it is there.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{SystemTime, UNIX_EPOCH};

use websocket_source::dead_letter::{Cause, room};
use websocket_source::settings::Oversize;
use websocket_source::sink::LeftOut;

use super::tolerance::ErrorHandler;
use super::{Mapped, record_headers};

/// How often a dropped record is told of at the most.
const QUIET_MS: i64 = 1_000;

/// What is to be done with a record that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The task goes on without it.
    LeaveOut(LeftOut),
    /// It goes to the dead-letter topic, cut.
    DeadLetter,
    /// It ends the task.
    Fail,
}

impl ErrorHandler {
    /// Judges a record that is too large, and counts and tells of it if it is
    /// left out.
    pub fn oversized(&self, cause: &dyn fmt::Display) -> Verdict {
        match self.oversize {
            Oversize::DeadLetter if self.tolerance.dead_letter_topic.is_some() => {
                Verdict::DeadLetter
            }
            Oversize::Fail if self.leaves_out(cause) => Verdict::LeaveOut(LeftOut::Error),
            Oversize::Fail => Verdict::Fail,
            Oversize::Drop | Oversize::DeadLetter => {
                self.counts.failed();
                self.tell_dropped(cause);
                Verdict::LeaveOut(LeftOut::Oversize)
            }
        }
    }

    fn tell_dropped(&self, cause: &dyn fmt::Display) {
        let untold = self.counts.oversize_untold.fetch_add(1, Relaxed) + 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let due = self.counts.oversize_told_ms.load(Relaxed) + QUIET_MS <= now;
        if due {
            self.counts.oversize_told_ms.store(now, Relaxed);
            self.counts.oversize_untold.store(0, Relaxed);
            let connector = &self.connector;
            tracing::warn!(
                target: "WorkerSourceTask", connector = %connector, task = 0,
                "Dropped {untold} messages that are too large (websocket.oversize=drop). {cause}"
            );
        }
    }

    /// The dead letter of a record of `bytes` bytes that was too large for a
    /// request of `limit` bytes; `None` if not even its headers fit.
    pub fn oversized_letter(
        &self,
        record: &Mapped,
        cause: &dyn fmt::Display,
        (bytes, limit): (usize, usize),
    ) -> Option<Mapped> {
        let topic = self.tolerance.dead_letter_topic.clone()?;
        let cause = cause.to_string();
        let cause = Cause::too_large((&self.connector, 0), &record.topic, &cause);
        let headers = cause.headers_with_size(bytes);
        let room = room(&headers, limit)?;
        let value = record.value.as_deref().unwrap_or_default();
        Some(Mapped {
            topic,
            partition: None,
            key: None,
            value: Some(value[..room.min(value.len())].to_vec()),
            timestamp_ms: record.timestamp_ms,
            headers: record_headers(headers),
        })
    }

    /// Counts a dead letter that is on its way.
    pub fn sent_letter(&self) {
        self.counts.failed();
        self.counts.dead_letters.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Tolerance;

    fn judge(oversize: Oversize, tolerance: Tolerance) -> ErrorHandler {
        ErrorHandler {
            oversize,
            tolerance,
            connector: "c".to_owned(),
            topic: "t".to_owned(),
            ..ErrorHandler::default()
        }
    }

    fn letters() -> Tolerance {
        Tolerance {
            dead_letter_topic: Some("dead".to_owned()),
            ..Tolerance::default()
        }
    }

    #[test]
    fn a_record_that_is_too_large_has_the_fate_that_is_set() {
        let all = Tolerance {
            all: true,
            ..Tolerance::default()
        };
        let verdicts = [
            (
                Oversize::Drop,
                Tolerance::default(),
                Verdict::LeaveOut(LeftOut::Oversize),
            ),
            (Oversize::DeadLetter, letters(), Verdict::DeadLetter),
            (
                Oversize::DeadLetter,
                Tolerance::default(),
                Verdict::LeaveOut(LeftOut::Oversize),
            ),
            (Oversize::Fail, Tolerance::default(), Verdict::Fail),
            (Oversize::Fail, all, Verdict::LeaveOut(LeftOut::Error)),
        ];
        for (oversize, tolerance, verdict) in verdicts {
            let judge = judge(oversize, tolerance);
            assert_eq!(judge.oversized(&"too large"), verdict, "{oversize:?}");
            let counts = matches!(verdict, Verdict::LeaveOut(_));
            assert_eq!(judge.counts.failures.load(Relaxed), u64::from(counts));
        }
    }

    #[test]
    fn a_dead_letter_has_what_fits_and_says_how_large_the_record_was() {
        let judge = judge(Oversize::DeadLetter, letters());
        let record = Mapped {
            topic: "t".to_owned(),
            partition: Some(3),
            key: Some(b"k".to_vec()),
            value: Some(vec![b'x'; 5_000]),
            timestamp_ms: Some(7),
            headers: Vec::new(),
        };
        let letter = judge.oversized_letter(&record, &"why", (5_000, 2_000));
        let letter = letter.expect("it fits");
        assert_eq!((letter.topic.as_str(), letter.partition), ("dead", None));
        let value = letter.value.expect("a part").len();
        assert!(value > 1_000 && value < 2_000, "{value}");
        let header = |name: &str| {
            let found = letter.headers.iter().find(|(key, _)| key == name);
            found.and_then(|(_, value)| value.clone()).expect(name)
        };
        assert_eq!(header("websocket.oversize.bytes"), b"5000");
        assert_eq!(header("__connect.errors.exception.message"), b"why");
        assert_eq!(header("__connect.errors.topic"), b"t");
        assert_eq!(judge.oversized_letter(&record, &"why", (5_000, 200)), None);
    }
}
