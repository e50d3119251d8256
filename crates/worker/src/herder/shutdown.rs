//! The end of all tasks, within one and the same graceful timeout.
//!
//! Invariant: `task.shutdown.graceful.timeout.ms` is the bound of the whole,
//! whatever change is under way. A change keeps to the order of old task and
//! new one, so none is interrupted; those that wait behind it are refused.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};
use websocket_source::task::StopReport;

use super::Herder;
use super::connector::Slot;

impl Herder {
    /// Ends all tasks, stores their offsets and reports the sums. No change is
    /// accepted from then on.
    pub async fn shut_down(&self) -> StopReport {
        let within = self.graceful();
        let by = Instant::now() + within;
        self.stopping.store(true, Relaxed);
        // They deliver while a change that is under way is waited for.
        self.begin_to_stop(within);
        let _changing = timeout_at(by, self.changing.lock()).await;
        let left = by.saturating_duration_since(Instant::now());
        let names = self.names();
        // The file is written once for all: it is as large as they are many.
        let ends = names.iter().map(|name| self.end_task_unflushed(name, left));
        let mut total = StopReport::default();
        for report in join_all(ends).await {
            total.received += report.received;
            total.delivered += report.delivered;
            total.dropped += report.dropped;
            total.lost += report.lost;
        }
        self.flush_offsets().await;
        total
    }

    /// Tells every task to end; a change finds it still in its place.
    fn begin_to_stop(&self, within: Duration) {
        for connector in self.connectors().values() {
            if let Slot::Started(started) = &connector.slot {
                // The first poll tells it; its end is awaited later.
                let _ = started.handle.stop(within).now_or_never();
            }
        }
    }
}
