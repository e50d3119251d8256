//! How long messages may be left with the socket when the sink is full.
//!
//! A sink that is busy has room again within milliseconds. A message that
//! waits for that in the socket is copied once, from the receive buffer into
//! the sink; one that is taken into the buffer is copied twice, and under a
//! flood that would be every message. A sink that takes nothing, though, must
//! not keep the socket from being read: pings want answers and the buffer is
//! there to be filled. So a shortage is sat out for [`HOLD`], counted anew
//! whenever the sink has taken something: once it goes on, what has gathered
//! in the buffer is sent before more is read.

use std::time::{Duration, Instant};

/// Longest time without reading while the sink takes nothing.
const HOLD: Duration = Duration::from_millis(50);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Instant>,
}

impl Patience {
    /// The sink is full at `now`: whether to wait for it.
    pub(super) fn holds(&mut self, now: Instant) -> bool {
        now < *self.since.get_or_insert(now) + HOLD
    }

    /// The sink keeps up or goes on: the next shortage is a new one.
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
    fn a_shortage_is_sat_out_briefly_at_its_beginning() {
        let (mut patience, begun) = (Patience::default(), Instant::now());
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert_eq!(patience.deadline(), None);
        for (ms, holds) in [(0, true), (49, true), (50, false), (60_000, false)] {
            assert_eq!(patience.holds(at(ms)), holds, "{ms}");
        }
        assert_eq!(patience.deadline(), Some(at(50)));
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
