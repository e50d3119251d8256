//! The differences that stay.

use super::compare::Difference;
use crate::kafka::Version::{self, V3_9, V4_1};

/// A difference that stays, wherever it shows.
#[derive(Debug)]
pub struct Known {
    /// The worker's versions that ours differs from in this.
    pub of: &'static [Version],
    /// The heading it is listed under.
    pub topic: &'static str,
    /// The titles of the steps that may show it; `*` is any text.
    pub steps: &'static [&'static str],
    /// The paths where it may show; `*` is any text.
    pub at: &'static [&'static str],
    /// The difference, for users.
    pub what: &'static str,
    /// Why it stays.
    pub why: &'static str,
}

const ALL: &[Version] = &[V3_9, V4_1];

/// All of them, by topic.
pub const KNOWN: &[Known] = &[Known {
    of: ALL,
    topic: "The worker",
    steps: &["the worker's version*"],
    at: &["body/commit"],
    what: "`commit` in `GET /` is this program's version.",
    why: "There is no commit of Apache Kafka that it was built from.",
}];

impl Known {
    /// Whether this is what a step showed.
    pub fn covers(&self, version: Version, step: &str, difference: &Difference) -> bool {
        self.of.contains(&version)
            && self.steps.iter().any(|pattern| matches(pattern, step))
            && self
                .at
                .iter()
                .any(|pattern| matches(pattern, &difference.at))
    }
}

/// Whether a text is as a pattern, in which `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    let ends = text
        .char_indices()
        .map(|(index, _)| index)
        .chain([text.len()]);
    ends.into_iter().any(|index| matches(rest, &text[index..]))
}
