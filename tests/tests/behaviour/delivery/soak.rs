//! The same scenarios with hundreds of thousands of messages: `make soak`.

use std::time::Duration;

use end_to_end::guarantee::Guarantee;

use super::stage::{Figures, Size};
use super::{ends, full_disk, outages};

const LONG: Size = Size {
    messages: 200_000,
    rate: 4_000,
    down_s: 30,
    ends: 5,
    limit: Duration::from_secs(900),
    guarantee: Guarantee::AtLeastOnce,
};

const ONCE: Size = Size {
    guarantee: Guarantee::ExactlyOnce,
    ..LONG
};

fn soak(name: &str, scenario: impl FnOnce(&Size) -> Figures, size: &Size) {
    let figures = scenario(size);
    println!("{name}: {figures}");
    assert!(figures.messages >= size.messages, "{figures}");
}

#[test]
#[ignore = "long"]
fn a_broker_that_is_stopped_for_half_a_minute_costs_nothing() {
    soak("a stopped broker", outages::stopped_broker, &LONG);
}

#[test]
#[ignore = "long"]
fn a_broker_that_is_killed_five_times_costs_nothing() {
    soak("a killed broker", outages::killed_broker, &LONG);
}

#[test]
#[ignore = "long"]
fn a_bad_network_for_half_a_minute_costs_nothing() {
    soak("a bad network", outages::bad_network, &LONG);
}

#[test]
#[ignore = "long"]
fn five_overflows_to_the_disk_are_delivered_in_order() {
    soak("overflow", outages::overflow, &LONG);
}

#[test]
#[ignore = "long"]
fn five_stops_in_an_outage_cost_nothing() {
    soak("a stopped worker", ends::terminated_worker, &LONG);
}

#[test]
#[ignore = "long"]
fn a_worker_that_is_killed_twenty_times_loses_nothing_that_it_had_received() {
    soak(
        "a killed worker",
        ends::killed_worker,
        &Size { ends: 20, ..LONG },
    );
}

#[test]
#[ignore = "long"]
fn a_full_disk_costs_what_the_policy_says() {
    soak("a full disk", full_disk::full_disk, &LONG);
}

#[test]
#[ignore = "long"]
fn exactly_once_holds_in_every_outage() {
    let stopped = outages::stopped_broker;
    soak("a stopped broker, exactly once", stopped, &ONCE);
    let killed = outages::killed_broker;
    soak("a killed broker, exactly once", killed, &ONCE);
    soak("a bad network, exactly once", outages::bad_network, &ONCE);
}

#[test]
#[ignore = "long"]
fn exactly_once_holds_at_every_end() {
    soak(
        "a stopped worker, exactly once",
        ends::terminated_worker,
        &ONCE,
    );
    let kills = Size { ends: 20, ..ONCE };
    soak("a killed worker, exactly once", ends::killed_worker, &kills);
}

#[test]
#[ignore = "long"]
fn exactly_once_holds_on_a_full_disk() {
    soak("a full disk, exactly once", full_disk::full_disk, &ONCE);
}
