//! The worker ends, in order or not, while there is something to deliver.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::spooled::Spooled;
use end_to_end::worker::Worker;

use super::stage::{Figures, SMALL_MEMORY, Size, Stage};
use super::{ONCE, SHORT};

#[test]
fn what_a_stopped_worker_could_not_deliver_is_delivered_once_by_the_next() {
    assert_eq!(terminated_worker(&SHORT).repeats, 0);
}

#[test]
fn a_killed_worker_loses_nothing_that_it_had_received() {
    killed_worker(&Size { ends: 2, ..SHORT });
}

#[test]
fn with_exactly_once_a_killed_worker_loses_and_repeats_nothing() {
    assert_eq!(killed_worker(&Size { ends: 3, ..ONCE }).repeats, 0);
}

#[test]
fn with_exactly_once_a_stopped_worker_loses_and_repeats_nothing() {
    assert_eq!(terminated_worker(&ONCE).repeats, 0);
}

pub(super) fn terminated_worker(size: &Size) -> Figures {
    let kafka = Kafka::start(Version::V4_1);
    let worker = Worker::builder(&kafka).set("task.shutdown.graceful.timeout.ms", "1000");
    let mut stage = Stage::start_with(&kafka, "terminated-worker", size, &SMALL_MEMORY, worker);
    stage.wait_for_acknowledged(size.rate);
    for _ in 0..size.ends {
        // A reply that is lost would let the next worker send it again.
        stage.pause();
        kafka.stop();
        stage.resume();
        stage.wait_for_more(size.down_s * size.rate / size.ends);
        let left = stage.terminate();
        assert!(left.spooled > 0, "{left:?}");
        kafka.start_again();
        stage.start_again();
        stage.wait_for("the rest is delivered", |ledger| {
            ledger.acknowledged > left.spooled
        });
    }
    stage.finish()
}

/// The seed of `DELIVERY_SEED`, or another one each time.
fn seed() -> u64 {
    let given = std::env::var("DELIVERY_SEED").ok();
    given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("a number"))
}

pub(super) fn killed_worker(size: &Size) -> Figures {
    let seed = seed();
    println!("DELIVERY_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let kafka = Kafka::shared(Version::V4_1);
    let topic = format!("killed-worker-{}-{:?}", size.ends, size.guarantee);
    let mut stage = Stage::start(kafka, &topic, size, &[]);
    // The average of random moments is their middle.
    let most = 2 * size.messages / size.ends;
    for _ in 0..size.ends {
        stage.wait_for_received(1 + random.u64(..most));
        if random.bool() {
            // With much that is not delivered.
            stage.pause();
            stage.wait_for_more(1 + random.u64(..size.rate));
        }
        stage.crash();
        if random.u8(..4) == 0 {
            // In the middle of a start.
            stage.spawn_again();
            let dir = stage.dir().to_owned();
            stage.wait_until("it has its spool", || Spooled::is_owned(&dir));
            stage.crash();
        }
        stage.start_again();
    }
    stage.finish()
}
