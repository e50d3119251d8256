//! How far Java has come with a task's records.
//!
//! Java numbers them as the task does, without a hole. Of those that it leaves
//! out it tells only how many there are: which they are matters to nobody, and a
//! call for each would cost more than the record.

use websocket_source::sink::{LeftOut, LeftOutCounts};

/// How far Java's records have come, since its task began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Those that are done with, from the first on and without a hole.
    pub(crate) records: u64,
    /// Those of them that Connect has not written.
    pub(crate) filtered: u64,
    /// Those of them that Java did not give to Connect, as no value could be made
    /// of them.
    pub(crate) failed: u64,
    /// Those that it did not give for their size.
    pub(crate) too_large: u64,
}

impl Done {
    /// Those left out since `before`.
    pub(crate) fn left_out_since(&self, before: &Self) -> LeftOutCounts {
        let mut counts = LeftOutCounts::default();
        for (reason, now, before) in [
            (LeftOut::Filter, self.filtered, before.filtered),
            (LeftOut::Error, self.failed, before.failed),
            (LeftOut::Oversize, self.too_large, before.too_large),
        ] {
            counts.count(reason, now.saturating_sub(before));
        }
        counts
    }
}
