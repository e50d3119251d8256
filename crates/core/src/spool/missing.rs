//! Which missing records were reported already, so that a loss counts once
//! however often a cursor comes by.
//!
//! Invariants: ranges are in order, not empty and do not touch; there is a
//! bound for their number, beyond which the two oldest become one.

use std::ops::Range;

/// How many ranges are told apart.
pub(super) const MAX_RANGES: usize = 16 * 1024;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Missing {
    ranges: Vec<Range<u64>>,
}

impl Missing {
    /// Adds a range; how many of it are new.
    pub(super) fn report(&mut self, from: u64, to: u64) -> u64 {
        if from >= to {
            return 0;
        }
        let first = self.ranges.partition_point(|range| range.end < from);
        let last = self.ranges.partition_point(|range| range.start <= to);
        let mut joined = from..to;
        let mut known = 0;
        for range in &self.ranges[first..last] {
            known += range.end.min(to).saturating_sub(range.start.max(from));
            joined.start = joined.start.min(range.start);
            joined.end = joined.end.max(range.end);
        }
        self.ranges.splice(first..last, [joined]);
        while self.ranges.len() > MAX_RANGES {
            let oldest = self.ranges.remove(0);
            self.ranges[0].start = oldest.start;
        }
        to - from - known
    }

    /// How many of this range were reported.
    pub(super) fn known(&self, from: u64, to: u64) -> u64 {
        let first = self.ranges.partition_point(|range| range.end <= from);
        let touched = self.ranges[first..]
            .iter()
            .take_while(|range| range.start < to);
        touched
            .map(|range| range.end.min(to) - range.start.max(from))
            .sum()
    }

    /// Takes a range back, whose records are there after all; how many of it
    /// were reported.
    pub(super) fn found(&mut self, from: u64, to: u64) -> u64 {
        let known = self.known(from, to);
        if known > 0 {
            let parts = self.ranges.iter().flat_map(|range| {
                let before = range.start..range.end.min(from);
                [before, range.start.max(to)..range.end]
            });
            self.ranges = parts.filter(|part| part.start < part.end).collect();
        }
        known
    }

    /// The ranges.
    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Forgets what is below the head.
    pub(super) fn forget_below(&mut self, sequence: u64) {
        let done = self.ranges.partition_point(|range| range.end <= sequence);
        if done > 0 {
            self.ranges.drain(..done);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_sequence_counts_once_until_it_is_found(
            reports in prop::collection::vec((0_u64..60, 0_u64..20, 0_u8..4), 0..40),
        ) {
            let mut missing = Missing::default();
            let mut seen = [false; 80];
            for (from, count, kind) in reports {
                let to = from + count;
                let range = usize::try_from(from)?..usize::try_from(to)?;
                let known = seen[range.clone()].iter().filter(|seen| **seen).count() as u64;
                prop_assert_eq!(missing.known(from, to), known);
                if kind == 0 {
                    prop_assert_eq!(missing.found(from, to), known);
                } else {
                    prop_assert_eq!(missing.report(from, to), count - known);
                }
                seen[range].fill(kind > 0);
                for pair in missing.ranges.windows(2) {
                    prop_assert!(pair[0].end < pair[1].start);
                }
            }
        }
    }

    #[test]
    fn the_number_of_ranges_has_a_bound() {
        let mut missing = Missing::default();
        for sequence in 0..3 * MAX_RANGES as u64 {
            assert_eq!(missing.report(sequence * 2, sequence * 2 + 1), 1);
        }
        assert_eq!(missing.ranges.len(), MAX_RANGES);
    }
}
