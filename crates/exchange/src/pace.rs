//! How many messages are due, by elapsed time rather than by one sleep each.

use std::time::Duration;

use tokio::time::Instant;

/// Shortest sleep between two batches.
const TICK: Duration = Duration::from_millis(1);
/// What a slow reader has missed beyond this is not made up for.
const MAX_BEHIND: Duration = Duration::from_millis(200);

/// A steady rate.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: u64,
    since: Instant,
    given: u64,
}

impl Pace {
    /// So many messages a second from `now` on; 0 is without a limit.
    pub(crate) fn new(rate: u64, now: Instant) -> Self {
        Self {
            rate,
            since: now,
            given: 0,
        }
    }

    /// Begins anew, after a pause.
    pub(crate) fn restart(&mut self, now: Instant) {
        (self.since, self.given) = (now, 0);
    }

    /// Messages due at `now`, which the caller then sends.
    pub(crate) fn due(&mut self, now: Instant) -> u64 {
        if self.rate == 0 {
            return u64::MAX;
        }
        let elapsed = now.saturating_duration_since(self.since);
        let expected = u64::try_from(elapsed.as_micros() * u128::from(self.rate) / 1_000_000);
        let due = expected.unwrap_or(u64::MAX).saturating_sub(self.given);
        let most = u64::try_from(MAX_BEHIND.as_micros() * u128::from(self.rate) / 1_000_000);
        if due > most.unwrap_or(u64::MAX).max(1) {
            self.restart(now);
            return 1;
        }
        due
    }

    /// States that so many were sent.
    pub(crate) fn sent(&mut self, count: u64) {
        self.given += count;
    }

    /// When the next message is due.
    pub(crate) fn next(&self, now: Instant) -> Instant {
        let micros = (self.given + 1).saturating_mul(1_000_000) / self.rate.max(1);
        (self.since + Duration::from_micros(micros)).max(now + TICK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_over_uneven_ticks() {
        let start = Instant::now();
        let mut pace = Pace::new(1_000, start);
        let mut sent = 0;
        for ms in [1, 3, 4, 50, 51, 120, 250, 400, 500] {
            let due = pace.due(start + Duration::from_millis(ms));
            pace.sent(due);
            sent += due;
        }
        assert_eq!(sent, 500);
    }

    #[test]
    fn a_long_stall_is_not_made_up_for() {
        let start = Instant::now();
        let mut pace = Pace::new(1_000, start);
        assert_eq!(pace.due(start + Duration::from_secs(60)), 1);
    }

    #[test]
    fn the_next_message_is_no_sooner_than_a_tick() {
        let start = Instant::now();
        assert_eq!(Pace::new(1_000_000, start).next(start), start + TICK);
        assert_eq!(
            Pace::new(2, start).next(start),
            start + Duration::from_millis(500)
        );
    }
}
