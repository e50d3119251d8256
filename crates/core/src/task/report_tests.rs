//! When lines come and when they do not, on a clock that only moves when told
//! to.

use tracing::Level;

use super::*;
use crate::test_log::logged;

struct Bench {
    reporter: Reporter,
    metrics: TaskMetrics,
    timeline: Arc<Timeline>,
    begun: Instant,
}

impl Bench {
    fn new() -> Self {
        let begun = Instant::now();
        let metrics = TaskMetrics::default();
        metrics.queue_capacity_messages.store(100, Relaxed);
        metrics.queue_messages.store(100, Relaxed);
        let timeline = Arc::new(Timeline::default());
        let url = "ws://h/".to_owned();
        Self {
            reporter: Reporter::new("c".to_owned(), 0, url, Arc::clone(&timeline), begun),
            metrics,
            timeline,
            begun,
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.begun + Duration::from_millis(ms)
    }

    /// Drops messages `ms` after the start.
    fn drops(&mut self, ms: u64, overflow: u64, binary: u64) -> Vec<(Level, String)> {
        self.metrics.add_dropped(DropReason::Overflow, overflow);
        self.metrics.add_dropped(DropReason::Binary, binary);
        let dropped = Dropped {
            messages: overflow,
            bytes: overflow,
        };
        let now = self.at(ms);
        logged(|| self.reporter.drops(&dropped, binary, &self.metrics, now))
    }

    fn tick(&mut self, ms: u64) -> Vec<(Level, String)> {
        let now = self.at(ms);
        logged(|| self.reporter.tick(&self.metrics, Phase::Live, now))
    }
}

fn warning(text: &str) -> Vec<(Level, String)> {
    vec![(Level::WARN, text.to_owned())]
}

const FULL: &str = "Queue full (100/100), dropping oldest message";

fn binary(messages: u64) -> String {
    format!(
        "Dropped {messages} binary messages; set websocket.binary to bytes, base64 or text to keep them"
    )
}

#[test]
fn a_full_buffer_is_told_of_once_a_second_at_the_most() {
    let mut bench = Bench::new();
    assert_eq!(bench.drops(0, 0, 0), []);
    assert_eq!(bench.drops(5, 1, 0), warning(FULL));
    for ms in [5, 6, 500, 1_004] {
        assert_eq!(bench.drops(ms, 1_000, 0), [], "{ms}");
    }
    assert_eq!(bench.drops(1_005, 1, 0), warning(FULL));
    // The second counts from the last line, not from the first.
    assert_eq!(bench.drops(2_004, 1, 0), []);
    assert_eq!(bench.drops(9_000, 1, 0), warning(FULL));
    assert_eq!(bench.drops(9_999, 1, 0), []);
}

#[test]
fn binary_messages_are_told_of_once_a_second_and_none_is_left_out() {
    let mut bench = Bench::new();
    assert_eq!(bench.drops(0, 0, 3), warning(&binary(3)));
    assert_eq!(bench.drops(1, 0, 4), []);
    assert_eq!(bench.drops(999, 0, 5), []);
    assert_eq!(bench.drops(1_000, 0, 0), warning(&binary(9)));
    // What nobody has asked about comes with the periodic lines ...
    assert_eq!(bench.drops(1_001, 0, 6), []);
    let last = bench.tick(30_000).pop();
    assert_eq!(last, warning(&binary(6)).pop());
    // ... or at the end.
    assert_eq!(bench.drops(30_500, 0, 7), []);
    let now = bench.at(30_600);
    let lines = logged(|| bench.reporter.stopped(&StopReport::default(), None, now));
    assert_eq!(lines[..1], warning(&binary(7)));
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn both_kinds_of_drops_have_a_second_of_their_own() {
    let mut bench = Bench::new();
    assert_eq!(bench.drops(0, 1, 0), warning(FULL));
    assert_eq!(bench.drops(1, 0, 1), warning(&binary(1)));
    assert_eq!(bench.drops(1_000, 1, 1), warning(FULL));
    assert_eq!(bench.drops(1_001, 0, 0), warning(&binary(1)));
}

#[test]
fn a_spool_that_comes_and_goes_is_told_of_twice_in_half_a_minute_at_the_most() {
    let mut bench = Bench::new();
    let mut at = |ms: u64, fault: Option<&str>| {
        let now = bench.at(ms);
        logged(|| bench.reporter.spool(fault, now))
    };
    let unusable = |fault: &str| {
        let text = format!("Spool unusable, trying again: {fault}");
        vec![(Level::ERROR, text)]
    };
    assert_eq!(at(0, None), []);
    assert_eq!(at(10, Some("full")), unusable("full"));
    assert_eq!(at(20, Some("full")), []);
    let usable = (Level::INFO, "Spool usable again".to_owned());
    assert_eq!(at(30, None), [usable]);
    for ms in [40, 60, 30_009] {
        assert_eq!(at(ms, Some("full")), [], "{ms}");
        assert_eq!(at(ms, None), [], "{ms}");
    }
    assert_eq!(at(30_010, Some("broken")), unusable("broken"));
}

#[test]
fn the_periodic_lines_come_every_thirty_seconds_and_not_earlier() {
    let mut bench = Bench::new();
    bench.metrics.received.store(7, Relaxed);
    bench.metrics.produced.store(5, Relaxed);
    bench.metrics.reconnects.store(2, Relaxed);
    assert_eq!(bench.reporter.deadline(), bench.at(30_000));
    assert_eq!(bench.tick(29_999), []);
    let expected = [
        (
            Level::INFO,
            "Metrics - Connection: OPEN, Received: 7, Produced: 5, Queue: 100/100 (100.00%), Reconnects: 2",
        ),
        (Level::WARN, "Queue utilization: 100/100 (100.00%)"),
    ]
    .map(|(level, line)| (level, line.to_owned()));
    assert_eq!(bench.tick(30_000), expected);
    assert_eq!(bench.tick(30_000), []);
    assert_eq!(bench.tick(59_999), []);
    assert_eq!(bench.tick(60_000), expected);
}

#[test]
fn after_a_sleep_of_the_machine_the_lines_come_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(3_600_000).len(), 2);
    assert_eq!(bench.tick(3_600_001), []);
    assert_eq!(bench.reporter.deadline(), bench.at(3_630_000));
}

#[test]
fn the_drops_of_thirty_seconds_are_summed_up_once() {
    let mut bench = Bench::new();
    bench.drops(100, 1_000, 0);
    // Those of the quiet second count as well; other drops have their line.
    bench.drops(101, 523, 40);
    let lines = bench.tick(30_000);
    assert_eq!(
        lines[2..],
        warning("Dropped 1523 messages in last 30 seconds")
    );
    assert_eq!(bench.tick(60_000).len(), 2, "nothing was dropped since");
    bench.drops(70_000, 2, 0);
    assert_eq!(
        bench.tick(90_000)[2..],
        warning("Dropped 2 messages in last 30 seconds")
    );
}

#[test]
fn the_periodic_line_shows_what_the_connection_does() {
    for (phase, word) in [
        (Phase::Connecting, "CONNECTING"),
        (Phase::Refused, "BACKOFF"),
        (Phase::Closed, "CLOSED"),
    ] {
        let mut bench = Bench::new();
        let now = bench.at(30_000);
        let lines = logged(|| bench.reporter.tick(&bench.metrics, phase, now));
        let start = format!("Metrics - Connection: {word}, Received: 0, ");
        assert!(lines[0].1.starts_with(&start), "{lines:?}");
    }
}

#[test]
fn what_happens_to_a_session_is_kept_and_what_repeats_is_not() {
    let mut bench = Bench::new();
    let loss = Loss::ClosedByServer {
        code: 1001,
        reason: "bye".to_owned(),
    };
    bench.reporter.attempt(0, true);
    bench.reporter.connected(1, true);
    bench.drops(1, 5, 5);
    bench.tick(30_000);
    bench.reporter.lost(&loss);
    bench.reporter.waiting(1, Duration::from_secs(5));
    bench.reporter.attempt(1, false);
    bench.reporter.paused(false);
    let now = bench.at(40_000);
    bench
        .reporter
        .stopped(&StopReport::default(), Some("gone"), now);
    let kept = bench.timeline.all();
    let kinds: Vec<_> = kept.iter().map(|moment| moment.kind).collect();
    assert_eq!(
        kinds,
        [
            "connecting",
            "connected",
            "lost",
            "paused",
            "task_failed",
            "stopped"
        ]
    );
    assert_eq!(kept[0].text, "Connecting to ws://h/");
    assert_eq!(kept[2].text, loss.to_string());
}
