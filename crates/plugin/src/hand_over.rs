//! The sink of a task whose records Java takes: an arena that the socket's
//! thread fills and `poll` empties.
//!
//! Invariants: values are in the order in which they were received; the arena
//! is small, so that what Java does not take waits in the task's own buffer,
//! where the overflow policy is; the lock is taken once per socket read and
//! once per poll, never per message.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use websocket_source::buffer::Batch;
use websocket_source::metrics::Histogram;
use websocket_source::sink::{Delivery, Sink, SinkError};

use crate::columns::Columns;
use crate::done::Done;

/// The most bytes of values and keys that lie ready; a single record may be
/// larger.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The most records that lie ready.
const MAX_RECORDS: usize = 10_000;
/// Where the socket's thread and `poll` meet.
#[derive(Debug)]
pub(crate) struct HandOver {
    ready: Mutex<Columns>,
    filled: Condvar,
    /// Whether a poll waits.
    awaited: AtomicBool,
    /// Nobody is to wait any more.
    closed: AtomicBool,
    /// What lies ready, to be asked without the lock.
    records: AtomicUsize,
    bytes: AtomicUsize,
    /// Records that are Java's.
    fetched: AtomicU64,
    /// What Java has told last.
    done: Mutex<Done>,
    delivery: Arc<Delivery>,
}

impl HandOver {
    /// Nothing lies ready; the seconds from receipt to Connect's commit of a
    /// record go to `latency`.
    pub(crate) fn new(latency: Arc<Histogram>) -> Arc<Self> {
        Arc::new(Self {
            ready: Mutex::default(),
            filled: Condvar::new(),
            awaited: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            records: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            fetched: AtomicU64::new(0),
            done: Mutex::default(),
            delivery: Arc::new(Delivery::new(latency)),
        })
    }

    /// The task's side.
    pub(crate) fn sink(self: &Arc<Self>) -> Box<dyn Sink> {
        Box::new(HandOverSink {
            shared: Arc::clone(self),
            sequence: 0,
        })
    }

    /// Java's records have come as far as this; nothing if that is known.
    pub(crate) fn acknowledge(&self, done: Done) {
        // It is replaced as a whole.
        let mut before = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done.records > before.records {
            let records = done.records - before.records;
            let left_out = done.left_out_since(&before);
            self.delivery.commit(before.records, records, left_out);
            *before = done;
        }
    }

    pub(crate) fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }

    /// Records that lie ready.
    pub(crate) fn records(&self) -> usize {
        self.records.load(Ordering::Relaxed)
    }

    /// Takes all that lies ready in exchange for `empty`; waits for something
    /// to come, `wait` at the most. What was taken before is Java's by now.
    pub(crate) fn take(&self, empty: &mut Columns, wait: Duration) {
        debug_assert_eq!(empty.len(), 0);
        let deadline = Instant::now() + wait;
        let mut ready = self.lock();
        let taken = self.delivery.progress().taken;
        let fetched = taken.saturating_sub(ready.len() as u64);
        self.fetched.store(fetched, Ordering::Relaxed);
        if ready.len() == 0 {
            // A task that has failed may wait for no more than this.
            self.delivery.notify();
        }
        while ready.len() == 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.closed.load(Ordering::Relaxed) {
                return;
            }
            self.awaited.store(true, Ordering::Relaxed);
            let waited = self.filled.wait_timeout(ready, left);
            ready = waited.unwrap_or_else(PoisonError::into_inner).0;
            self.awaited.store(false, Ordering::Relaxed);
        }
        mem::swap(&mut *ready, empty);
        ready.skipped = empty.skipped;
        self.count(&ready);
        drop(ready);
        self.delivery.notify();
    }

    /// Ends the wait of a poll, and lets no other begin.
    pub(crate) fn close(&self) {
        let ready = self.lock();
        self.closed.store(true, Ordering::Relaxed);
        drop(ready);
        self.filled.notify_all();
    }

    // A panic while the lock is held leaves whole columns behind but for the
    // last row, which nobody was told of.
    fn lock(&self) -> MutexGuard<'_, Columns> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, ready: &Columns) {
        self.records.store(ready.len(), Ordering::Relaxed);
        self.bytes.store(ready.bytes(), Ordering::Relaxed);
    }
}

/// See the module's documentation.
struct HandOverSink {
    shared: Arc<HandOver>,
    /// The number of the next record.
    sequence: u64,
}

/// Whether a record of `more` bytes may join so many.
fn fits(records: usize, bytes: usize, more: usize) -> bool {
    records == 0 || (records < MAX_RECORDS && bytes + more <= MAX_BYTES)
}

impl Sink for HandOverSink {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let shared = &self.shared;
        let mut ready = shared.lock();
        let mut taken = 0;
        while taken < batch.len() {
            let bytes = batch.value(taken).len() + batch.key(taken).map_or(0, <[u8]>::len);
            if !fits(ready.len(), ready.bytes(), bytes) {
                break;
            }
            ready.push(batch, taken);
            taken += 1;
        }
        if taken == 0 {
            return Ok(0);
        }
        shared.count(&ready);
        self.sequence += taken as u64;
        // Under the lock, so that no poll acknowledges before it is counted.
        shared.delivery.taken(self.sequence, batch.received().at);
        let awaited = shared.awaited.load(Ordering::Relaxed);
        drop(ready);
        if awaited {
            shared.filled.notify_one();
        }
        Ok(taken)
    }

    fn has_room(&self, records: usize, bytes: usize) -> bool {
        let records = records + self.shared.records.load(Ordering::Relaxed);
        let bytes = bytes + self.shared.bytes.load(Ordering::Relaxed);
        records <= 1 || (records <= MAX_RECORDS && bytes <= MAX_BYTES)
    }

    /// Records are numbered without a hole here and in Java; what is skipped
    /// moves the offsets of those that follow, so what lies ready goes first.
    fn skip(&mut self, count: u64) -> bool {
        let mut ready = self.shared.lock();
        let empty = ready.len() == 0;
        if empty {
            ready.skipped += count;
        }
        empty
    }

    /// Nothing lingers here.
    fn flush(&mut self, _within: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.shared.delivery
    }

    fn fetched(&self) -> Option<u64> {
        Some(self.shared.fetched.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use websocket_source::buffer::{Received, Row};
    use websocket_source::frames::Kind;
    use websocket_source::sink::LeftOut;

    use super::*;

    fn hand_over() -> Arc<HandOver> {
        HandOver::new(Arc::default())
    }

    /// Offers these values as one batch; how many were taken.
    fn offer(sink: &mut dyn Sink, values: &[&str]) -> usize {
        let arena = values.concat();
        let mut start = 0;
        let rows: Vec<_> = values
            .iter()
            .map(|value| {
                start += value.len();
                Row::own(start - value.len(), value.len(), Kind::Text)
            })
            .collect();
        let batch = Batch::from_parts(&rows, None, arena.as_bytes(), Received::now());
        sink.offer(&batch).expect("never refused")
    }

    fn take(hand_over: &HandOver) -> Vec<String> {
        let mut columns = Columns::default();
        hand_over.take(&mut columns, Duration::ZERO);
        let starts = std::iter::once(&0).chain(&columns.ends);
        starts
            .zip(&columns.ends)
            .map(|(start, end)| String::from_utf8_lossy(&columns.values[*start..*end]).into_owned())
            .collect()
    }

    #[test]
    fn a_poll_takes_all_reads_since_the_last_in_order() {
        let hand_over = hand_over();
        let mut sink = hand_over.sink();
        assert_eq!(take(&hand_over), [""; 0]);
        assert_eq!(offer(sink.as_mut(), &["a", "", "b"]), 3);
        assert_eq!(offer(sink.as_mut(), &["c"]), 1);
        assert_eq!(
            (hand_over.records(), hand_over.delivery().progress().taken),
            (4, 4)
        );
        assert_eq!(take(&hand_over), ["a", "", "b", "c"]);
        assert_eq!(hand_over.records(), 0);
        assert_eq!(take(&hand_over), [""; 0]);
    }

    #[test]
    fn what_a_poll_has_taken_is_java_s_when_it_polls_again() {
        let hand_over = hand_over();
        let mut sink = hand_over.sink();
        assert_eq!(sink.fetched(), Some(0));
        offer(sink.as_mut(), &["a", "b"]);
        take(&hand_over);
        assert_eq!(sink.fetched(), Some(0));
        offer(sink.as_mut(), &["c"]);
        hand_over.delivery().arm();
        take(&hand_over);
        assert_eq!(sink.fetched(), Some(2));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(hand_over.delivery().space());
        hand_over.delivery().arm();
        // Nothing comes any more, but a task may wait for this.
        take(&hand_over);
        assert_eq!(sink.fetched(), Some(3));
        runtime.block_on(hand_over.delivery().space());
    }

    #[test]
    fn what_lies_ready_is_bounded_in_records_and_in_bytes_but_for_a_single_record() {
        let hand_over = hand_over();
        let mut sink = hand_over.sink();
        assert_eq!(
            offer(sink.as_mut(), &vec!["x"; MAX_RECORDS + 1]),
            MAX_RECORDS
        );
        assert!(!sink.has_room(1, 1));
        assert_eq!(offer(sink.as_mut(), &["x"]), 0);
        take(&hand_over);
        let large = "x".repeat(3 * MAX_BYTES);
        assert!(sink.has_room(1, large.len()) && !sink.has_room(2, large.len()));
        assert_eq!(offer(sink.as_mut(), &[&large, "x"]), 1);
        assert_eq!(take(&hand_over), [large]);
        let half = "x".repeat(MAX_BYTES / 2);
        assert!(sink.has_room(2, MAX_BYTES) && !sink.has_room(2, MAX_BYTES + 1));
        assert_eq!(offer(sink.as_mut(), &[&half, &half, "x"]), 2);
    }

    #[test]
    fn what_java_leaves_out_is_counted_with_the_records_that_are_done_with() {
        let hand_over = hand_over();
        let mut sink = hand_over.sink();
        assert_eq!(offer(sink.as_mut(), &["x"; 10]), 10);
        let done = |records, filtered, failed, too_large| Done {
            records,
            filtered,
            failed,
            too_large,
        };
        for (told, written) in [
            (done(1, 1, 0, 0), 0),
            (done(8, 3, 1, 1), 3),
            (done(8, 3, 1, 1), 3),
            (done(7, 3, 1, 1), 3),
            (done(10, 3, 2, 2), 3),
        ] {
            hand_over.acknowledge(told);
            let progress = hand_over.delivery().progress();
            assert_eq!(progress.written(), written, "{told:?}");
        }
        let progress = hand_over.delivery().progress();
        assert_eq!(progress.acknowledged, 10);
        for (reason, records) in [
            (LeftOut::Filter, 3),
            (LeftOut::Error, 2),
            (LeftOut::Oversize, 2),
        ] {
            assert_eq!(progress.left_out.of(reason), records, "{reason:?}");
        }
    }

    #[test]
    fn a_waiting_poll_is_woken_by_a_record_and_a_full_task_by_a_poll() {
        let hand_over = hand_over();
        let poll = {
            let hand_over = Arc::clone(&hand_over);
            thread::spawn(move || {
                let mut columns = Columns::default();
                hand_over.take(&mut columns, Duration::from_secs(60));
                columns.len()
            })
        };
        let mut sink = hand_over.sink();
        while !hand_over.awaited.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        offer(sink.as_mut(), &["a"]);
        assert_eq!(poll.join().expect("no panic"), 1);
        let large = "x".repeat(MAX_BYTES);
        offer(sink.as_mut(), &[&large]);
        hand_over.delivery().arm();
        assert_eq!(offer(sink.as_mut(), &["b"]), 0);
        take(&hand_over);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime
            .expect("a runtime")
            .block_on(hand_over.delivery().space());
    }

    #[test]
    fn a_poll_that_waits_ends_when_the_task_is_stopped_and_none_waits_after() {
        let hand_over = hand_over();
        std::thread::scope(|scope| {
            let poll = || hand_over.take(&mut Columns::default(), Duration::from_secs(60));
            let waiting = scope.spawn(poll);
            while !hand_over.awaited.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            hand_over.close();
            waiting.join().expect("no panic");
            poll();
        });
    }
}
