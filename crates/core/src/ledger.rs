//! Where every message is: the account of one task.
//!
//! received + replayed = acknowledged + in flight + spooled + dropped + removed,
//! at every moment. The task keeps its side in one piece and publishes that at
//! the end of each step; the other side is the delivery's. Both are counted
//! apart, so that the sum is a check and not a definition.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::metrics::DropReason;
use crate::sink::{LeftOut, Progress};

/// How often a reading is tried again when acknowledgements have overtaken
/// the task's next publication, which is a matter of microseconds.
const TRIES: usize = 1_000;
/// Reasons for which messages are dropped: by the task, and by the sink.
const DROPPED: usize = DropReason::ALL.len() + 2;

/// The task's side of the account, of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Data messages read from the socket.
    pub(crate) received: u64,
    /// Messages found in the spool when the task started.
    pub(crate) replayed: u64,
    /// Those that the sink has taken, without the numbers it skipped.
    pub(crate) taken: u64,
    /// Those that wait in memory.
    pub(crate) buffered: u64,
    /// Those that wait on disk.
    pub(crate) spooled: u64,
    pub(crate) dropped: [u64; DropReason::ALL.len()],
}

impl Counts {
    /// Counts messages dropped for `reason`.
    pub(crate) fn add_dropped(&mut self, reason: DropReason, messages: u64) {
        self.dropped[reason as usize] += messages;
    }
}

/// A reading of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Data messages read from the socket.
    pub received: u64,
    /// Messages that an earlier task had left in the spool.
    pub replayed: u64,
    /// Records that Kafka has acknowledged.
    pub acknowledged: u64,
    /// Messages in memory: waiting, or on their way to Kafka.
    pub in_flight: u64,
    /// Messages that wait on disk and not in memory.
    pub spooled: u64,
    /// Messages that were dropped, by reason.
    pub dropped: [(&'static str, u64); DROPPED],
    /// Messages that were not wanted, by what removed them.
    pub removed: [(&'static str, u64); 1],
}

impl Default for Ledger {
    /// Nothing has come in, and every reason has its name.
    fn default() -> Self {
        Self::of(&Counts::default(), &Progress::default(), 0)
    }
}

impl Ledger {
    fn new(counts: &Counts, progress: &Progress) -> Option<Self> {
        let skipped = progress.left_out.of(LeftOut::Skipped);
        let on_their_way = counts.taken.checked_sub(progress.acknowledged - skipped)?;
        Some(Self::of(counts, progress, on_their_way))
    }

    fn of(counts: &Counts, progress: &Progress, on_their_way: u64) -> Self {
        let left_out = &progress.left_out;
        let mut dropped = [("", 0); DROPPED];
        for (place, reason) in dropped.iter_mut().zip(DropReason::ALL) {
            *place = (reason.label(), counts.dropped[reason as usize]);
        }
        dropped[DROPPED - 2] = ("error", left_out.of(LeftOut::Error));
        dropped[DROPPED - 1] = ("oversize", left_out.of(LeftOut::Oversize));
        Self {
            received: counts.received,
            replayed: counts.replayed,
            acknowledged: progress.written(),
            in_flight: on_their_way + counts.buffered,
            spooled: counts.spooled,
            dropped,
            removed: [("filter", left_out.of(LeftOut::Filter))],
        }
    }

    /// All that came in.
    pub fn inputs(&self) -> u64 {
        self.received + self.replayed
    }

    /// All that is accounted for.
    pub fn accounted(&self) -> u64 {
        let sum = |counts: &[(&str, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
        self.acknowledged + self.in_flight + self.spooled + sum(&self.dropped) + sum(&self.removed)
    }

    /// How many messages are in each place, by its name.
    pub fn places(&self) -> impl Iterator<Item = (String, u64)> {
        let places = [
            ("received", self.received),
            ("replayed", self.replayed),
            ("acknowledged", self.acknowledged),
            ("in_flight", self.in_flight),
            ("spooled", self.spooled),
        ];
        let named = |kind: &'static str| {
            move |(reason, count): &(&str, u64)| (format!("{kind}_{reason}"), *count)
        };
        places
            .map(|(place, count)| (place.to_owned(), count))
            .into_iter()
            .chain(self.dropped.iter().map(named("dropped")))
            .chain(self.removed.iter().map(named("removed")))
    }

    /// The account of a task that has ended: of what was in flight or on disk
    /// `kept` stays on disk, `given` is with a host that fetches, and the rest
    /// is lost; the number of those.
    pub(crate) fn settle(&mut self, kept: u64, given: u64) -> u64 {
        let open = self.in_flight + self.spooled;
        let kept = kept.min(open);
        let given = given.min(open - kept);
        let lost = open - kept - given;
        self.in_flight = 0;
        self.spooled = kept;
        self.acknowledged += given;
        self.dropped[DropReason::Stop as usize].1 += lost;
        lost
    }
}

/// As one line of JSON.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = |counts: &[(&str, u64)]| {
            let parts: Vec<_> = counts
                .iter()
                .map(|(name, count)| format!("\"{name}\":{count}"))
                .collect();
            parts.join(",")
        };
        write!(
            f,
            "{{\"received\":{},\"replayed\":{},\"acknowledged\":{},\"in_flight\":{},\"spooled\":{},\
             \"dropped\":{{{}}},\"removed\":{{{}}}}}",
            self.received,
            self.replayed,
            self.acknowledged,
            self.in_flight,
            self.spooled,
            counts(&self.dropped),
            counts(&self.removed)
        )
    }
}

#[derive(Debug, Default)]
struct Book {
    counts: Counts,
    /// The last reading; the only one once the task has ended.
    last: Ledger,
    closed: bool,
}

/// The account of one task.
#[derive(Debug, Default)]
pub(crate) struct Account(Mutex<Book>);

impl Account {
    // Counts are replaced as a whole, so a panic leaves nothing half done.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the task's side.
    pub(crate) fn publish(&self, counts: &Counts) {
        self.book().counts = *counts;
    }

    /// Counts messages dropped for `reason`, outside of a task's steps.
    pub(crate) fn add_dropped(&self, reason: DropReason, messages: u64) {
        self.book().counts.add_dropped(reason, messages);
    }

    /// Messages dropped for `reason`.
    pub(crate) fn dropped(&self, reason: DropReason) -> u64 {
        self.book().counts.dropped[reason as usize]
    }

    /// The account at present; `progress` reads the delivery's side.
    pub(crate) fn read(&self, progress: impl Fn() -> Progress) -> Ledger {
        for _ in 0..TRIES {
            let progress = progress();
            let mut book = self.book();
            if book.closed {
                return book.last;
            }
            if let Some(ledger) = Ledger::new(&book.counts, &progress) {
                book.last = ledger;
                return ledger;
            }
            drop(book);
            std::thread::yield_now();
        }
        self.book().last
    }

    /// The last publication: what comes after it changes nothing any more.
    pub(crate) fn close(&self, counts: &Counts, ledger: Ledger) {
        let mut book = self.book();
        book.counts = *counts;
        book.last = ledger;
        book.closed = true;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::metrics::Histogram;
    use crate::sink::Delivery;

    fn delivery() -> Delivery {
        Delivery::new(Arc::new(Histogram::default()))
    }

    fn balanced(ledger: &Ledger) {
        assert_eq!(ledger.inputs(), ledger.accounted(), "{ledger:?}");
    }

    #[test]
    fn every_message_is_in_one_place() {
        let (account, delivery) = (Account::default(), delivery());
        let mut counts = Counts {
            received: 20,
            replayed: 5,
            taken: 12,
            buffered: 3,
            spooled: 6,
            ..Counts::default()
        };
        counts.dropped[DropReason::Binary as usize] = 4;
        account.publish(&counts);
        delivery.taken(14, std::time::Instant::now());
        delivery.acknowledge(0, 4);
        delivery.leave_out(4, 1, LeftOut::Filter);
        delivery.leave_out(5, 2, LeftOut::Skipped);
        delivery.leave_out(7, 1, LeftOut::Oversize);
        let ledger = account.read(|| delivery.progress());
        balanced(&ledger);
        assert_eq!((ledger.acknowledged, ledger.in_flight), (4, 9));
        assert_eq!(ledger.removed, [("filter", 1)]);
        assert!(ledger.dropped.contains(&("oversize", 1)));
        assert!(ledger.dropped.contains(&("binary", 4)));
    }

    #[test]
    fn acknowledgements_that_overtake_the_task_are_waited_for() {
        let (account, delivery) = (Account::default(), delivery());
        let before = Counts {
            received: 1,
            buffered: 1,
            ..Counts::default()
        };
        account.publish(&before);
        balanced(&account.read(|| delivery.progress()));
        delivery.acknowledge(0, 1);
        let overtaken = account.read(|| delivery.progress());
        balanced(&overtaken);
        assert_eq!((overtaken.acknowledged, overtaken.in_flight), (0, 1));
        let after = Counts {
            taken: 1,
            buffered: 0,
            ..before
        };
        account.publish(&after);
        let ledger = account.read(|| delivery.progress());
        balanced(&ledger);
        assert_eq!(ledger.acknowledged, 1);
    }

    #[test]
    fn the_last_account_of_a_task_stays() {
        let (account, delivery) = (Account::default(), delivery());
        let last = Ledger {
            received: 7,
            acknowledged: 7,
            ..Ledger::default()
        };
        account.close(&Counts::default(), last);
        delivery.acknowledge(0, 9);
        assert_eq!(account.read(|| delivery.progress()), last);
    }
}
