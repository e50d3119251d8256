//! When what is on its way was received: a mark for each hand-over. Where they
//! wait for long, as in a transaction, there are as many as the logarithm of
//! the time: of hand-overs that follow each other closer than a thousandth of
//! what the oldest has waited, the first stands for all.

use std::collections::VecDeque;
use std::time::Instant;

/// How often the gap between two hand-overs is in the time that the oldest has
/// waited where one stands for both.
const COARSE: u32 = 1_024;

/// Records of one read that are on their way, or of several that came nearly
/// together: those below `end`, received at `received`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) end: u64,
    pub(super) received: Instant,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Marks(VecDeque<Mark>);

impl Marks {
    pub(super) fn add(&mut self, end: u64, received: Instant) {
        let oldest = self.first().map(|mark| mark.received);
        if let (Some(oldest), Some(last)) = (oldest, self.0.back_mut())
            && let Some(gap) = received.checked_duration_since(last.received)
            && gap < received.saturating_duration_since(oldest) / COARSE
        {
            last.end = end;
            return;
        }
        self.0.push_back(Mark { end, received });
    }

    pub(super) fn first(&self) -> Option<Mark> {
        self.0.front().copied()
    }

    pub(super) fn remove_first(&mut self) {
        self.0.pop_front();
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn hand_overs_that_wait_for_long_are_remembered_together_and_their_times_hardly_change() {
        const HAND_OVERS: u64 = 600_000;
        // A minute of ten thousand a second.
        let between = Duration::from_micros(100);
        let mut marks = Marks::default();
        let start = Instant::now();
        for number in 0..HAND_OVERS {
            marks.add(
                3 * (number + 1),
                start + Duration::from_micros(100 * number),
            );
        }
        assert!(marks.0.len() < 10_000, "{}", marks.0.len());
        let marks: Vec<Mark> = marks.0.into();
        for pair in marks.windows(2) {
            let (gap, age) = (
                pair[1].received - pair[0].received,
                pair[1].received - start,
            );
            assert!(gap <= age / 1_000 + between, "{gap:?} of {age:?}");
            assert!(pair[0].end < pair[1].end);
        }
        assert_eq!(marks.last().map(|mark| mark.end), Some(3 * HAND_OVERS));
    }

    #[test]
    fn one_that_was_received_before_another_has_its_own_time() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        let later = start + Duration::from_secs(9);
        for (end, received) in [(1, start), (2, later), (3, start)] {
            marks.add(end, received);
        }
        let times: Vec<Instant> = marks.0.iter().map(|mark| mark.received).collect();
        assert_eq!(times, [start, later, start]);
    }
}
