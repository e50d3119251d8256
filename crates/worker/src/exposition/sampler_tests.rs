#![allow(clippy::float_cmp, reason = "the numbers are exact")]

use websocket_source::ledger::Ledger;
use websocket_source::metrics::TaskMetrics;
use websocket_source::sink::Progress;

use super::super::tests::{connector, task};
use super::*;

const CONFIG: WindowConfig = WindowConfig {
    window: Duration::from_secs(30),
    samples: 2,
};

fn with(task: &TaskReading) -> WorkerReading {
    WorkerReading {
        connectors: vec![connector("c", Some(task.clone()))],
        ..WorkerReading::default()
    }
}

fn hand_over(task: &mut TaskReading, batches: u64, records: u64, each_us: u64) {
    let metrics = &task.metrics;
    metrics.batches.fetch_add(batches, Relaxed);
    metrics.produced.fetch_add(batches * records, Relaxed);
    metrics.batch_records_max.fetch_max(records, Relaxed);
    metrics.batch_time_us.fetch_add(batches * each_us, Relaxed);
    metrics.batch_time_max_us.fetch_max(each_us, Relaxed);
    task.progress.taken += batches * records;
}

/// A task of which nothing is counted yet.
fn fresh(start: u64) -> TaskReading {
    TaskReading {
        start,
        progress: Progress::default(),
        ledger: Ledger::default(),
        ..task("RUNNING", TaskMetrics::default())
    }
}

#[test]
fn what_happened_between_two_looks_is_in_the_windows() {
    let (mut sampler, began) = (Sampler::new(CONFIG), Instant::now());
    let mut task = fresh(1);
    sampler.look(began, &with(&task));
    hand_over(&mut task, 10, 30, 2_000);
    task.progress.acknowledged = 290;
    let now = began + Duration::from_secs(10);
    sampler.look(now, &with(&task));
    let lately = sampler.task("c", now);
    assert_eq!((lately.poll_time_avg, lately.poll_time_max), (2.0, 2.0));
    assert_eq!((lately.batch_size_avg, lately.batch_size_max), (30.0, 30.0));
    assert_eq!((lately.active_avg, lately.active_max), (10.0, 30.0));
    // The first window counts as long as it will be.
    assert_eq!((lately.poll_rate, lately.write_rate), (10.0, 290.0 / 30.0));
    assert_eq!((lately.commit_time_avg, lately.commit_time_max), (4.0, 4.0));
    assert_eq!(
        (lately.commit_successes, lately.commit_failures),
        (1.0, 0.0)
    );
    let later = now + Duration::from_secs(61);
    sampler.look(later, &with(&task));
    let lately = sampler.task("c", later);
    assert!(lately.poll_time_max.is_nan() && lately.batch_size_avg.is_nan());
    assert_eq!(lately.poll_rate, 0.0);
}

#[test]
fn what_was_active_between_two_looks_is_no_less_than_a_batch() {
    let (mut sampler, now) = (Sampler::new(CONFIG), Instant::now());
    let mut task = fresh(1);
    hand_over(&mut task, 2, 5, 10);
    task.progress.acknowledged = 10;
    sampler.look(now, &with(&task));
    let lately = sampler.task("c", now);
    assert_eq!((lately.active_avg, lately.active_max), (0.0, 5.0));
    hand_over(&mut task, 10, 5, 10);
    sampler.look(now, &with(&task));
    assert_eq!(sampler.task("c", now).active_max, 50.0);
}

#[test]
fn failed_commits_have_their_share() {
    let (mut sampler, now) = (Sampler::new(CONFIG), Instant::now());
    let task = fresh(1);
    for _ in 0..3 {
        task.commits.record(Duration::from_millis(8), false);
    }
    sampler.look(now, &with(&task));
    let lately = sampler.task("c", now);
    assert_eq!(
        (lately.commit_successes, lately.commit_failures),
        (0.25, 0.75)
    );
    assert_eq!((lately.commit_time_avg, lately.commit_time_max), (7.0, 8.0));
}

#[test]
fn a_task_that_was_started_anew_has_no_past() {
    let (mut sampler, began) = (Sampler::new(CONFIG), Instant::now());
    let mut task = fresh(1);
    hand_over(&mut task, 1, 500, 9_000);
    sampler.look(began, &with(&task));
    let now = began + Duration::from_secs(1);
    let mut anew = fresh(2);
    hand_over(&mut anew, 2, 600, 1_000);
    sampler.look(now, &with(&anew));
    let lately = sampler.task("c", now);
    assert_eq!((lately.poll_time_max, lately.batch_size_max), (1.0, 600.0));
    assert_eq!(sampler.tasks.len(), 1);
    sampler.look(now, &WorkerReading::default());
    assert!(sampler.tasks.is_empty());
}

#[test]
fn ratios_are_of_all_the_time_that_a_task_has_had() {
    let (mut sampler, began) = (Sampler::new(CONFIG), Instant::now());
    let mut task = fresh(1);
    let mut ratios = |seconds, state| {
        task.state = state;
        let now = began + Duration::from_secs(seconds);
        sampler.look(now, &with(&task));
        let lately = sampler.task("c", now);
        (lately.running_ratio, lately.pause_ratio)
    };
    assert_eq!(ratios(0, "RUNNING"), (0.0, 0.0));
    assert_eq!(ratios(30, "PAUSED"), (1.0, 0.0));
    assert_eq!(ratios(40, "FAILED"), (0.75, 0.25));
    assert_eq!(ratios(80, "FAILED"), (0.375, 0.125));
}

#[test]
fn windows_are_looked_at_often_enough_and_not_too_often() {
    for (window_ms, tick_ms) in [(0, 100), (5_000, 500), (30_000, 1_000), (3_600_000, 1_000)] {
        let config = WindowConfig {
            window: Duration::from_millis(window_ms),
            samples: 2,
        };
        assert_eq!(tick(config), Duration::from_millis(tick_ms));
    }
}
