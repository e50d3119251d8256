//! How long to wait before the next attempt: the reference's interval doubled
//! at each failed attempt up to a maximum, plus up to a quarter of jitter so
//! that many clients do not return at the same moment.

use std::time::Duration;

/// No server is waited for longer than this, whatever its `Retry-After` says.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The delays of one session.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first delay.
    pub interval: Duration,
    /// The largest, before jitter.
    pub max: Duration,
}

impl Backoff {
    /// The delay after `failures` failed attempts in a row. `jitter` is a
    /// random number from 0 to 1.
    pub fn delay(&self, failures: u32, jitter: f64, retry_after: Option<Duration>) -> Duration {
        let doubled = 2_u32
            .checked_pow(failures)
            .and_then(|factor| self.interval.checked_mul(factor))
            .unwrap_or(self.max);
        let base = doubled.min(self.max).max(self.interval);
        let jittered = base.mul_f64(1.0 + 0.25 * jitter.clamp(0.0, 1.0));
        let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        jittered.max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        interval: Duration::from_secs(5),
        max: Duration::from_secs(60),
    };

    #[test]
    fn delays_double_up_to_the_maximum() {
        let seconds: Vec<_> = [0, 1, 2, 3, 4, 40]
            .map(|failures| BACKOFF.delay(failures, 0.0, None).as_secs())
            .into();
        assert_eq!(seconds, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn no_delay_is_shorter_than_the_interval_even_with_a_maximum_below_it() {
        for max in [0, 1, 4] {
            let max = Duration::from_secs(max);
            let backoff = Backoff { max, ..BACKOFF };
            for failures in [0, 1, 40] {
                assert_eq!(backoff.delay(failures, 0.0, None), BACKOFF.interval);
            }
        }
    }

    #[test]
    fn jitter_only_lengthens() {
        assert_eq!(BACKOFF.delay(0, 1.0, None), Duration::from_millis(6250));
        assert_eq!(BACKOFF.delay(9, 1.0, None), Duration::from_secs(75));
    }

    #[test]
    fn retry_after_lengthens_within_its_bound() {
        let asked = |seconds| BACKOFF.delay(0, 0.0, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(1).as_secs(), 5);
        assert_eq!(asked(300).as_secs(), 300);
        assert_eq!(asked(u64::MAX).as_secs(), 86_400);
    }
}
