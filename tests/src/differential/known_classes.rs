//! The differences between Kafka's transforms, predicates and their settings
//! and ours that stay.

use super::known::matches;
use crate::kafka::Version::{self, V4_1};

/// A difference that stays.
#[derive(Debug)]
pub struct KnownClass {
    /// The versions that ours differs from in this.
    pub of: &'static [Version],
    /// The class's simple name, without `$Key` and `$Value`.
    pub class: &'static str,
    /// Where it shows: in `record by` and the settings that were given,
    /// `refusal`, `order`, or `definition` or `value` and a setting's name; `*`
    /// is any text.
    pub at: &'static str,
    /// The difference, for users.
    pub what: &'static str,
    /// Why it stays.
    pub why: &'static str,
}

impl KnownClass {
    /// Whether it covers a difference; `class` is the full name.
    pub fn covers(&self, version: Version, class: &str, at: &str) -> bool {
        let simple = class.rsplit('.').next().unwrap_or(class);
        let simple = simple.split('$').next().unwrap_or(simple);
        self.of.contains(&version) && simple == self.class && matches(self.at, at)
    }
}

/// All of them. From 3.9 there is none.
pub const KNOWN_CLASSES: &[KnownClass] = &[
    KnownClass {
        of: &[V4_1],
        class: "ReplaceField",
        at: "definition *list",
        what: "`ReplaceField` has the deprecated settings `blacklist` and `whitelist`, which 4.1 has removed.",
        why: "As in 3.9.",
    },
    KnownClass {
        of: &[V4_1],
        class: "ReplaceField",
        at: "value *list",
        what: "They are in validate answers.",
        why: "As above.",
    },
    KnownClass {
        of: &[V4_1],
        class: "ReplaceField",
        at: "record by *list*",
        what: "They have their effect; 4.1 takes no notice of them, and leaves the fields in the record.",
        why: "As above: what a configuration leaves out stays left out.",
    },
];
