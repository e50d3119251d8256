//! Values over the last windows, as Kafka's `SampledStat` with `Avg`, `Max` and
//! `Rate` has them: an average since the start would hide a producer that has
//! just become slow, and a maximum since the start would never fall again.
//!
//! Invariant: memory is bounded by `metrics.num.samples`, and time in it only
//! goes forward.

use std::time::{Duration, Instant};

/// `metrics.sample.window.ms` and `metrics.num.samples`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowConfig {
    /// How long one sample gathers.
    pub window: Duration,
    /// How many are looked at, at least 1.
    pub samples: u32,
}

impl Default for WindowConfig {
    /// Kafka's: two of 30 seconds.
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            samples: 2,
        }
    }
}

impl WindowConfig {
    /// How old the last event of a sample may be for it to count.
    fn age(self) -> Duration {
        self.window.saturating_mul(self.samples)
    }
}

/// What happened since the last look: how many events, and the sum and the
/// largest of their values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Events {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) max: f64,
}

impl Events {
    /// One event with this value.
    pub(super) const fn one(value: f64) -> Self {
        Self {
            count: 1,
            sum: value,
            max: value,
        }
    }

    fn add(&mut self, other: &Self) {
        self.max = if self.count == 0 {
            other.max
        } else {
            self.max.max(other.max)
        };
        self.count += other.count;
        self.sum += other.sum;
    }
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    began: Instant,
    last: Instant,
    events: Events,
}

impl Sample {
    fn new(now: Instant) -> Self {
        Self {
            began: now,
            last: now,
            events: Events::default(),
        }
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Sampled {
    samples: Vec<Sample>,
    current: usize,
}

impl Sampled {
    /// Takes what has happened until `now`; nothing is no event.
    pub(super) fn record(&mut self, config: WindowConfig, now: Instant, events: &Events) {
        if events.count == 0 {
            return;
        }
        let sample = self.sample_at(config, now);
        sample.events.add(events);
        sample.last = now;
    }

    fn sample_at(&mut self, config: WindowConfig, now: Instant) -> &mut Sample {
        let fresh = Sample::new(now);
        match self.samples.get(self.current) {
            None => {
                self.samples.push(fresh);
                self.current = self.samples.len() - 1;
            }
            Some(current) if now.saturating_duration_since(current.began) >= config.window => {
                // One more than are looked at: the oldest overlaps the time
                // that is looked at.
                let kept = config.samples as usize + 1;
                self.current = (self.current + 1) % kept;
                match self.samples.get_mut(self.current) {
                    Some(oldest) => *oldest = fresh,
                    None => self.samples.push(fresh),
                }
            }
            Some(_) => {}
        }
        &mut self.samples[self.current]
    }

    /// Everything in the windows.
    fn combined(&mut self, config: WindowConfig, now: Instant) -> Events {
        let mut all = Events::default();
        for sample in &mut self.samples {
            if now.saturating_duration_since(sample.last) >= config.age() {
                *sample = Sample::new(now);
            }
            if sample.events.count > 0 {
                all.add(&sample.events);
            }
        }
        all
    }

    /// The average of the values; NaN without one.
    pub(super) fn avg(&mut self, config: WindowConfig, now: Instant) -> f64 {
        let all = self.combined(config, now);
        if all.count == 0 {
            f64::NAN
        } else {
            all.sum / all.count as f64
        }
    }

    /// The largest value; NaN without one.
    pub(super) fn max(&mut self, config: WindowConfig, now: Instant) -> f64 {
        let all = self.combined(config, now);
        if all.count == 0 { f64::NAN } else { all.max }
    }

    /// The sum of the values per second. Windows that have not been yet count
    /// with nothing in them, so that a first burst is no high rate.
    pub(super) fn rate(&mut self, config: WindowConfig, now: Instant) -> f64 {
        let sum = self.combined(config, now).sum;
        let began = self.samples.iter().map(|sample| sample.began).min();
        let elapsed = now.saturating_duration_since(began.unwrap_or(now));
        let window = config.window.max(Duration::from_millis(1));
        let full = u32::try_from(elapsed.as_nanos() / window.as_nanos()).unwrap_or(u32::MAX);
        let missing = config.samples.saturating_sub(1).saturating_sub(full);
        let over = elapsed + window.saturating_mul(missing);
        sum / over.max(Duration::from_millis(1)).as_secs_f64()
    }

    /// Which share of the events had the value 1, the others having 0; and
    /// which had not. Both are 0 without events (`Frequencies`).
    pub(super) fn shares(&mut self, config: WindowConfig, now: Instant) -> (f64, f64) {
        let all = self.combined(config, now);
        if all.count == 0 {
            return (0.0, 0.0);
        }
        let (sum, count) = (all.sum, all.count as f64);
        (sum / count, (count - sum) / count)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    const CONFIG: WindowConfig = WindowConfig {
        window: Duration::from_secs(30),
        samples: 2,
    };

    fn seconds(began: Instant, seconds: u64) -> Instant {
        began + Duration::from_secs(seconds)
    }

    #[test]
    fn without_events_there_is_no_average_and_no_rate() {
        let (mut sampled, now) = (Sampled::default(), Instant::now());
        assert!(sampled.avg(CONFIG, now).is_nan() && sampled.max(CONFIG, now).is_nan());
        assert_eq!(sampled.rate(CONFIG, now), 0.0);
        assert_eq!(sampled.shares(CONFIG, now), (0.0, 0.0));
    }

    #[test]
    fn slow_events_show_at_once_and_are_forgotten_after_two_windows() {
        let (mut sampled, began) = (Sampled::default(), Instant::now());
        let many = Events {
            count: 1_000,
            sum: 1_000.0,
            max: 1.0,
        };
        sampled.record(CONFIG, seconds(began, 0), &many);
        let slow = Events {
            count: 10,
            sum: 20_000.0,
            max: 2_000.0,
        };
        sampled.record(CONFIG, seconds(began, 31), &slow);
        assert_eq!(sampled.max(CONFIG, seconds(began, 31)), 2_000.0);
        let both = sampled.avg(CONFIG, seconds(began, 31));
        assert!((both - 21_000.0 / 1_010.0).abs() < 1e-9, "{both}");
        // The fast thousand is older than both windows by now.
        assert_eq!(sampled.avg(CONFIG, seconds(began, 61)), 2_000.0);
        assert!(sampled.avg(CONFIG, seconds(began, 91)).is_nan());
    }

    #[test]
    fn a_maximum_may_be_below_zero() {
        let (mut sampled, now) = (Sampled::default(), Instant::now());
        sampled.record(CONFIG, now, &Events::one(-3.0));
        sampled.record(CONFIG, now, &Events::one(-5.0));
        assert_eq!(sampled.max(CONFIG, now), -3.0);
    }

    /// The real worker after three records: 0.0729 a second at 11 s, which is
    /// three over 41 s.
    #[test]
    fn a_first_burst_is_spread_over_the_windows() {
        let (mut sampled, began) = (Sampled::default(), Instant::now());
        let three = Events {
            count: 1,
            sum: 3.0,
            max: 3.0,
        };
        sampled.record(CONFIG, began, &three);
        let rate = sampled.rate(CONFIG, seconds(began, 11));
        assert!((rate - 3.0 / 41.0).abs() < 1e-9, "{rate}");
        // One full window and the present one: the time that has passed.
        let rate = sampled.rate(CONFIG, seconds(began, 45));
        assert!((rate - 3.0 / 45.0).abs() < 1e-9, "{rate}");
        assert_eq!(sampled.rate(CONFIG, seconds(began, 60)), 0.0);
    }

    #[test]
    fn samples_are_used_again() {
        let (mut sampled, began) = (Sampled::default(), Instant::now());
        for second in 0..1_000 {
            sampled.record(CONFIG, seconds(began, second), &Events::one(1.0));
        }
        assert_eq!(sampled.samples.len(), 3);
        let rate = sampled.rate(CONFIG, seconds(began, 999));
        assert!((rate - 1.0).abs() < 0.02, "{rate}");
    }

    #[test]
    fn shares_are_of_all_events_in_the_windows() {
        let (mut sampled, began) = (Sampled::default(), Instant::now());
        for value in [1.0, 1.0, 1.0, 0.0] {
            sampled.record(CONFIG, began, &Events::one(value));
        }
        assert_eq!(sampled.shares(CONFIG, began), (0.75, 0.25));
    }

    #[test]
    fn the_settings_are_what_is_looked_at() {
        let config = WindowConfig {
            window: Duration::from_secs(1),
            samples: 1,
        };
        let (mut sampled, began) = (Sampled::default(), Instant::now());
        sampled.record(config, began, &Events::one(5.0));
        assert_eq!(sampled.max(config, began), 5.0);
        assert!(sampled.max(config, seconds(began, 1)).is_nan());
    }
}
