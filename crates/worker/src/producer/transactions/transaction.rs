//! A task's transaction as its sink and its keeper see it.
//!
//! The sink asks to be let in for each offer and says what it has handed over
//! when it leaves; the keeper (the thread that commits and aborts) closes the
//! transaction only while the sink is out. Invariants: what is committed is a
//! range of records without a hole, ending where the sink was last out; the
//! sink takes nothing between the end of a transaction and the begin of the
//! next, and nothing between an abort and its rewind; the lock is taken twice
//! for an offer, never for a record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use websocket_source::sink::{Delivery, LeftOutCounts, SinkError};

use super::Boundary;
use super::moment::Moment;
use crate::producer::Producer;

/// Whether records are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not begun, or on its way to an end.
    Closed,
    Open,
    /// Aborted; the task has not gone back yet.
    Aborted,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// The sink is in the middle of an offer.
    visited: bool,
    /// When the sink was let in; the coordinator may count from then on.
    entered: Moment,
    /// When it was for the first record of the transaction.
    begun: Option<Moment>,
    /// All sequences below this are taken.
    end: u64,
    /// All sequences below this are committed.
    committed: u64,
    bytes: u64,
    /// Those of the transaction that will not be written.
    left_out: LeftOutCounts,
    /// Nothing is gained by waiting for more: the task ends.
    hurries: bool,
    /// Why the transaction cannot be committed.
    broken: Option<Broken>,
    /// A client that takes the failed one's place.
    replacement: Option<Arc<Producer>>,
    /// The stored sequence from which the sink's are counted, once it is known.
    base: Option<u64>,
}

/// Why a transaction cannot be committed.
#[derive(Clone, Debug)]
pub(in crate::producer) enum Broken {
    /// It may work the next time.
    Passing,
    /// A record, or the task, is refused for good.
    Refused(SinkError),
}

/// What a transaction holds when it is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) left_out: LeftOutCounts,
    pub(super) begun: Moment,
}

/// What the keeper has to do next.
#[derive(Debug)]
pub(super) enum Due {
    /// Nothing; the time was up.
    Nothing,
    /// The transaction is closed and to be committed.
    Commit(Extent),
    /// It is closed and to be aborted.
    Abort(Broken, Option<Moment>),
    /// The sink is gone.
    End,
}

/// Where the sink goes back to.
#[derive(Debug)]
pub(in crate::producer) struct Rewound {
    pub(in crate::producer) to: u64,
    /// The client to go on with, if not the one before.
    pub(in crate::producer) replacement: Option<Arc<Producer>>,
}

/// What a transaction still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::producer) struct Left {
    pub(in crate::producer) records: u64,
    pub(in crate::producer) bytes: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub(in crate::producer) struct Transaction {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether an offer would be let in; the same as the phase, without a lock.
    open: AtomicBool,
    /// Whether the sink is gone; set under the lock.
    gone: Arc<AtomicBool>,
    /// Whether there has been a sink.
    claimed: AtomicBool,
    boundary: Boundary,
    pub(in crate::producer) delivery: Arc<Delivery>,
}

impl Transaction {
    pub(super) fn new(boundary: Boundary, delivery: Arc<Delivery>) -> Self {
        Self {
            state: Mutex::new(State {
                phase: Phase::Closed,
                visited: false,
                entered: Moment::now(),
                begun: None,
                end: 0,
                committed: 0,
                bytes: 0,
                left_out: LeftOutCounts::default(),
                hurries: false,
                broken: None,
                replacement: None,
                base: None,
            }),
            changed: Condvar::new(),
            open: AtomicBool::new(false),
            gone: Arc::default(),
            claimed: AtomicBool::new(false),
            boundary,
            delivery,
        }
    }

    // Every change is one of plain fields, each valid by itself.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_phase(&self, state: &mut State, phase: Phase) {
        state.phase = phase;
        self.open.store(phase == Phase::Open, Ordering::Release);
    }

    /// Whether an offer would be let in at present.
    pub(in crate::producer) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Lets the sink in for an offer; it says what it has done by
    /// [`Transaction::leave`]. `None` if nothing is taken at present.
    pub(in crate::producer) fn enter(&self) -> Option<Left> {
        if !self.is_open() {
            return None;
        }
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return None;
        }
        state.visited = true;
        if state.begun.is_none() {
            state.entered = Moment::now();
        }
        Some(Left {
            records: self
                .boundary
                .max_records
                .saturating_sub(state.end - state.committed),
            bytes: self.boundary.max_bytes.saturating_sub(state.bytes),
        })
    }

    /// The offer is over: all sequences below `end` are taken, with `bytes`
    /// more than before, and `left_out` more of them are not written.
    pub(in crate::producer) fn leave(&self, end: u64, bytes: u64, left_out: LeftOutCounts) {
        let mut state = self.lock();
        state.visited = false;
        if end > state.end {
            state.end = end;
            state.bytes += bytes;
            state.left_out.add(left_out);
        }
        let first = state.begun.is_none() && end > state.committed;
        if first {
            state.begun = Some(state.entered);
        }
        let full = state.end - state.committed >= self.boundary.max_records
            || state.bytes >= self.boundary.max_bytes;
        if full && state.phase == Phase::Open {
            self.set_phase(&mut state, Phase::Closed);
        }
        if first || state.phase == Phase::Closed {
            self.changed.notify_all();
        }
    }

    /// States that the transaction cannot be committed; what was said first
    /// counts.
    pub(in crate::producer) fn spoil(&self, why: Broken) {
        let mut state = self.lock();
        match &state.broken {
            Some(Broken::Refused(_)) => {}
            Some(Broken::Passing) if matches!(why, Broken::Passing) => {}
            _ => state.broken = Some(why),
        }
        if state.phase == Phase::Open {
            self.set_phase(&mut state, Phase::Closed);
        }
        self.changed.notify_all();
    }

    /// Has what is there committed now, and whatever comes as soon as it comes.
    pub(in crate::producer) fn hurry(&self) {
        self.lock().hurries = true;
        self.changed.notify_all();
    }

    /// States that there is a sink.
    pub(in crate::producer) fn claim(&self) {
        self.claimed.store(true, Ordering::Release);
    }

    /// Whether there is a sink, or has been one.
    pub(super) fn is_claimed(&self) -> bool {
        self.claimed.load(Ordering::Acquire)
    }

    /// States that the sink is gone; what is not committed is aborted.
    pub(in crate::producer) fn abandon(&self) {
        let mut state = self.lock();
        self.gone.store(true, Ordering::Release);
        state.visited = false;
        state.replacement = None;
        self.set_phase(&mut state, Phase::Closed);
        self.changed.notify_all();
    }

    /// Whether the sink is gone.
    pub(super) fn is_abandoned(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// The flag that says so.
    pub(super) fn gone(&self) -> &Arc<AtomicBool> {
        &self.gone
    }

    /// Forgets why a transaction that was aborted could not be committed.
    pub(super) fn forget_broken(&self) {
        self.lock().broken = None;
    }

    /// Why the transaction cannot be committed, if that is known by now.
    pub(super) fn why_broken(&self) -> Option<Broken> {
        self.lock().broken.clone()
    }

    /// Waits for a moment, or until the sink is gone, which is told.
    pub(super) fn is_abandoned_within(&self, wait: Duration) -> bool {
        let state = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(state, wait, |_| !self.is_abandoned());
        drop(waited);
        self.is_abandoned()
    }

    /// Waits until there is something to do, for so long at most, and closes
    /// the transaction for it.
    pub(super) fn next(&self, wait: Duration) -> Due {
        let until = Moment::now().plus(wait);
        let mut state = self.lock();
        loop {
            if self.is_abandoned() {
                return Due::End;
            }
            let now = Moment::now();
            let due_at = state.begun.map(|begun| begun.plus(self.boundary.window));
            let ripe = state.broken.is_some()
                || (state.begun.is_some()
                    && (state.hurries
                        || state.phase == Phase::Closed
                        || due_at.is_some_and(|at| at <= now)));
            if ripe && state.phase != Phase::Aborted {
                self.set_phase(&mut state, Phase::Closed);
                if !state.visited {
                    return close(&mut state);
                }
            }
            if now >= until {
                return Due::Nothing;
            }
            let end = due_at.filter(|_| !ripe).map_or(until, |at| at.min(until));
            let wait = end.since(now);
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The stored offset is known.
    pub(super) fn set_base(&self, base: u64) {
        self.lock().base = Some(base);
        self.delivery.wake();
    }

    /// The stored sequence from which the sink's are counted, once it is known.
    pub(in crate::producer) fn base(&self) -> Option<u64> {
        self.lock().base
    }

    /// The first transaction, or the one after a commit up to `end`, has begun.
    pub(super) fn opened(&self, end: u64) {
        let mut state = self.lock();
        state.committed = end;
        state.end = state.end.max(end);
        (state.begun, state.bytes) = (None, 0);
        state.left_out = LeftOutCounts::default();
        state.broken = None;
        let phase = if self.is_abandoned() {
            Phase::Closed
        } else {
            Phase::Open
        };
        self.set_phase(&mut state, phase);
        drop(state);
        self.delivery.notify();
    }

    /// The next transaction has begun after one that was aborted; it is open
    /// when the task has gone back to what is `committed`.
    pub(super) fn aborted(&self, committed: u64, replacement: Option<Arc<Producer>>) {
        let mut state = self.lock();
        state.committed = committed;
        state.end = committed;
        (state.begun, state.bytes) = (None, 0);
        state.left_out = LeftOutCounts::default();
        state.broken = None;
        if replacement.is_some() && !self.is_abandoned() {
            state.replacement = replacement;
        }
        let phase = if self.is_abandoned() {
            Phase::Closed
        } else {
            Phase::Aborted
        };
        self.set_phase(&mut state, phase);
        drop(state);
        self.delivery.wake();
    }

    /// Where the sink has to go back to, once for each abort; from then on
    /// records are taken again.
    pub(in crate::producer) fn rewound(&self) -> Option<Rewound> {
        let mut state = self.lock();
        if state.phase != Phase::Aborted {
            return None;
        }
        let to = self.delivery.rewind();
        debug_assert_eq!(to, state.committed);
        // What the client before has said since is of no interest.
        state.broken = None;
        self.set_phase(&mut state, Phase::Open);
        let replacement = state.replacement.take();
        Some(Rewound { to, replacement })
    }
}

/// What a closed transaction is to come to.
fn close(state: &mut State) -> Due {
    match (state.broken.take(), state.begun) {
        (None, Some(begun)) => Due::Commit(Extent {
            first: state.committed,
            end: state.end,
            left_out: state.left_out,
            begun,
        }),
        (broken, begun) => Due::Abort(broken.unwrap_or(Broken::Passing), begun),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use websocket_source::sink::LeftOut;

    use super::*;

    const WAIT: Duration = Duration::from_millis(30);

    fn transaction(window_ms: u64, max_records: u64, max_bytes: u64) -> Transaction {
        let boundary = Boundary {
            window: Duration::from_millis(window_ms),
            max_records,
            max_bytes,
        };
        let transaction = Transaction::new(boundary, Arc::new(Delivery::new(Arc::default())));
        transaction.opened(0);
        transaction
    }

    fn take(transaction: &Transaction, end: u64, bytes: u64) {
        transaction.enter().expect("it is open");
        transaction.delivery.taken(end, Instant::now());
        transaction.leave(end, bytes, LeftOutCounts::default());
    }

    fn extent(due: Due) -> (u64, u64, u64) {
        match due {
            Due::Commit(extent) => (extent.first, extent.end, extent.left_out.total()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_transaction_that_is_full_takes_no_more_and_is_committed_before_its_time() {
        for (max_records, max_bytes) in [(3, 1_000), (1_000, 30)] {
            let transaction = transaction(3_600_000, max_records, max_bytes);
            take(&transaction, 2, 20);
            let left = transaction.enter().expect("room");
            assert_eq!(left.records.min(left.bytes), 10.min(max_records - 2));
            let mut one = LeftOutCounts::default();
            one.count(LeftOut::Filter, 1);
            transaction.leave(3, 10, one);
            assert_eq!(transaction.enter(), None);
            assert_eq!(extent(transaction.next(WAIT)), (0, 3, 1));
            transaction.opened(3);
            assert!(transaction.is_open());
        }
    }

    #[test]
    fn a_trickle_is_committed_when_its_time_is_up_and_nothing_is_not() {
        let transaction = transaction(20, 1_000, 1_000);
        assert!(matches!(transaction.next(WAIT), Due::Nothing));
        let begun = Instant::now();
        take(&transaction, 1, 1);
        assert_eq!(extent(transaction.next(WAIT)), (0, 1, 0));
        assert!(begun.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn it_is_not_closed_while_the_sink_is_in() {
        let transaction = transaction(0, 1_000, 1_000);
        take(&transaction, 1, 1);
        transaction.enter().expect("still open");
        assert!(matches!(transaction.next(WAIT), Due::Nothing));
        assert_eq!(transaction.enter(), None, "the next offer has to wait");
        transaction.leave(5, 4, LeftOutCounts::default());
        assert_eq!(extent(transaction.next(WAIT)), (0, 5, 0));
    }

    #[test]
    fn after_an_abort_nothing_is_taken_until_the_task_has_gone_back() {
        let transaction = transaction(3_600_000, 1_000, 1_000);
        take(&transaction, 4, 4);
        transaction.hurry();
        assert_eq!(extent(transaction.next(WAIT)), (0, 4, 0));
        transaction.delivery.commit(0, 4, LeftOutCounts::default());
        transaction.opened(4);
        take(&transaction, 9, 5);
        transaction.spoil(Broken::Passing);
        assert_eq!(transaction.enter(), None);
        assert!(matches!(
            transaction.next(WAIT),
            Due::Abort(Broken::Passing, Some(_))
        ));
        transaction.aborted(4, None);
        assert_eq!(transaction.enter(), None);
        assert_eq!(transaction.rewound().map(|rewound| rewound.to), Some(4));
        assert!(transaction.rewound().is_none(), "it is given once");
        assert_eq!(transaction.delivery.progress().taken, 4);
        take(&transaction, 6, 2);
    }

    #[test]
    fn a_refusal_counts_more_than_what_passes() {
        let transaction = transaction(3_600_000, 1_000, 1_000);
        take(&transaction, 1, 1);
        transaction.spoil(Broken::Passing);
        let refusal = SinkError::Transaction("no".to_owned());
        transaction.spoil(Broken::Refused(refusal));
        transaction.spoil(Broken::Passing);
        let due = transaction.next(WAIT);
        assert!(matches!(due, Due::Abort(Broken::Refused(_), _)), "{due:?}");
    }

    #[test]
    fn a_sink_that_is_gone_ends_it_also_in_the_middle_of_an_offer() {
        let transaction = transaction(0, 1_000, 1_000);
        transaction.enter().expect("open");
        transaction.abandon();
        assert!(matches!(transaction.next(WAIT), Due::End));
        transaction.opened(0);
        assert_eq!(transaction.enter(), None);
    }
}
