//! When a task tells what: paces the periodic and the repeated lines.
//!
//! Invariant: lines about drops come at most once a second, whatever the
//! rate; every drop is in some line.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::status::{Phase, StopReport};
use super::store::Gap;
use crate::buffer::Dropped;
use crate::events::{Event, Reading};
use crate::metrics::{DropReason, TaskMetrics};
use crate::session::{ConnectFailure, Loss};
use crate::timeline::Timeline;

/// The reference's metrics interval.
const METRICS_INTERVAL: Duration = Duration::from_secs(30);
/// How often a full buffer is told of at the most.
const DROP_LINE_INTERVAL: Duration = Duration::from_secs(1);

/// How often a spool that comes and goes is told of at the most.
const SPOOL_LINE_INTERVAL: Duration = Duration::from_secs(30);

/// One task's voice.
pub(super) struct Reporter {
    connector: String,
    task: u32,
    url: String,
    timeline: Arc<Timeline>,
    next_metrics: Instant,
    /// Overflow drops counted when the last periodic line was written.
    dropped_before: u64,
    quiet_until: Option<Instant>,
    binary_quiet_until: Option<Instant>,
    binary_untold: u64,
    /// The spool was told to be unusable,
    spool_told: bool,
    /// and is not told to be before this.
    spool_quiet_until: Option<Instant>,
}

impl Reporter {
    pub(super) fn new(
        connector: String,
        task: u32,
        url: String,
        timeline: Arc<Timeline>,
        now: Instant,
    ) -> Self {
        Self {
            connector,
            task,
            url,
            timeline,
            next_metrics: now + METRICS_INTERVAL,
            dropped_before: 0,
            quiet_until: None,
            binary_quiet_until: None,
            binary_untold: 0,
            spool_told: false,
            spool_quiet_until: None,
        }
    }

    fn emit(&self, event: &Event<'_>) {
        event.emit(&self.connector, self.task);
        if let Some(kind) = event.moment() {
            self.timeline.add(kind, event.to_string());
        }
    }

    /// When [`Reporter::tick`] is due.
    pub(super) fn deadline(&self) -> Instant {
        self.next_metrics
    }

    /// Writes the periodic lines if they are due.
    pub(super) fn tick(&mut self, metrics: &TaskMetrics, phase: Phase, now: Instant) {
        if now < self.next_metrics {
            return;
        }
        // From the present time on: a machine that slept does not catch up.
        self.next_metrics = now + METRICS_INTERVAL;
        let reading = Reading {
            connection: phase.connection(),
            received: metrics.received.load(Relaxed),
            produced: metrics.produced.load(Relaxed),
            queue: metrics.queue_messages.load(Relaxed),
            capacity: metrics.queue_capacity_messages.load(Relaxed),
            reconnects: metrics.reconnects.load(Relaxed),
        };
        self.emit(&Event::Metrics(reading));
        self.emit(&Event::QueueUtilization(reading));
        let dropped = metrics.dropped(DropReason::Overflow);
        let messages = dropped - self.dropped_before;
        self.dropped_before = dropped;
        if messages > 0 {
            let seconds = METRICS_INTERVAL.as_secs();
            self.emit(&Event::DroppedLately { messages, seconds });
        }
        self.tell_binary(now);
    }

    pub(super) fn paused(&self, disconnects: bool) {
        self.emit(&Event::Paused { disconnects });
    }

    /// Tells that the spool cannot be used, or can be again, once each and not
    /// too often.
    pub(super) fn spool(&mut self, fault: Option<&str>, now: Instant) {
        match fault {
            Some(fault) if !self.spool_told => {
                if self.spool_quiet_until.is_some_and(|until| now < until) {
                    return;
                }
                self.spool_told = true;
                self.spool_quiet_until = Some(now + SPOOL_LINE_INTERVAL);
                self.emit(&Event::SpoolFault(fault));
            }
            None if self.spool_told => {
                self.spool_told = false;
                self.emit(&Event::SpoolRecovered);
            }
            Some(_) | None => {}
        }
    }

    pub(super) fn resumed(&self) {
        self.emit(&Event::Resumed);
    }

    pub(super) fn attempt(&self, attempt: u32, first: bool) {
        if first {
            self.emit(&Event::Connecting { url: &self.url });
        } else {
            self.emit(&Event::Reconnecting(attempt));
        }
    }

    pub(super) fn failed(&self, attempt: u32, failure: &ConnectFailure) {
        let url = &self.url;
        self.emit(&Event::ConnectFailed {
            url,
            attempt,
            failure,
        });
    }

    pub(super) fn lost(&self, loss: &Loss) {
        self.emit(&Event::Lost(loss));
    }

    pub(super) fn waiting(&self, attempt: u32, delay: Duration) {
        self.emit(&Event::Waiting { attempt, delay });
    }

    pub(super) fn connected(&self, generation: u64, subscribed: bool) {
        let url = &self.url;
        self.emit(&Event::Connected { url, generation });
        if subscribed {
            self.emit(&Event::Subscribed);
        }
    }

    /// Tells of drops, if the last line about them is long enough ago.
    pub(super) fn drops(
        &mut self,
        overflow: &Dropped,
        binary: u64,
        metrics: &TaskMetrics,
        now: Instant,
    ) {
        let due = |until: Option<Instant>| until.is_none_or(|until| now >= until);
        if overflow.messages > 0 && due(self.quiet_until) {
            self.quiet_until = Some(now + DROP_LINE_INTERVAL);
            self.emit(&Event::QueueFull {
                capacity: metrics.queue_capacity_messages.load(Relaxed),
                queue: metrics.queue_messages.load(Relaxed),
            });
        }
        self.binary_untold += binary;
        if self.binary_untold > 0 && due(self.binary_quiet_until) {
            self.tell_binary(now);
        }
    }

    fn tell_binary(&mut self, now: Instant) {
        if self.binary_untold > 0 {
            self.binary_quiet_until = Some(now + DROP_LINE_INTERVAL);
            let messages = std::mem::take(&mut self.binary_untold);
            self.emit(&Event::BinaryDropped(messages));
        }
    }

    pub(super) fn gap(&self, gap: Gap) {
        let Gap { from, to, lost } = gap;
        self.emit(&Event::SpoolGap { from, to, lost });
    }

    pub(super) fn draining(&self, messages: u64) {
        self.emit(&Event::Draining(messages));
    }

    pub(super) fn stopped(&mut self, report: &StopReport, failure: Option<&str>, now: Instant) {
        self.tell_binary(now);
        if let Some(reason) = failure {
            self.emit(&Event::Failed(reason));
        }
        self.emit(&Event::Stopped(*report));
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
