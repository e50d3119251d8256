//! How long messages may be left with the socket when the sink is full.
//!
//! A sink that is busy has room again within milliseconds. A message that
//! waits for that in the socket is copied once, from the receive buffer into
//! the sink; one that is taken into the buffer is copied twice, and under a
//! flood that would be every message. A sink that stays full, though, must
//! not keep the socket from being read: pings want answers and the buffer is
//! there to be filled. So a shortage is sat out for [`HOLD`] at its beginning
//! and once in every [`PERIOD`] after that.

use std::time::{Duration, Instant};

/// Longest time without reading in a row.
const HOLD: Duration = Duration::from_millis(50);
/// In a long shortage, the time from one hold to the next.
const PERIOD: Duration = Duration::from_secs(1);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Instant>,
}

impl Patience {
    /// The sink is full at `now`: whether to wait for it.
    pub(super) fn holds(&mut self, now: Instant) -> bool {
        match self.since {
            Some(since) if now < since + HOLD => true,
            Some(since) if now < since + PERIOD => false,
            _ => {
                self.since = Some(now);
                true
            }
        }
    }

    /// The sink keeps up: the next shortage is a new one.
    pub(super) fn renew(&mut self) {
        self.since = None;
    }

    /// When the present wait is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_sat_out_briefly_and_then_once_a_second() {
        let (mut patience, begun) = (Patience::default(), Instant::now());
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert_eq!(patience.deadline(), None);
        for (ms, holds) in [(0, true), (49, true), (50, false), (999, false)] {
            assert_eq!(patience.holds(at(ms)), holds, "{ms}");
        }
        assert_eq!(patience.deadline(), Some(at(50)));
        assert!(patience.holds(at(1_000)) && patience.holds(at(1_049)));
        assert!(!patience.holds(at(1_050)));
    }

    #[test]
    fn after_relief_the_next_shortage_is_sat_out_anew() {
        let (mut patience, begun) = (Patience::default(), Instant::now());
        assert!(patience.holds(begun));
        patience.renew();
        assert_eq!(patience.deadline(), None);
        assert!(patience.holds(begun + HOLD * 2));
    }
}
