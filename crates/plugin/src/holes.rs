//! Which of the task's records Java never sees, or sees and leaves out.
//!
//! Java numbers what it gets without a hole; the task's numbers go on behind a
//! message that was left out for its size. Invariants: a hole is kept until
//! Java's acknowledgements have passed it, so that there are no more than Java
//! has records on their way; holes at one place are one. What Java leaves out
//! has its number there, and an acknowledgement like all others.

use std::collections::VecDeque;

use websocket_source::sink::{Delivery, LeftOut};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Holes {
    /// Before which of Java's records how many are missing.
    open: VecDeque<(u64, u64)>,
    /// How many are missing before the last one of those.
    found: u64,
    /// How many are missing before what is acknowledged.
    passed: u64,
    /// How many of its records Java has left out.
    refused: u64,
}

impl Holes {
    /// How many records go no further, those included that were passed.
    pub(crate) fn count(&self) -> u64 {
        self.found + self.refused
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

    /// Java's record of this number is left out by Java.
    pub(crate) fn leave_out(&mut self, number: u64, delivery: &Delivery) {
        let before = self.open.iter().take_while(|(place, _)| *place <= number);
        let missing: u64 = before.map(|(_, count)| count).sum();
        self.refused += 1;
        delivery.leave_out(number + self.passed + missing, 1, LeftOut::Error);
    }

    /// Java's records from `first` on, so many of them, are acknowledged.
    pub(crate) fn acknowledge(&mut self, first: u64, count: u64, delivery: &Delivery) {
        let (mut at, end) = (first, first + count);
        while at < end {
            while let Some(&(_, missing)) = self.open.front().filter(|(place, _)| *place <= at) {
                self.passed += missing;
                self.open.pop_front();
            }
            let to = self.open.front().map_or(end, |(place, _)| end.min(*place));
            // What Java has left out may be behind the head already.
            let done = delivery.progress().acknowledged;
            let (begin, until) = (done.max(at + self.passed), to + self.passed);
            if begin < until {
                delivery.acknowledge(begin, until - begin);
            }
            at = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

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
                let count = step.min(4 - acknowledged);
                holes.acknowledge(acknowledged, count, &delivery);
                acknowledged += count;
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
    fn what_java_leaves_out_is_no_record_that_it_has_acknowledged() {
        // Of eight records Java gets 0, 2, 3, 5, 6 and 7 as 0 to 5, and leaves
        // out the first, one in the middle and the last.
        for step in 1..=6 {
            let delivery = Delivery::new(Arc::default());
            let mut holes = Holes::default();
            delivery.taken(8, Instant::now());
            for sequence in [1, 4] {
                holes.add(sequence);
                delivery.leave_out(sequence, 1, LeftOut::Oversize);
            }
            for number in [0, 3, 5] {
                holes.leave_out(number, &delivery);
            }
            let mut acknowledged = 0;
            while acknowledged < 6 {
                let count = step.min(6 - acknowledged);
                holes.acknowledge(acknowledged, count, &delivery);
                acknowledged += count;
            }
            let progress = delivery.progress();
            assert_eq!((progress.acknowledged, progress.written()), (8, 3));
            assert_eq!(progress.left_out.of(LeftOut::Error), 3);
            assert_eq!(holes.count(), 5);
        }
    }
}
