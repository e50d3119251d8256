//! What a service manager such as systemd is told of a worker's life
//! (`sd_notify(3)`): that it is ready, that it stops, that it is still alive.
//!
//! Invariants: without `NOTIFY_SOCKET` nothing happens; a service manager that
//! cannot be told stops nothing, and the log says so once for each message;
//! the watchdog is told only as long as the connectors can be looked at, so
//! that a worker that hangs is ended by whoever watches it.

use std::sync::Weak;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::herder::Herder;

/// What a stop may take beyond `task.shutdown.graceful.timeout.ms`: clients
/// that end, the offsets' file.
const STOP_MARGIN: Duration = Duration::from_secs(10);
/// The watchdog is not told more often, whatever it asks.
const MIN_WATCHDOG_INTERVAL: Duration = Duration::from_millis(10);

/// The API is served and the connectors of the files are started.
pub(crate) fn ready(rest_address: &str) {
    let status = format!("REST API at {rest_address}");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// A stop has begun, and may take the graceful timeout.
pub(crate) fn stopping(graceful: Duration) {
    let within = (graceful + STOP_MARGIN).as_micros();
    let within = u32::try_from(within).unwrap_or(u32::MAX);
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("Delivering what was received"),
        NotifyState::ExtendTimeoutUsec(within),
    ]);
}

/// Tells the watchdog twice in its time that the worker is alive, if there is
/// one, until there is no worker any more.
pub(crate) async fn keep_watched(herder: Weak<Herder>) {
    let Some(within) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut ticks = tokio::time::interval((within / 2).max(MIN_WATCHDOG_INTERVAL));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(herder) = herder.upgrade() else {
            return;
        };
        // It never returns if somebody holds the connectors for ever.
        let looked = tokio::task::spawn_blocking(move || herder.names().len()).await;
        if looked.is_ok() {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(
            target: "ConnectStandalone",
            "The service manager of NOTIFY_SOCKET cannot be told: {error}"
        );
    }
}
