//! How long messages may be left with the socket when the sink is full.
//!
//! A sink that is busy has room again within milliseconds. A message that
//! waits for that in the socket is copied once, from the receive buffer into
//! the sink; one that is taken into the buffer is copied twice, and under a
//! flood that would be every message. A sink that takes nothing, though, must
//! not keep the socket from being read: pings want answers and the buffer is
//! there to be filled. So a shortage is sat out for [`HOLD`], counted anew
//! whenever the sink has taken something: once it goes on, what has gathered
//! in the buffer is sent before more is read. A sink that only trickles must
//! not keep what has been read waiting either: for [`BEHIND`] at the most.

use std::time::{Duration, Instant};

/// Longest time without reading while the sink takes nothing.
const HOLD: Duration = Duration::from_millis(50);
/// Longest time in which what has been read is not decoded to its end.
const BEHIND: Duration = Duration::from_secs(1);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Instant>,
    behind_since: Option<Instant>,
}

impl Patience {
    /// The sink is full at `now`: whether to wait for it.
    pub(super) fn holds(&mut self, now: Instant) -> bool {
        self.since.get_or_insert(now);
        self.behind_since.get_or_insert(now);
        self.deadline().is_some_and(|by| now < by)
    }

    /// The sink keeps up or goes on: the next shortage is a new one.
    pub(super) fn renew(&mut self) {
        self.since = None;
    }

    /// All that has been read is decoded.
    pub(super) fn caught_up(&mut self) {
        self.behind_since = None;
    }

    /// When the present wait is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let hold = self.since? + HOLD;
        let behind = self.behind_since.map(|since| since + BEHIND);
        Some(behind.map_or(hold, |behind| behind.min(hold)))
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

    #[test]
    fn a_sink_that_trickles_holds_up_what_was_read_for_a_second() {
        let (mut patience, begun) = (Patience::default(), Instant::now());
        let at = |ms: u64| begun + Duration::from_millis(ms);
        for ms in (0..1_000).step_by(40) {
            assert!(patience.holds(at(ms)), "{ms}");
            patience.renew();
        }
        assert!(!patience.holds(at(1_000)));
        patience.renew();
        assert!(!patience.holds(at(1_020)), "until all is decoded");
        patience.caught_up();
        assert!(patience.holds(at(1_040)));
    }
}
