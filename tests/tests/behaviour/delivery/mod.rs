//! From the socket to Kafka nothing is lost: overload, outages, stops and
//! crashes, each against real Kafka, small here and large in [`soak`].
//!
//! Invariants: a scenario is one function for both sizes; its account is read
//! all the while and balances; at the end the topic, the account and the
//! spool's folder agree.

mod damage;
mod ends;
mod full_disk;
mod outages;
mod ownership;
mod soak;
mod stage;

use std::time::Duration;

use end_to_end::guarantee::Guarantee;
use stage::Size;

/// Seconds each; what a broker's end takes is not waited for twice.
const SHORT: Size = Size {
    messages: 10_000,
    rate: 2_000,
    down_s: 5,
    ends: 1,
    limit: Duration::from_secs(120),
    guarantee: Guarantee::AtLeastOnce,
};

/// The same, exactly once.
const ONCE: Size = Size {
    guarantee: Guarantee::ExactlyOnce,
    ..SHORT
};
