//! The last events of a connector's sessions, for whoever looks at it after
//! they happened: when it connected, what it was refused with, why it was cut.
//!
//! Invariants: what is kept is bounded, in number and in length; events come
//! with a connection or its end, never with a message; their words are those
//! of the log, without secrets.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Events that are kept of one connector; an older one is forgotten.
pub const MAX_MOMENTS: usize = 64;
/// Bytes of an event's words that are kept.
const MAX_TEXT_BYTES: usize = 512;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it happened.
    pub at: SystemTime,
    /// What it is, as a word: `connecting`, `connected`, `failed`, `lost`,
    /// `paused`, `resumed`, `stopped`, `spool` or `task_failed`.
    pub kind: &'static str,
    /// The log's words for it.
    pub text: String,
}

/// The last [`MAX_MOMENTS`] events of one connector, over all of its tasks.
#[derive(Debug, Default)]
pub struct Timeline(Mutex<VecDeque<Moment>>);

impl Timeline {
    // Every change leaves the queue whole.
    fn moments(&self) -> MutexGuard<'_, VecDeque<Moment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an event that happens now.
    pub fn add(&self, kind: &'static str, mut text: String) {
        if text.len() > MAX_TEXT_BYTES {
            let mut end = MAX_TEXT_BYTES;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            text.push('…');
        }
        let at = SystemTime::now();
        let mut moments = self.moments();
        if moments.len() == MAX_MOMENTS {
            moments.pop_front();
        }
        moments.push_back(Moment { at, kind, text });
    }

    /// All that is kept, the oldest first.
    pub fn all(&self) -> Vec<Moment> {
        self.moments().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_order_and_no_more() {
        let timeline = Timeline::default();
        for number in 0..MAX_MOMENTS + 3 {
            timeline.add("lost", number.to_string());
        }
        let all = timeline.all();
        let texts: Vec<String> = all.into_iter().map(|moment| moment.text).collect();
        let expected: Vec<String> = (3..MAX_MOMENTS + 3).map(|n| n.to_string()).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let timeline = Timeline::default();
        timeline.add("failed", "ä".repeat(MAX_TEXT_BYTES));
        timeline.add("failed", format!("x{}", "ä".repeat(MAX_TEXT_BYTES)));
        for moment in timeline.all() {
            assert!(moment.text.ends_with("ä…"), "{}", moment.text);
            assert!(moment.text.len() <= MAX_TEXT_BYTES + '…'.len_utf8());
        }
    }
}
