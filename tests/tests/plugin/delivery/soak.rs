//! The same as in the short tests, as often as what is rare needs; `make soak`
//! runs it.

use end_to_end::kafka::Version;

use super::{moves, once};

#[test]
#[ignore = "long"]
fn a_worker_that_is_killed_twenty_times_in_a_row_loses_and_repeats_nothing() {
    let topic = ("offsets.storage.topic", "delivery-twenty-own-offsets");
    once::killed("delivery-twenty", Version::V4_1, 20, &[topic]);
}

#[test]
#[ignore = "long"]
fn a_task_that_moves_to_another_worker_and_back_again_and_again_loses_and_repeats_nothing() {
    for round in 0..3 {
        moves::there_and_back(Version::V4_1, &format!("delivery-moves-{round}"));
    }
}
