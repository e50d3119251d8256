//! Taking turns: a task hands records over for one request, and the next only
//! when those are acknowledged.
//!
//! librdkafka builds a request while another is in flight, also with
//! `max.in.flight.requests.per.connection=1`. If the broker refuses the first
//! for a passing reason (a leader that has moved, a topic that has just been
//! created), the second goes out before the first is tried again, and records
//! change places. Java's producer mutes the partition meanwhile; so do we.
//! With idempotence (the default) Kafka itself keeps the order should
//! librdkafka cut a turn into two requests; without it a turn is a single
//! hand-over, so that there is nothing to cut. Turns also keep librdkafka
//! from its busy wait for an idempotent request in flight.
//!
//! A batch that is too large for its topic comes back whole (see
//! [`super::split`]), and nothing newer may have gone before it. So a hand-over
//! follows another of its turn only if what is there already is no more than
//! has gone through in one batch, and only the last may lead beyond that: in
//! the first half of the turn's time, so that librdkafka does not cut it in
//! its midst. A turn is at most twice the largest before.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::sizes::{RECORD_OVERHEAD_BYTES, Sizes};

/// librdkafka's defaults.
const BATCH_SIZE_BYTES: usize = 1_000_000;
const LINGER_MS: u64 = 5;
/// A task's first turn, larger than it if it is one record: Java's default for
/// `batch.size`.
const FIRST_TURN_BYTES: usize = 16_384;
/// Bounds of the time in which records are gathered.
const WINDOW_MS: (u64, u64) = (1, 50);

/// The bounds of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// How long hand-overs join a turn; zero is one hand-over, at one moment.
    window: Duration,
    /// What fits a request.
    max_bytes: usize,
}

impl Bounds {
    /// The bounds that fit a producer's properties (librdkafka's).
    pub(super) fn of(properties: &BTreeMap<String, String>, max_request_size_bytes: usize) -> Self {
        let number = |name: &str| properties.get(name)?.parse::<u64>().ok();
        let window_ms = if super::is_idempotent(properties) {
            let linger_ms = number("linger.ms").unwrap_or(LINGER_MS);
            linger_ms.clamp(WINDOW_MS.0, WINDOW_MS.1)
        } else {
            0
        };
        let batch = number("batch.size").and_then(|bytes| usize::try_from(bytes).ok());
        let request = batch
            .unwrap_or(BATCH_SIZE_BYTES)
            .min(max_request_size_bytes);
        Self {
            window: Duration::from_millis(window_ms),
            // The request's own head, and a reserve for what is not counted.
            max_bytes: request - request / 20,
        }
    }
}

/// One task's turns.
#[derive(Debug)]
pub(super) struct Turn {
    bounds: Bounds,
    begun: Option<Instant>,
    bytes: usize,
    /// When the last hand-over was, which may be in pieces, and what the turn
    /// had before it.
    joined: Option<Instant>,
    joined_bytes: usize,
    /// The largest turn before this one.
    largest_bytes: usize,
}

impl Turn {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            begun: None,
            bytes: 0,
            joined: None,
            joined_bytes: 0,
            largest_bytes: 0,
        }
    }

    /// Of records with these `sizes`, the number that may be handed over at
    /// `now`, from the first on. `idle`: nothing is on its way, so that a new
    /// turn begins; it takes one record of any size.
    pub(super) fn admits(
        &mut self,
        idle: bool,
        known: &Sizes,
        now: Instant,
        sizes: impl Iterator<Item = usize>,
    ) -> usize {
        if idle {
            self.begun = Some(now);
            self.largest_bytes = self.largest_bytes.max(self.bytes);
            self.bytes = 0;
        }
        if idle || self.joined != Some(now) {
            self.joined = Some(now);
            self.joined_bytes = self.bytes;
        }
        let age = self.age(now);
        let max_bytes = self.max_bytes(self.joined_bytes, age, self.largest_bytes, known);
        let (mut bytes, mut count) = (self.bytes, 0);
        for size in sizes {
            bytes += size + RECORD_OVERHEAD_BYTES;
            if bytes > max_bytes && bytes > size + RECORD_OVERHEAD_BYTES {
                break;
            }
            count += 1;
        }
        count
    }

    /// Counts records that were handed over, with their bytes.
    pub(super) fn add(&mut self, records: usize, bytes: usize) {
        self.bytes += bytes + records * RECORD_OVERHEAD_BYTES;
    }

    /// Whether [`Turn::admits`] would take so many records whole.
    pub(super) fn has_room(
        &self,
        idle: bool,
        known: &Sizes,
        now: impl FnOnce() -> Instant,
        records: usize,
        bytes: usize,
    ) -> bool {
        let used = if idle { 0 } else { self.bytes };
        // The time is looked at once for each hand-over, not for each record.
        let age = if used == 0 || records > 1 {
            Duration::ZERO
        } else {
            self.age(now())
        };
        let max_bytes = self.max_bytes(used, age, self.largest_bytes.max(self.bytes), known);
        let all = used + bytes + records * RECORD_OVERHEAD_BYTES;
        all <= max_bytes || (used == 0 && records == 1)
    }

    /// What the turn may have in all after a hand-over at its `age`, of which
    /// it had so many bytes `before`.
    fn max_bytes(
        &self,
        before: usize,
        age: Duration,
        largest_bytes: usize,
        known: &Sizes,
    ) -> usize {
        let (proven_bytes, window) = (known.proven_bytes(), self.bounds.window);
        let max_bytes = if before == 0 {
            (2 * largest_bytes).max(FIRST_TURN_BYTES)
        } else if before > proven_bytes || age > window {
            0
        } else if age < window / 2 {
            2 * largest_bytes.max(proven_bytes)
        } else {
            proven_bytes
        };
        max_bytes
            .min(self.bounds.max_bytes)
            .min(known.limit_bytes())
    }

    /// The time since the turn's begin.
    fn age(&self, now: Instant) -> Duration {
        self.begun
            .map_or(Duration::MAX, |begun| now.saturating_duration_since(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(pairs: &[(&str, &str)]) -> Bounds {
        let properties = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Bounds::of(&properties, 1 << 20)
    }

    fn proven(bytes: usize) -> Sizes {
        let known = Sizes::default();
        known.prove(bytes);
        known
    }

    fn turn(window_ms: u64, max_bytes: usize) -> Turn {
        Turn::new(Bounds {
            window: Duration::from_millis(window_ms),
            max_bytes,
        })
    }

    #[test]
    fn a_turn_is_one_hand_over_without_idempotence() {
        let plain = bounds(&[("linger.ms", "20")]);
        assert_eq!(plain.window, Duration::ZERO);
        let idempotent = bounds(&[("enable.idempotence", "true"), ("linger.ms", "20")]);
        assert_eq!(idempotent.window, Duration::from_millis(20));
        assert_eq!(idempotent.max_bytes, 950_000);
        assert_eq!(bounds(&[("batch.size", "1000")]).max_bytes, 950);
    }

    #[test]
    fn hand_overs_join_a_turn_within_its_time_and_size() {
        let (mut turn, known, begun) = (turn(3, 1_000), proven(5_000), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        let one = || [76].into_iter();
        assert_eq!(turn.admits(true, &known, at(0), one()), 1);
        turn.add(1, 76);
        assert_eq!(turn.admits(false, &known, at(2), one()), 1);
        assert_eq!(turn.admits(false, &known, at(4), one()), 0, "it is over");
        turn.add(8, 8 * 76);
        assert_eq!(turn.admits(false, &known, at(2), [76; 3].into_iter()), 1);
        assert_eq!(turn.admits(true, &known, at(9), [76; 20].into_iter()), 10);
    }

    #[test]
    fn the_first_hand_over_may_come_in_pieces() {
        let (mut turn, known, now) = (turn(3, 10_000), proven(0), Instant::now());
        for _ in 0..3 {
            let count = turn.admits(turn.bytes == 0, &known, now, [76].into_iter());
            assert_eq!(count, 1);
            turn.add(1, 76);
        }
        let later = now + Duration::from_millis(1);
        assert_eq!(turn.admits(false, &known, later, [76].into_iter()), 0);
    }

    #[test]
    fn what_is_followed_has_gone_through_before_and_the_last_hand_over_leads_beyond() {
        let (mut turn, known, begun) = (turn(4, 10_000), proven(400), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        let many = || [76; 20].into_iter();
        assert_eq!(turn.admits(true, &known, begun, [76; 3].into_iter()), 3);
        turn.add(3, 3 * 76);
        assert_eq!(turn.admits(false, &known, at(3), many()), 1, "proven is 4");
        assert_eq!(turn.admits(false, &known, at(1), many()), 5, "twice that");
        assert!(turn.has_room(false, &known, || at(3), 1, 76));
        assert!(turn.has_room(false, &known, || at(1), 5, 5 * 76));
        assert!(!turn.has_room(false, &known, || at(1), 6, 6 * 76));
        turn.add(4, 4 * 76);
        assert_eq!(
            turn.admits(false, &known, at(1), many()),
            1,
            "its next piece"
        );
        assert_eq!(
            turn.admits(false, &known, at(2), many()),
            0,
            "it was the last"
        );
        assert!(!turn.has_room(false, &known, || at(1), 1, 76));
    }

    #[test]
    fn after_a_refusal_nothing_follows_in_a_turn() {
        let (mut turn, known, begun) = (turn(3, 1_000), proven(500), Instant::now());
        let later = begun + Duration::from_millis(1);
        assert_eq!(turn.admits(true, &known, begun, [76].into_iter()), 1);
        turn.add(1, 76);
        assert!(turn.has_room(false, &known, || later, 1, 76));
        known.doubt();
        assert_eq!(turn.admits(false, &known, later, [76].into_iter()), 0);
        assert!(!turn.has_room(false, &known, || later, 1, 76));
    }

    #[test]
    fn a_turn_is_at_most_twice_the_largest_before_it() {
        let (mut turn, known, now) = (turn(3, 1 << 20), proven(0), Instant::now());
        let mut sizes = Vec::new();
        for _ in 0..8 {
            let count = turn.admits(true, &known, now, [1_000; 2_000].into_iter());
            let room = |count| turn.has_room(true, &known, || now, count, count * 1_000);
            assert!(room(count) && !room(count + 1));
            turn.add(count, count * 1_000);
            sizes.push(count);
        }
        assert_eq!(sizes, [16, 32, 64, 128, 256, 512, 1_024, 1_024]);
    }

    #[test]
    fn a_turn_is_no_larger_than_what_its_topic_takes() {
        let (mut turn, known, now) = (turn(3, 1_000), proven(1_000), Instant::now());
        assert!(known.halve(1_000) && !known.halve(1_000));
        assert_eq!(turn.admits(true, &known, now, [76; 20].into_iter()), 5);
        turn.add(5, 5 * 76);
        assert_eq!(turn.admits(false, &known, now, [76].into_iter()), 0);
        assert!(!turn.has_room(true, &known, || now, 6, 6 * 76));
        assert_eq!(turn.admits(true, &known, now, [5_000].into_iter()), 1);
    }

    #[test]
    fn a_record_larger_than_a_request_has_a_turn_of_its_own() {
        let (mut turn, known, now) = (turn(3, 1_000), proven(5_000), Instant::now());
        assert_eq!(turn.admits(true, &known, now, [5_000, 1].into_iter()), 1);
        turn.add(1, 5_000);
        assert_eq!(turn.admits(false, &known, now, [1].into_iter()), 0);
    }

    #[test]
    fn room_is_what_would_be_admitted() {
        let (mut turn, known, now) = (turn(3, 1_000), proven(5_000), Instant::now());
        let room = |turn: &Turn, idle, now, records, bytes| {
            turn.has_room(idle, &known, || now, records, bytes)
        };
        assert!(room(&turn, true, now, 1, 5_000));
        assert!(room(&turn, true, now, 10, 760) && !room(&turn, true, now, 11, 836));
        turn.admits(true, &known, now, [76].into_iter());
        turn.add(1, 76);
        assert!(room(&turn, false, now, 9, 684) && !room(&turn, false, now, 10, 760));
        assert!(!room(&turn, false, now + Duration::from_millis(4), 1, 1));
    }
}
