//! The differences from Kafka's classes that stay, as they are met.

use std::collections::BTreeSet;
use std::fmt::Debug;

use end_to_end::differential::known::matches;
use end_to_end::differential::known_classes::{KNOWN_CLASSES, KnownClass};
use end_to_end::kafka::Version;

/// Which of the known differences from a version were met.
pub(crate) struct Seen {
    pub(crate) version: Version,
    rows: BTreeSet<usize>,
}

impl Seen {
    pub(crate) fn new(version: Version) -> Self {
        let rows = BTreeSet::new();
        Self { version, rows }
    }

    /// Fails the test if both are not the same and that is not known.
    pub(crate) fn same<T: PartialEq + Debug>(
        &mut self,
        class: &str,
        at: &str,
        ours: &T,
        theirs: &T,
        asked: &dyn Debug,
    ) {
        if ours == theirs {
            return;
        }
        let version = self.version;
        let covers = |known: &KnownClass| known.covers(version, class, at);
        match KNOWN_CLASSES.iter().position(covers) {
            Some(row) => {
                self.rows.insert(row);
            }
            None => {
                panic!("{version:?} {class}: {at}, asked {asked:?}\nours {ours:?}\nJava {theirs:?}")
            }
        }
    }

    /// Fails the test if something is known of these places of a class, by its
    /// simple name, that was not met; `*` is any text.
    pub(crate) fn all_of(&self, name: &str, places: &[&str]) {
        for (row, known) in KNOWN_CLASSES.iter().enumerate() {
            let here = known.of.contains(&self.version)
                && matches(name, known.class)
                && places.iter().any(|place| matches(place, known.at));
            assert!(
                !here || self.rows.contains(&row),
                "{:?}: known, but does not show: {}",
                self.version,
                known.what
            );
        }
    }
}
