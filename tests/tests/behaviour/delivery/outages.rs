//! Kafka cannot be reached for a while, or not well.

use end_to_end::kafka::{Extras, Kafka, Version};
use end_to_end::link::Link;
use end_to_end::ports;
use end_to_end::worker::Worker;

use super::stage::{Figures, OVERFLOW, SMALL_MEMORY, Size, Stage};
use super::{ONCE, SHORT};

#[test]
fn a_stopped_broker_costs_nothing_of_what_the_memory_has_no_room_for() {
    assert_eq!(stopped_broker(&SHORT).repeats, 0);
}

#[test]
fn an_outage_beyond_the_delivery_timeout_costs_nothing_though_errors_are_tolerated() {
    assert_eq!(impatient(&SHORT).repeats, 0);
}

#[test]
fn a_killed_broker_costs_and_repeats_nothing() {
    assert_eq!(killed_broker(&SHORT).repeats, 0);
}

#[test]
fn a_network_that_is_cut_and_stalled_and_slow_costs_and_repeats_nothing() {
    assert_eq!(bad_network(&SHORT).repeats, 0);
}

#[test]
fn what_overflows_to_the_disk_is_delivered_in_order() {
    assert_eq!(overflow(&SHORT).repeats, 0);
}

#[test]
fn with_exactly_once_a_stopped_broker_costs_and_repeats_nothing() {
    assert_eq!(stopped_broker(&ONCE).repeats, 0);
}

#[test]
fn with_exactly_once_a_killed_broker_costs_and_repeats_nothing() {
    assert_eq!(killed_broker(&ONCE).repeats, 0);
}

#[test]
fn with_exactly_once_a_bad_network_costs_and_repeats_nothing() {
    assert_eq!(bad_network(&ONCE).repeats, 0);
}

pub(super) fn stopped_broker(size: &Size) -> Figures {
    let kafka = Kafka::start(Version::V4_1);
    let stage = Stage::start(&kafka, "stopped-broker", size, &SMALL_MEMORY);
    stage.wait_for_acknowledged(size.rate);
    kafka.stop();
    let down = stage.wait_for_more(size.down_s * size.rate);
    assert!(down.spooled > down.in_flight, "{down:?}");
    kafka.start_again();
    stage.finish()
}

fn impatient(size: &Size) -> Figures {
    let kafka = Kafka::start(Version::V4_1);
    let settings = [
        ("errors.tolerance", "all"),
        ("producer.override.request.timeout.ms", "500"),
        ("producer.override.delivery.timeout.ms", "1000"),
    ];
    let stage = Stage::start(&kafka, "impatient", size, &settings);
    stage.wait_for_acknowledged(size.rate);
    kafka.stop();
    stage.wait_for_more(size.down_s * size.rate);
    kafka.start_again();
    stage.finish()
}

pub(super) fn killed_broker(size: &Size) -> Figures {
    let kafka = Kafka::start(Version::V3_9);
    let stage = Stage::start(&kafka, "killed-broker", size, &[]);
    for end in 1..=size.ends {
        stage.wait_for_acknowledged(end * size.rate);
        kafka.kill();
        stage.wait_for_more(size.rate * size.down_s / size.ends);
        kafka.start_again();
    }
    stage.finish()
}

pub(super) fn bad_network(size: &Size) -> Figures {
    let inner = ports::free();
    let link = Link::to(inner);
    let extras = Extras {
        linked: Some((inner, link.port())),
        ..Extras::default()
    };
    let kafka = Kafka::start_with(Version::V4_1, &extras);
    let worker = Worker::builder_for(&format!("127.0.0.1:{}", link.port()));
    // A stall is to be longer than a request may take.
    let quick = [
        SMALL_MEMORY[0],
        SMALL_MEMORY[1],
        ("producer.override.request.timeout.ms", "1000"),
    ];
    let stage = Stage::start_with(&kafka, "bad-network", size, &quick, worker);
    let part = size.down_s * size.rate / 3;
    stage.wait_for_acknowledged(size.rate);
    for step in 0..size.ends {
        link.cut();
        stage.wait_for_more(part / size.ends);
        link.restore();
        stage.wait_for_more(size.rate / 10);
        link.stall();
        stage.wait_for_more(part / size.ends);
        link.restore();
        stage.wait_for_more(size.rate / 10);
        // A tenth of what comes in.
        let bytes = (size.rate * 25).try_into().expect("a small number");
        link.slow_down(bytes);
        let slow = stage.wait_for_more(part / size.ends);
        assert!(slow.spooled > 0, "step {step}: {slow:?}");
        link.restore();
    }
    stage.finish()
}

pub(super) fn overflow(size: &Size) -> Figures {
    let kafka = Kafka::start(Version::V3_9);
    let settings = [SMALL_MEMORY[0], SMALL_MEMORY[1], OVERFLOW];
    let stage = Stage::start(&kafka, "overflow", size, &settings);
    for end in 1..=size.ends {
        stage.wait_for_acknowledged(end * size.rate / 2);
        kafka.stop();
        let down = stage.wait_for_more(size.rate * size.down_s / size.ends);
        assert!(down.spooled > 0 && down.in_flight > 100, "{down:?}");
        kafka.start_again();
        // Memory, disk, memory again.
        stage.wait_for("the disk is empty", |ledger| ledger.spooled == 0);
    }
    stage.finish()
}
