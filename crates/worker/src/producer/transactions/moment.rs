//! Moments of a clock that goes on while the machine is suspended, as the
//! coordinator's does, which counts a transaction's age: `Instant` stands still
//! then, and a transaction that has long been ended would look young.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCK: ClockId = ClockId::Boottime;
/// Elsewhere this one does so by itself.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOCK: ClockId = ClockId::Monotonic;

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Duration);

impl Moment {
    /// The present one.
    pub(super) fn now() -> Self {
        // It is never before the machine's start.
        Self(Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default())
    }

    /// The time since then.
    pub(super) fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// The time since an earlier one; none if that is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The one so much later.
    pub(super) fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn it_is_the_time_since_the_start_of_the_machine_with_all_that_it_slept() {
        let uptime = || {
            let text = std::fs::read_to_string("/proc/uptime").expect("it is there");
            let seconds = text.split(' ').next().expect("a number");
            Duration::from_secs_f64(seconds.parse().expect("seconds"))
        };
        let before = uptime();
        let now = Moment::now().0;
        // It is told in hundredths.
        let hundredth = Duration::from_millis(10);
        assert!(before <= now && now <= uptime() + hundredth, "{now:?}");
    }

    #[test]
    fn it_goes_on() {
        let begun = Moment::now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(begun.elapsed() >= Duration::from_millis(2));
        assert_eq!(
            begun.since(begun.plus(Duration::from_secs(1))),
            Duration::ZERO
        );
    }
}
