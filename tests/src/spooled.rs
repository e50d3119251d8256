//! A spool's folder as it is found on the disk, read by the library and not
//! by the worker.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use websocket_source::spool::{Damage, Inspection, inspect};

use crate::sequence::number;

/// What is in a spool of numbered messages.
#[derive(Debug)]
pub struct Spooled {
    dir: PathBuf,
    /// What the library says of it.
    pub inspection: Inspection,
    /// The numbers of messages that are not delivered.
    pub undelivered: BTreeSet<u64>,
}

impl Spooled {
    /// Reads a spool's folder.
    pub fn read(dir: &Path) -> Self {
        let mut undelivered = BTreeSet::new();
        let inspection = inspect(dir, &mut |message| {
            if !message.acknowledged {
                undelivered.insert(number(message.payload));
            }
            Ok(())
        });
        Self {
            dir: dir.to_owned(),
            inspection: inspection.expect("a spool"),
            undelivered,
        }
    }

    /// Whether a task has the spool in `dir`.
    pub fn is_owned(dir: &Path) -> bool {
        inspect(dir, &mut |_| Ok(())).is_ok_and(|found| found.owned)
    }

    /// How many records are told to be missing.
    pub fn missing(&self) -> u64 {
        let damage = self.inspection.damage.iter();
        let missing = damage.map(|damage| match damage {
            Damage::Missing { from, to } => to - from,
            _ => 0,
        });
        missing.sum()
    }

    /// The files, the oldest first.
    pub fn segments(&self) -> Vec<PathBuf> {
        let segments = self.inspection.segments.iter();
        segments
            .map(|segment| self.dir.join(&segment.name))
            .collect()
    }
}
