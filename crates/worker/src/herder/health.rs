//! Whether the worker can do its work (KIP-1017, `HealthCheckThread`).

use std::sync::atomic::Ordering::Relaxed;

use super::Herder;

impl Herder {
    /// Says that the connectors of files and of the last run have been created
    /// (`ConnectStandalone` calls its herder's `ready` then).
    pub fn ready(&self) {
        self.ready.send_replace(true);
    }

    /// Whether [`Herder::ready`] was called.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Whether [`Herder::shut_down`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    /// Returns once the worker is ready and could change a connector. It may
    /// never do so; whoever asks has a limit.
    pub async fn healthy(&self) {
        // The sender lives in here, so it cannot be gone.
        let _ = self.ready.subscribe().wait_for(|ready| *ready).await;
        let _changing = self.changing.lock().await;
    }
}
