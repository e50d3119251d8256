//! Which of the sink's records are which of the spool's.
//!
//! A sink numbers what it takes; a spool numbers what it keeps. Records that
//! go to the sink without having been in the spool, and gaps of a spool that
//! has lost something, make the two drift apart. Invariants: runs are in the
//! order of both numbers and do not overlap; a run ends where the next of
//! either number does not follow, so that there are as many as there are such
//! places among the records that are not acknowledged.

use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
struct Run {
    sink: u64,
    spool: u64,
    count: u64,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Runs(VecDeque<Run>);

impl Runs {
    /// The sink has taken `count` records with numbers from `sink` on, which
    /// are the spool's from `spool` on.
    pub(super) fn push(&mut self, sink: u64, spool: u64, count: u64) {
        if count == 0 {
            return;
        }
        match self.0.back_mut() {
            Some(last) if last.sink + last.count == sink && last.spool + last.count == spool => {
                last.count += count;
            }
            _ => self.0.push_back(Run { sink, spool, count }),
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are of the spool's records from `spool` on.
    pub(super) fn count_from(&self, spool: u64) -> u64 {
        let counts = self.0.iter().map(|run| {
            let gone = spool.saturating_sub(run.spool);
            run.count.saturating_sub(gone)
        });
        counts.sum()
    }

    /// All of the sink's records below `head` are acknowledged; the end of
    /// those of the spool, if there are any among them.
    pub(super) fn acknowledge(&mut self, head: u64) -> Option<u64> {
        let mut end = None;
        while let Some(run) = self.0.front_mut() {
            let done = head.saturating_sub(run.sink).min(run.count);
            if done == 0 {
                break;
            }
            end = Some(run.spool + done);
            run.sink += done;
            run.spool += done;
            run.count -= done;
            if run.count > 0 {
                break;
            }
            self.0.pop_front();
        }
        end
    }

    /// The sink's records from `from` on are to be offered again; the first of
    /// those of the spool, if there are any among them, and their number.
    pub(super) fn rewind(&mut self, from: u64) -> Option<(u64, u64)> {
        let (mut first, mut count) = (None, 0);
        while let Some(run) = self.0.back_mut() {
            let kept = from.saturating_sub(run.sink).min(run.count);
            if kept == run.count {
                break;
            }
            first = Some(run.spool + kept);
            count += run.count - kept;
            run.count = kept;
            if kept > 0 {
                break;
            }
            self.0.pop_back();
        }
        first.map(|first| (first, count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_that_follow_each_other_are_one_run() {
        let mut runs = Runs::default();
        runs.push(0, 100, 5);
        runs.push(5, 105, 5);
        assert_eq!(runs.0.len(), 1);
        runs.push(12, 110, 1);
        runs.push(13, 120, 1);
        assert_eq!(runs.0.len(), 3);
    }

    #[test]
    fn what_was_never_in_the_spool_moves_nothing() {
        let mut runs = Runs::default();
        runs.push(10, 0, 5);
        assert_eq!(runs.acknowledge(10), None);
        assert_eq!(runs.acknowledge(12), Some(2));
        assert_eq!(runs.acknowledge(12), None);
        assert_eq!(runs.acknowledge(40), Some(5));
        assert_eq!(runs.rewind(0), None);
    }

    #[test]
    fn a_rewind_forgets_what_comes_after() {
        let mut runs = Runs::default();
        runs.push(0, 7, 3);
        runs.push(3, 20, 3);
        assert_eq!(runs.rewind(6), None);
        assert_eq!(runs.rewind(4), Some((21, 2)));
        assert_eq!(runs.rewind(1), Some((8, 3)));
        runs.push(1, 8, 2);
        assert_eq!(runs.acknowledge(3), Some(10));
    }

    proptest! {
        #[test]
        fn every_record_keeps_its_number(
            steps in prop::collection::vec((0_u8..4, 0_u64..6, 0_u64..4), 1..200),
        ) {
            let mut runs = Runs::default();
            // The numbers of both, as they were handed over.
            let mut pairs: Vec<(u64, Option<u64>)> = Vec::new();
            let (mut sink, mut spool, mut head) = (0, 0, 0);
            for (kind, count, gap) in steps {
                match kind {
                    0 => {
                        spool += gap;
                        runs.push(sink, spool, count);
                        for i in 0..count {
                            pairs.push((sink + i, Some(spool + i)));
                        }
                        (sink, spool) = (sink + count, spool + count);
                    }
                    1 => {
                        pairs.extend((0..count).map(|i| (sink + i, None)));
                        sink += count;
                    }
                    2 => {
                        let to = (head + count).min(sink);
                        let last = pairs.iter().filter(|(at, _)| (head..to).contains(at));
                        let expected = last.filter_map(|(_, spool)| *spool).next_back();
                        prop_assert_eq!(runs.acknowledge(to), expected.map(|at| at + 1));
                        head = to;
                    }
                    _ => {
                        let from = (head + count).min(sink);
                        let again: Vec<_> = pairs
                            .iter()
                            .filter(|(at, _)| *at >= from)
                            .filter_map(|(_, spool)| *spool)
                            .collect();
                        let expected = again.first().copied();
                        let count = again.len() as u64;
                        prop_assert_eq!(runs.rewind(from), expected.map(|first| (first, count)));
                        pairs.retain(|(at, _)| *at < from);
                        sink = from;
                        spool = expected.unwrap_or(spool);
                    }
                }
            }
        }
    }
}
