//! The sink as a task uses it: offers records, counts what was taken, and
//! says how long to be patient with a sink that is full.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::{Duration, Instant};

use super::patience::Patience;
use crate::buffer::Batch;
use crate::metrics::TaskMetrics;
use crate::sink::{Delivery, Sink, SinkError};

/// See the module's documentation.
pub(super) struct Outlet {
    sink: Box<dyn Sink>,
    metrics: Arc<TaskMetrics>,
    pub(super) patience: Patience,
    /// Records taken, without the numbers that were skipped.
    taken: u64,
}

impl Outlet {
    pub(super) fn new(sink: Box<dyn Sink>, metrics: Arc<TaskMetrics>) -> Self {
        Self {
            sink,
            metrics,
            patience: Patience::default(),
            taken: 0,
        }
    }

    /// Records that the sink has taken and not given back.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// See [`Sink::has_room`].
    pub(super) fn has_room(&self, records: usize, bytes: usize) -> bool {
        self.sink.has_room(records, bytes)
    }

    /// See [`Sink::skip`].
    pub(super) fn skip(&mut self, count: u64) -> bool {
        self.sink.skip(count)
    }

    /// See [`Sink::begins_at`].
    pub(super) fn begins_at(&mut self) -> Option<u64> {
        self.sink.begins_at()
    }

    /// See [`Sink::rewound`].
    pub(super) fn rewound(&mut self) -> Option<u64> {
        self.sink.rewound()
    }

    /// The sink has given back so many.
    pub(super) fn give_back(&mut self, records: u64) {
        self.taken = self.taken.saturating_sub(records);
    }

    /// See [`Sink::delivery`].
    pub(super) fn delivery(&self) -> &Arc<Delivery> {
        self.sink.delivery()
    }

    /// Offers a batch, once more if the sink says it is full: between the two
    /// tries it was told to wake us, so no room can be missed. Returns how many
    /// records were taken and, if the one after them can never be, why.
    pub(super) fn offer(&mut self, batch: &Batch<'_>) -> (usize, Option<SinkError>) {
        let begun = Instant::now();
        let (mut taken, mut rejected) = counted(self.sink.offer(batch));
        if rejected.is_none() && taken < batch.len() {
            self.sink.delivery().arm();
            let more;
            (more, rejected) = counted(self.sink.offer(&batch.tail(taken)));
            taken += more;
        }
        if taken > 0 {
            self.patience.renew();
            self.taken += taken as u64;
        }
        let us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.count_batch(taken as u64, us);
        (taken, rejected)
    }

    /// Counts a hand-over, its number last: who sees that, by an acquiring
    /// load, sees the rest.
    fn count_batch(&self, records: u64, us: u64) {
        if records == 0 {
            return;
        }
        let metrics = &self.metrics;
        metrics.produced.fetch_add(records, Relaxed);
        metrics.batch_records_max.fetch_max(records, Relaxed);
        metrics.batch_time_us.fetch_add(us, Relaxed);
        metrics.batch_time_max_us.fetch_max(us, Relaxed);
        metrics.batches.fetch_add(1, Release);
    }

    /// See [`Sink::fetched`].
    pub(super) fn fetched(&self) -> Option<u64> {
        self.sink.fetched()
    }

    /// Has the sink send what lingers, once nothing more will come.
    pub(super) fn flush(&mut self, within: Duration) {
        self.sink.flush(within);
    }
}

/// What an offer came to.
fn counted(offered: Result<usize, SinkError>) -> (usize, Option<SinkError>) {
    offered.map_or_else(|error| (0, Some(error)), |taken| (taken, None))
}
