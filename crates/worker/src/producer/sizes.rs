//! What is known of the sizes that a task's topics take.
//!
//! A topic has a largest batch (`max.message.bytes`) that nobody tells us. It
//! shows by what has gone through and by what has been refused. Invariants:
//! the thread that takes reports in writes it, the task only reads; the limit
//! only falls, at the most to the half of what has been refused, so that it
//! stays above the half of what the topic takes.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What Kafka's batch format adds to a record, nearly always less.
pub(super) const RECORD_OVERHEAD_BYTES: usize = 24;

/// See the module's documentation. Sizes are as turns count them: bytes of
/// records with [`RECORD_OVERHEAD_BYTES`] for each.
#[derive(Debug)]
pub(super) struct Sizes {
    /// The largest batch that a broker has taken.
    proven_bytes: AtomicUsize,
    /// What a batch may have at the most.
    limit_bytes: AtomicUsize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            proven_bytes: AtomicUsize::new(0),
            limit_bytes: AtomicUsize::new(usize::MAX),
        }
    }
}

impl Sizes {
    /// Bytes that surely go through in one batch.
    pub(super) fn proven_bytes(&self) -> usize {
        self.proven_bytes.load(Ordering::Acquire)
    }

    /// Bytes that a batch may have, as far as is known.
    pub(super) fn limit_bytes(&self) -> usize {
        self.limit_bytes.load(Ordering::Acquire)
    }

    /// A broker has taken a batch with so many bytes.
    pub(super) fn prove(&self, bytes: usize) {
        if bytes > self.proven_bytes() {
            self.proven_bytes.store(bytes, Ordering::Release);
        }
    }

    /// A broker has refused a batch for its size: nothing is proven any more.
    pub(super) fn doubt(&self) {
        self.proven_bytes.store(0, Ordering::Release);
    }

    /// So many bytes were too many; whether that is news.
    pub(super) fn halve(&self, refused_bytes: usize) -> bool {
        let limit = refused_bytes / 2;
        let falls = limit < self.limit_bytes();
        if falls {
            self.limit_bytes.store(limit, Ordering::Release);
        }
        falls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_falls_and_what_is_proven_rises_until_there_is_doubt() {
        let sizes = Sizes::default();
        sizes.prove(500);
        sizes.prove(400);
        assert_eq!(sizes.proven_bytes(), 500);
        sizes.doubt();
        assert_eq!(sizes.proven_bytes(), 0);
        assert!(sizes.halve(1_000) && sizes.halve(900) && !sizes.halve(950));
        assert_eq!(sizes.limit_bytes(), 450);
    }
}
