//! Which of the task's records Java never sees, and what became of the others.
//!
//! Java numbers what it gets without a hole; the task's numbers go on behind a
//! message that was left out for its size. Invariants: a hole is kept until
//! Java's acknowledgements have passed it, so that there are no more than Java
//! has records on their way; holes at one place are one. Of the records that
//! Java leaves out it tells only how many there are: which they are matters to
//! nobody, and a call for each would cost more than the record.

use std::collections::VecDeque;

use websocket_source::sink::{Delivery, LeftOut, LeftOutCounts};

/// How far Java's records have come, since its task began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Those that are done with, from the first on and without a hole.
    pub(crate) records: u64,
    /// Those of them that Connect has not written.
    pub(crate) filtered: u64,
    /// Those of them that Java did not give to Connect.
    pub(crate) failed: u64,
}

impl Done {
    /// Those left out since `before`.
    fn left_out_since(&self, before: &Self) -> LeftOutCounts {
        let mut counts = LeftOutCounts::default();
        counts.count(
            LeftOut::Filter,
            self.filtered.saturating_sub(before.filtered),
        );
        counts.count(LeftOut::Error, self.failed.saturating_sub(before.failed));
        counts
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Holes {
    /// Before which of Java's records how many are missing.
    open: VecDeque<(u64, u64)>,
    /// How many are missing before the last one of those.
    found: u64,
    /// How many are missing before what is acknowledged.
    passed: u64,
    /// What Java has told last.
    done: Done,
}

impl Holes {
    /// How many there are, those included that were passed.
    pub(crate) fn count(&self) -> u64 {
        self.found
    }

    /// The task's record of this number is left out.
    pub(crate) fn add(&mut self, sequence: u64) {
        let before = sequence - self.found;
        self.found += 1;
        match self.open.back_mut() {
            Some((place, count)) if *place == before => *count += 1,
            _ => self.open.push_back((before, 1)),
        }
    }

    /// Java's records have come as far as this; nothing if that is known.
    pub(crate) fn acknowledge(&mut self, done: Done, delivery: &Delivery) {
        if done.records <= self.done.records {
            return;
        }
        let mut left_out = done.left_out_since(&self.done);
        let (mut at, end) = (self.done.records, done.records);
        self.done = done;
        while at < end {
            while let Some(&(_, missing)) = self.open.front().filter(|(place, _)| *place <= at) {
                self.passed += missing;
                self.open.pop_front();
            }
            let to = self.open.front().map_or(end, |(place, _)| end.min(*place));
            // No part has more of them than records, whoever reads between two.
            delivery.commit(at + self.passed, to - at, left_out.take(to - at));
            at = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    fn records(records: u64) -> Done {
        Done {
            records,
            ..Done::default()
        }
    }

    #[test]
    fn what_java_acknowledges_are_the_records_that_it_has() {
        // Of ten records Java gets 2, 3, 6 and 8 as 0 to 3.
        let left_out = [0, 1, 4, 5, 7, 9];
        for step in 1..=4 {
            let delivery = Delivery::new(Arc::default());
            let mut holes = Holes::default();
            delivery.taken(10, Instant::now());
            for sequence in left_out {
                holes.add(sequence);
                delivery.leave_out(sequence, 1, LeftOut::Oversize);
            }
            let heads = [2, 3, 6, 8, 10];
            let mut acknowledged = 0;
            while acknowledged < 4 {
                acknowledged += step.min(4 - acknowledged);
                holes.acknowledge(records(acknowledged), &delivery);
                let progress = delivery.progress();
                let head = heads[usize::try_from(acknowledged).expect("small")];
                assert!(progress.acknowledged >= head, "{progress:?}");
                assert_eq!(progress.written(), acknowledged);
            }
            assert_eq!(delivery.progress().acknowledged, 10);
            assert!(holes.open.iter().all(|(place, _)| *place == 4));
        }
    }

    #[test]
    fn what_java_leaves_out_is_counted_with_the_records_that_are_done_with() {
        // Of ten records Java gets all but 4, and leaves out the first four.
        let delivery = Delivery::new(Arc::default());
        let mut holes = Holes::default();
        delivery.taken(10, Instant::now());
        holes.add(4);
        delivery.leave_out(4, 1, LeftOut::Oversize);
        let done = |records, filtered, failed| Done {
            records,
            filtered,
            failed,
        };
        for (told, written, filtered, failed) in [
            (done(1, 1, 0), 0, 1, 0),
            (done(8, 3, 1), 4, 3, 1),
            (done(8, 3, 1), 4, 3, 1),
            (done(9, 3, 2), 4, 3, 2),
        ] {
            holes.acknowledge(told, &delivery);
            let progress = delivery.progress();
            assert_eq!(progress.written(), written, "{told:?}");
            assert_eq!(progress.left_out.of(LeftOut::Filter), filtered);
            assert_eq!(progress.left_out.of(LeftOut::Error), failed);
        }
        assert_eq!(delivery.progress().acknowledged, 10);
    }
}
