//! What connectors did in the last ten minutes, so that a page shows it as soon
//! as it is opened.
//!
//! Counters are looked at every four seconds; nothing is done on the way of a
//! message. Invariant: what is kept of a connector is bounded, 11 KiB or so;
//! one that is gone is forgotten.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use websocket_source::metrics::{HistogramSnapshot, LATENCY_BOUNDS_US};

use super::ms;
use super::overview::Counts;
use crate::herder::Glance;
use crate::rest::Rest;

/// How often counters are looked at.
const INTERVAL: Duration = Duration::from_secs(4);
/// Ten minutes.
const MAX_POINTS: usize = 150;

/// Counters at one moment.
#[derive(Clone, Copy, Debug)]
struct Point {
    at_ms: u64,
    start: Option<u64>,
    counts: Option<Counts>,
    /// Since the point before: half of all, and 99 %, were acknowledged within
    /// so many microseconds.
    latency_us: [Option<u64>; 2],
}

#[derive(Debug, Default)]
struct Track {
    points: VecDeque<Point>,
    latency: HistogramSnapshot,
}

/// The last ten minutes of all connectors.
#[derive(Debug, Default)]
pub struct History(Mutex<BTreeMap<String, Track>>);

impl History {
    // A panic may leave out a point, and nothing half done.
    fn tracks(&self) -> MutexGuard<'_, BTreeMap<String, Track>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, at_ms: u64, glances: &[Glance]) {
        let mut tracks = self.tracks();
        tracks.retain(|name, _| glances.iter().any(|glance| glance.name == *name));
        for glance in glances {
            tracks
                .entry(glance.name.clone())
                .or_default()
                .look(at_ms, glance);
        }
    }

    /// A connector's points as the page looks at them, the oldest first.
    pub(super) fn of(&self, connector: &str) -> Value {
        let tracks = self.tracks();
        let points = tracks.get(connector).map(|track| &track.points);
        let points = points.into_iter().flatten().map(Point::json);
        Value::Array(points.collect())
    }
}

impl Track {
    fn look(&mut self, at_ms: u64, glance: &Glance) {
        let task = glance.task.as_ref();
        let metrics = task.and_then(|task| task.metrics.as_ref());
        let latency = metrics.map(|metrics| metrics.receive_to_ack.snapshot());
        let latency = latency.unwrap_or_default();
        let same_run = self
            .points
            .back()
            .is_some_and(|last| last.start == glance.start);
        let lately = if same_run {
            since(&self.latency, &latency)
        } else {
            latency.clone()
        };
        self.latency = latency;
        if self.points.len() == MAX_POINTS {
            self.points.pop_front();
        }
        self.points.push_back(Point {
            at_ms,
            start: glance.start,
            counts: task.map(Counts::of),
            latency_us: [0.5, 0.99].map(|share| within_us(&lately, share)),
        });
    }
}

impl Point {
    fn json(&self) -> Value {
        let [half, most] = self.latency_us.map(|us| us.map(|us| us as f64 / 1e3));
        json!({
            "now": self.at_ms,
            "start": self.start,
            "task": self.counts.as_ref().map(Counts::json),
            "p50": half,
            "p99": most,
        })
    }
}

/// What was observed between two snapshots of one histogram.
fn since(before: &HistogramSnapshot, now: &HistogramSnapshot) -> HistogramSnapshot {
    let earlier = before.cumulative.iter().chain(std::iter::repeat(&0));
    let pairs = now.cumulative.iter().zip(earlier);
    HistogramSnapshot {
        cumulative: pairs
            .map(|(now, before)| now.saturating_sub(*before))
            .collect(),
        count: now.count.saturating_sub(before.count),
        sum_us: now.sum_us.saturating_sub(before.sum_us),
    }
}

/// The bound of the bucket that a share falls into, the last one for what is
/// above all.
fn within_us(seen: &HistogramSnapshot, share: f64) -> Option<u64> {
    let last = LATENCY_BOUNDS_US[LATENCY_BOUNDS_US.len() - 1];
    let found = seen.quantile(share);
    let found = found.and_then(|time| u64::try_from(time.as_micros()).ok());
    (seen.count > 0).then(|| found.unwrap_or(last))
}

/// Looks at the counters until there is no API any more.
pub async fn look_at_history(rest: Weak<Rest>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(rest) = rest.upgrade() else { return };
        let glances = rest.herder.glances();
        rest.history.look(ms(SystemTime::now()), &glances);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering::Relaxed;

    use websocket_source::ledger::Ledger;
    use websocket_source::metrics::TaskMetrics;
    use websocket_source::sink::Progress;

    use super::*;
    use crate::herder::TaskView;

    fn glance(start: u64, metrics: &Arc<TaskMetrics>) -> Glance {
        Glance {
            name: "c".to_owned(),
            state: "RUNNING",
            start: Some(start),
            task: Some(TaskView {
                state: "RUNNING",
                trace: None,
                session: None,
                metrics: Some(Arc::clone(metrics)),
                progress: Progress::default(),
                ledger: Ledger::default(),
                errors: Arc::default(),
            }),
        }
    }

    #[test]
    fn the_last_ten_minutes_are_kept_and_no_more() {
        let history = History::default();
        let metrics = Arc::new(TaskMetrics::default());
        for at in 0..MAX_POINTS as u64 + 5 {
            metrics.queue_messages.store(at, Relaxed);
            history.look(at, &[glance(1, &metrics)]);
        }
        let points = history.of("c");
        let points = points.as_array().expect("a list");
        assert_eq!(points.len(), MAX_POINTS);
        assert_eq!(
            (&points[0]["now"], &points[0]["task"]["queue"]),
            (&json!(5), &json!(5))
        );
        assert_eq!(history.of("d"), json!([]));
        history.look(1_000, &[]);
        assert_eq!(history.of("c"), json!([]));
    }

    #[test]
    fn latencies_are_of_the_time_since_the_point_before() {
        let history = History::default();
        let metrics = Arc::new(TaskMetrics::default());
        let look = |start: u64| {
            history.look(0, &[glance(start, &metrics)]);
            let points = history.of("c");
            let last = points.as_array().and_then(|points| points.last());
            let last = last.expect("a point");
            (last["p50"].clone(), last["p99"].clone())
        };
        assert_eq!(look(1), (Value::Null, Value::Null));
        metrics.receive_to_ack.observe(Duration::from_millis(1), 90);
        metrics
            .receive_to_ack
            .observe(Duration::from_millis(100), 10);
        assert_eq!(look(1), (json!(1.0), json!(100.0)));
        metrics
            .receive_to_ack
            .observe(Duration::from_secs(3_600), 1);
        assert_eq!(look(1), (json!(60_000.0), json!(60_000.0)));
        assert_eq!(look(1), (Value::Null, Value::Null));
        // Another run's counters begin anew.
        assert_eq!(look(2), (json!(1.0), json!(100.0)));
    }
}
