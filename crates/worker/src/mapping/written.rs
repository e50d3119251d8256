//! Which topics a task has written to.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names of topics; a writer notes each once between two resets.
#[derive(Debug, Default)]
pub struct WrittenTopics {
    names: Mutex<BTreeSet<String>>,
    resets: AtomicU64,
}

impl WrittenTopics {
    // Every change is a single insertion or a removal of all.
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a topic.
    pub fn note(&self, name: &str) {
        self.lock().insert(name.to_owned());
    }

    /// All that were noted since the last reset.
    pub fn names(&self) -> BTreeSet<String> {
        self.lock().clone()
    }

    /// Forgets all; writers have to note theirs again.
    pub fn reset(&self) {
        self.lock().clear();
        self.resets.fetch_add(1, Ordering::AcqRel);
    }

    /// How often it was reset.
    pub fn resets(&self) -> u64 {
        self.resets.load(Ordering::Acquire)
    }
}
