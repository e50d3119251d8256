//! What became of the records a sink has taken: the contiguous acknowledged
//! end, the time each read took to get there, and the first rejection.
//!
//! The idea of a contiguous head is Kafka Connect's (`SubmittedRecords`): an
//! offset may be committed only when every record before it is acknowledged.
//!
//! Threads: the task calls [`Delivery::taken`] and the readers; the client
//! library's polling thread calls [`Delivery::acknowledge`] and
//! [`Delivery::reject`]. The lock is taken once per socket read, once per run
//! of acknowledgements and once per reading, never per message that is
//! written. A reading is of one moment: what is left out counts from when the
//! head has passed it, so that neither the acknowledged nor the written
//! records ever become fewer. Memory is bounded by what the client library
//! may have in flight, and in a transaction by what [`Marks`] come to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::SinkError;
use super::marks::Marks;
use crate::clock;
use crate::metrics::Histogram;

/// The way of one hand-over's records, of which the last has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When they were received.
    pub received: Instant,
    /// When all of them, and all before them, were acknowledged.
    pub acknowledged: Instant,
    /// How many there were.
    pub records: u64,
    /// The number after the last one's: another trip has another.
    pub end: u64,
}

/// Why a record that a sink has taken will not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// A transform dropped it.
    Filter,
    /// It could not be transformed, converted or written, and that is
    /// tolerated.
    Error,
    /// It is larger than the producer may send (`websocket.oversize`).
    Oversize,
    /// There is no such record: the spool's numbers go on behind what it has
    /// lost, which is counted there.
    Skipped,
}

impl LeftOut {
    /// All reasons, in the order of their counts.
    pub const ALL: [Self; 4] = [Self::Filter, Self::Error, Self::Oversize, Self::Skipped];
}

/// Records that will not be written, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOutCounts([u64; LeftOut::ALL.len()]);

impl LeftOutCounts {
    fn one(reason: LeftOut, count: u64) -> Self {
        let mut counts = Self::default();
        counts.0[reason as usize] = count;
        counts
    }

    /// Those for `reason`.
    pub fn of(&self, reason: LeftOut) -> u64 {
        self.0[reason as usize]
    }

    /// Those for any reason.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds `records` to those for `reason`.
    pub fn count(&mut self, reason: LeftOut, records: u64) {
        self.0[reason as usize] += records;
    }

    /// Adds those of another.
    pub fn add(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

/// A range that is acknowledged as a whole, from where its key says.
#[derive(Clone, Copy, Debug)]
struct Range {
    end: u64,
    /// Those in it that will not be written.
    left_out: LeftOutCounts,
}

impl Range {
    /// Takes in a range that touches it.
    fn join(&mut self, other: Self) {
        self.end = self.end.max(other.end);
        self.left_out.add(other.left_out);
    }
}

#[derive(Debug, Default)]
struct InFlight {
    taken: u64,
    /// All sequences below this are acknowledged.
    head: u64,
    /// Those below the head that will not be written.
    left_out: LeftOutCounts,
    /// Acknowledged ranges above the head, not touching: one more than there
    /// are holes between them at the most, however many are left out.
    ahead: BTreeMap<u64, Range>,
    /// All sequences below this are in the latency histogram.
    observed: u64,
    marks: Marks,
    /// What the last of the marks that are gone has become.
    last_trip: Option<Trip>,
    rejection: Option<SinkError>,
}

/// A reading of how far records have come; both count records since the task
/// started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records the sink has taken.
    pub taken: u64,
    /// Records acknowledged without a hole before them.
    pub acknowledged: u64,
    /// Those among the acknowledged that will not be written.
    pub left_out: LeftOutCounts,
}

impl Progress {
    /// Records that Kafka has, of those acknowledged. Never falls.
    pub fn written(&self) -> u64 {
        self.acknowledged.saturating_sub(self.left_out.total())
    }
}

/// Progress of one task's records; see the module's documentation.
#[derive(Debug)]
pub struct Delivery {
    in_flight: Mutex<InFlight>,
    rejected: AtomicBool,
    waiting: AtomicBool,
    wake: Notify,
    latency: Arc<Histogram>,
}

impl Delivery {
    /// Nothing taken yet; the seconds from receipt to acknowledgement go to
    /// `latency`.
    pub fn new(latency: Arc<Histogram>) -> Self {
        Self {
            in_flight: Mutex::default(),
            rejected: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            wake: Notify::new(),
            latency,
        }
    }

    // A panic while the lock is held leaves plain counters behind, each valid
    // by itself, so a poisoned lock is no reason to stop delivering.
    fn lock(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// States that the sink has taken all records below `end`, the new ones
    /// among them received at `received`. Comes right after the hand-over;
    /// acknowledgements may be faster.
    pub fn taken(&self, end: u64, received: Instant) {
        let mut in_flight = self.lock();
        in_flight.marks.add(end, received);
        self.observe(&mut in_flight);
        debug_assert!(in_flight.taken <= end);
        in_flight.taken = end;
    }

    /// Records that `count` records from `first` on are acknowledged.
    pub fn acknowledge(&self, first: u64, count: u64) {
        self.settle(first, count, LeftOutCounts::default());
    }

    /// Records that `count` records from `first` on will not be written and
    /// that nothing is to wait for them.
    pub fn leave_out(&self, first: u64, count: u64, reason: LeftOut) {
        self.settle(first, count, LeftOutCounts::one(reason, count));
    }

    /// Records that `count` records from `first` on are done with together, as
    /// those of a transaction are; `left_out` of them will not be written.
    pub fn commit(&self, first: u64, count: u64, left_out: LeftOutCounts) {
        self.settle(first, count, left_out);
    }

    /// Forgets every record above the acknowledged head, whose transaction was
    /// aborted; returns the head, from where they are to be offered again.
    pub fn rewind(&self) -> u64 {
        let mut in_flight = self.lock();
        in_flight.ahead.clear();
        in_flight.marks.clear();
        in_flight.taken = in_flight.head;
        in_flight.head
    }

    fn settle(&self, first: u64, count: u64, left_out: LeftOutCounts) {
        let mut in_flight = self.lock();
        let end = first + count;
        if first == in_flight.head {
            in_flight.head = end;
            in_flight.left_out.add(left_out);
            while let Some((&start, &range)) = in_flight.ahead.first_key_value() {
                if start > in_flight.head {
                    break;
                }
                in_flight.head = in_flight.head.max(range.end);
                in_flight.left_out.add(range.left_out);
                in_flight.ahead.pop_first();
            }
        } else {
            insert_range(&mut in_flight.ahead, first, Range { end, left_out });
        }
        self.observe(&mut in_flight);
        drop(in_flight);
        self.notify();
    }

    fn observe(&self, in_flight: &mut InFlight) {
        let now = clock::now();
        while let Some(mark) = in_flight.marks.first() {
            let end = mark.end.min(in_flight.head);
            let elapsed = now.saturating_duration_since(mark.received);
            self.latency
                .observe(elapsed, end.saturating_sub(in_flight.observed));
            in_flight.observed = in_flight.observed.max(end);
            if mark.end > in_flight.head {
                break;
            }
            let begin = in_flight.last_trip.map_or(0, |trip| trip.end);
            in_flight.last_trip = Some(Trip {
                received: mark.received,
                acknowledged: now,
                records: mark.end.saturating_sub(begin),
                end: mark.end,
            });
            in_flight.marks.remove_first();
        }
    }

    /// Records that a taken record will never reach Kafka. The first
    /// rejection is kept.
    pub fn reject(&self, error: SinkError) {
        self.lock().rejection.get_or_insert(error);
        self.rejected.store(true, Ordering::Release);
        self.wake();
    }

    /// Wakes the task, whether or not it waits for room: there is something
    /// that it must ask for.
    pub fn wake(&self) {
        self.waiting.store(false, Ordering::Release);
        self.wake.notify_one();
    }

    /// The first rejection, if there was one.
    pub fn rejection(&self) -> Option<SinkError> {
        if self.rejected.load(Ordering::Acquire) {
            self.lock().rejection.clone()
        } else {
            None
        }
    }

    /// How far the records have come.
    pub fn progress(&self) -> Progress {
        let in_flight = self.lock();
        Progress {
            acknowledged: in_flight.head,
            left_out: in_flight.left_out,
            taken: in_flight.taken.max(in_flight.head),
        }
    }

    /// The last hand-over that has arrived whole.
    pub fn last_trip(&self) -> Option<Trip> {
        self.lock().last_trip
    }

    /// Resolves when an acknowledgement or a rejection has come in since
    /// [`Delivery::arm`] was last called. Cancel-safe.
    pub async fn space(&self) {
        self.wake.notified().await;
    }

    /// Asks for a wake-up at the next change. To be called before a failed
    /// `offer` is tried once more, so that no change can be missed between.
    pub fn arm(&self) {
        self.waiting.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Wakes the task if it waits; also for sinks whose room is shared and
    /// was freed by another task's records.
    pub fn notify(&self) {
        // One of the two sees what the other has stored: either this wakes the
        // task, or the offer after `arm` finds the room that was made.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) && self.waiting.swap(false, Ordering::AcqRel) {
            self.wake.notify_one();
        }
    }
}

fn insert_range(ranges: &mut BTreeMap<u64, Range>, mut start: u64, mut range: Range) {
    if let Some((&before, &other)) = ranges.range(..=start).next_back()
        && other.end >= start
    {
        start = before;
        range.join(other);
        ranges.remove(&before);
    }
    while let Some((&next, &other)) = ranges.range(start..=range.end).next() {
        range.join(other);
        ranges.remove(&next);
    }
    ranges.insert(start, range);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn delivery() -> Delivery {
        Delivery::new(Arc::new(Histogram::default()))
    }

    #[test]
    fn the_head_waits_for_holes() {
        let delivery = delivery();
        delivery.taken(10, Instant::now());
        delivery.acknowledge(5, 5);
        assert_eq!(delivery.progress().acknowledged, 0);
        delivery.acknowledge(0, 5);
        assert_eq!(
            delivery.progress(),
            Progress {
                taken: 10,
                acknowledged: 10,
                left_out: LeftOutCounts::default(),
            }
        );
    }

    #[test]
    fn every_record_is_observed_once() {
        let delivery = delivery();
        let start = Instant::now();
        delivery.acknowledge(0, 2);
        delivery.taken(4, start);
        delivery.taken(6, start);
        assert_eq!(delivery.latency.snapshot().count, 2);
        delivery.acknowledge(2, 4);
        assert_eq!(delivery.latency.snapshot().count, 6);
        assert!(delivery.lock().marks.first().is_none());
    }

    #[test]
    fn a_trip_is_known_when_all_of_its_records_have_arrived() {
        let delivery = delivery();
        let start = Instant::now();
        delivery.taken(4, start);
        delivery.taken(6, start + Duration::from_millis(1));
        delivery.acknowledge(0, 3);
        assert_eq!(delivery.last_trip(), None);
        delivery.acknowledge(3, 2);
        let first = delivery.last_trip().expect("a trip");
        assert_eq!((first.received, first.records, first.end), (start, 4, 4));
        delivery.acknowledge(5, 1);
        let second = delivery.last_trip().expect("a trip");
        assert_eq!((second.records, second.end), (2, 6));
        assert!(second.acknowledged >= first.acknowledged);
    }

    #[test]
    fn what_is_left_out_holds_nothing_up() {
        let delivery = delivery();
        delivery.taken(3, Instant::now());
        delivery.acknowledge(0, 1);
        delivery.acknowledge(2, 1);
        delivery.leave_out(1, 1, LeftOut::Filter);
        let progress = delivery.progress();
        assert_eq!((progress.acknowledged, progress.left_out.total()), (3, 1));
        assert_eq!(progress.written(), 2);
    }

    #[test]
    fn what_is_left_out_counts_when_the_head_has_passed_it() {
        let delivery = delivery();
        delivery.taken(3, Instant::now());
        delivery.acknowledge(0, 1);
        delivery.leave_out(2, 1, LeftOut::Filter);
        let progress = delivery.progress();
        assert_eq!((progress.acknowledged, progress.left_out.total()), (1, 0));
        assert_eq!(progress.written(), 1);
        delivery.acknowledge(1, 1);
        let progress = delivery.progress();
        assert_eq!((progress.acknowledged, progress.left_out.total()), (3, 1));
        assert_eq!(progress.written(), 2);
    }

    #[test]
    fn whoever_reads_meanwhile_never_sees_the_written_records_become_fewer() {
        const RECORDS: u64 = 30_000;
        let delivery = delivery();
        delivery.taken(RECORDS, Instant::now());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Of each three: the last is left out, then the first, and
                // the one between them is written.
                for first in (0..RECORDS).step_by(3) {
                    delivery.leave_out(first + 2, 1, LeftOut::Filter);
                    delivery.leave_out(first, 1, LeftOut::Filter);
                    delivery.acknowledge(first + 1, 1);
                }
            });
            let mut before = delivery.progress();
            while before.acknowledged < RECORDS {
                let now = delivery.progress();
                assert!(now.written() >= before.written(), "{before:?}, {now:?}");
                let left_out = now.acknowledged.div_ceil(3) + now.acknowledged / 3;
                assert_eq!(now.left_out.total(), left_out, "{now:?}");
                before = now;
            }
        });
        assert_eq!(delivery.progress().written(), RECORDS / 3);
    }

    #[test]
    fn the_first_rejection_is_kept() {
        let delivery = delivery();
        assert_eq!(delivery.rejection(), None);
        delivery.reject(SinkError::TooLarge { bytes: 2, limit: 1 });
        delivery.reject(SinkError::TooLarge { bytes: 3, limit: 1 });
        assert_eq!(
            delivery.rejection(),
            Some(SinkError::TooLarge { bytes: 2, limit: 1 })
        );
    }

    #[test]
    fn what_was_not_acknowledged_is_forgotten_by_a_rewind_and_counts_when_it_comes_again() {
        let delivery = delivery();
        delivery.taken(4, Instant::now());
        let one = LeftOutCounts::one(LeftOut::Filter, 1);
        delivery.commit(0, 4, one);
        delivery.taken(9, Instant::now());
        delivery.leave_out(6, 1, LeftOut::Filter);
        assert_eq!(delivery.rewind(), 4);
        let progress = Progress {
            taken: 4,
            acknowledged: 4,
            left_out: one,
        };
        assert_eq!(delivery.progress(), progress);
        delivery.taken(6, Instant::now());
        delivery.commit(4, 2, LeftOutCounts::default());
        assert_eq!(delivery.progress().acknowledged, 6, "the old 6 is no more");
        assert_eq!(delivery.latency.snapshot().count, 6);
        assert!(delivery.lock().marks.first().is_none());
    }

    #[tokio::test]
    async fn a_task_that_waits_for_nothing_is_woken_when_it_must_ask() {
        let delivery = delivery();
        delivery.notify();
        delivery.wake();
        delivery.space().await;
    }

    #[tokio::test]
    async fn an_armed_task_is_woken_by_an_acknowledgement() {
        let delivery = delivery();
        delivery.taken(1, Instant::now());
        delivery.arm();
        delivery.acknowledge(0, 1);
        delivery.space().await;
    }

    proptest! {
        #[test]
        fn any_order_of_acknowledgement_ends_at_the_end(
            lengths in prop::collection::vec(1_u64..9, 1..30),
            seed in any::<u64>(),
        ) {
            let mut runs = Vec::new();
            let mut end = 0;
            for length in lengths {
                runs.push((end, length));
                end += length;
            }
            let mut random = fastrand::Rng::with_seed(seed);
            random.shuffle(&mut runs);
            let delivery = delivery();
            delivery.taken(end, Instant::now());
            let mut seen = vec![false; usize::try_from(end)?];
            for (first, count) in runs {
                delivery.acknowledge(first, count);
                for sequence in first..first + count {
                    seen[usize::try_from(sequence)?] = true;
                }
                let head = seen.iter().take_while(|acked| **acked).count() as u64;
                prop_assert_eq!(delivery.progress().acknowledged, head);
            }
            prop_assert_eq!(delivery.progress().acknowledged, end);
            prop_assert!(delivery.lock().ahead.is_empty());
            prop_assert_eq!(delivery.latency.snapshot().count, end);
        }

        #[test]
        fn in_any_order_the_written_records_never_become_fewer_and_are_right_at_the_end(
            runs in prop::collection::vec((1_u64..5, any::<bool>()), 1..60),
            seed in any::<u64>(),
        ) {
            // A run is acknowledged, or its records are left out one by one.
            let mut settled = Vec::new();
            let mut left_out = Vec::new();
            for (length, leaves_out) in runs {
                let first = left_out.len() as u64;
                if leaves_out {
                    settled.extend((first..first + length).map(|sequence| (sequence, 1, true)));
                } else {
                    settled.push((first, length, false));
                }
                left_out.extend((0..length).map(|_| leaves_out));
            }
            fastrand::Rng::with_seed(seed).shuffle(&mut settled);
            let delivery = delivery();
            delivery.taken(left_out.len() as u64, Instant::now());
            let mut written = 0;
            for (first, count, leaves_out) in settled {
                if leaves_out {
                    delivery.leave_out(first, 1, LeftOut::Filter);
                } else {
                    delivery.acknowledge(first, count);
                }
                let progress = delivery.progress();
                let head = usize::try_from(progress.acknowledged)?;
                let passed = left_out[..head].iter().filter(|left_out| **left_out).count();
                prop_assert_eq!(progress.left_out.total(), passed as u64);
                prop_assert!(progress.written() >= written);
                written = progress.written();
            }
            let expected = left_out.iter().filter(|left_out| !**left_out).count();
            prop_assert_eq!(written, expected as u64);
            prop_assert_eq!(delivery.progress().acknowledged, left_out.len() as u64);
            prop_assert!(delivery.lock().ahead.is_empty());
        }
    }
}
