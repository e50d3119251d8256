//! The same as in the short tests, as often as what is rare needs; `make soak`
//! runs it.

use end_to_end::kafka::Version;

use super::stage::Size;
use super::{moves, once};

/// What every scenario has to have in Kafka at the end.
const MESSAGES: usize = 200_000;
const ROUNDS: usize = 3;

#[test]
#[ignore = "long"]
fn a_worker_that_is_killed_twenty_times_in_a_row_loses_and_repeats_nothing() {
    let topic = ("offsets.storage.topic", "delivery-twenty-own-offsets");
    let size = Size {
        rate: 6_000,
        messages: 9_000,
    };
    let read = once::killed("delivery-twenty", Version::V4_1, 20, size, &[topic]);
    println!("{read} messages after 20 kills, none lost or repeated");
    assert!(read >= MESSAGES, "{read}");
}

#[test]
#[ignore = "long"]
fn a_task_that_moves_to_another_worker_and_back_again_and_again_loses_and_repeats_nothing() {
    let size = Size {
        rate: 6_000,
        messages: 25_000,
    };
    let rounds = (0..ROUNDS).map(|round| {
        moves::there_and_back(Version::V4_1, &format!("delivery-moves-{round}"), size)
    });
    let read: usize = rounds.sum();
    println!("{read} messages in {ROUNDS} moves there and back, none lost or repeated");
    assert!(read >= MESSAGES, "{read}");
}
