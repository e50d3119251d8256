//! The time by which tasks act: that of tokio's timers, so that a test that
//! moves them moves everything that is decided by the time.

use std::time::Instant;

/// The present moment.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
