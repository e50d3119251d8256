//! The harness itself: what the other tests conclude from it must hold.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::catch_unwind;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::Ledger;
use end_to_end::link::Link;
use end_to_end::sequence::passes;
use serde_json::json;

against_each_kafka!(the_broker_answers);

fn the_broker_answers(version: Version) {
    let kafka = Kafka::shared(version);
    kafka.create_topic("empty", 3);
    assert_eq!(kafka.records("empty"), 0);
    assert!(kafka.read_all("empty").is_empty());
}

#[test]
fn numbers_that_are_missing_or_out_of_order_are_noticed() {
    let starts = BTreeSet::from([0, 10]);
    let lost = BTreeSet::from([5]);
    let found = passes(&[0, 1, 2, 10, 11, 1, 2, 10, 11, 12], &starts, &lost);
    assert_eq!(
        (found.distinct.len(), found.repeats, found.returns),
        (6, 4, 1)
    );
    passes(&[0, 1, 2, 3, 4, 6, 7], &starts, &lost);
    let wrong: [&[u64]; 5] = [
        &[1, 2],
        &[0, 2],
        &[0, 1, 10, 12],
        &[0, 1, 10, 9],
        &[0, 1, 2, 3, 0, 2, 3],
    ];
    for numbers in wrong {
        let judged = catch_unwind(|| passes(numbers, &starts, &lost));
        assert!(judged.is_err(), "{numbers:?}");
    }
}

#[test]
fn a_ledger_that_does_not_balance_is_noticed() {
    let ledger = |in_flight: u64| {
        json!({"received": 9, "replayed": 1, "acknowledged": 4, "in_flight": in_flight, "spooled": 2,
               "dropped": {"overflow": 1}, "removed": {"filter": 1}})
    };
    let balanced = Ledger::parse(&ledger(2)).expect("a ledger");
    assert_eq!((balanced.inputs(), balanced.waiting()), (10, 4));
    for in_flight in [1, 3] {
        assert!(Ledger::parse(&ledger(in_flight)).is_err());
    }
    assert!(Ledger::parse(&json!({"received": 0})).is_err());
}

#[test]
fn a_link_passes_bytes_on_until_it_is_cut() {
    let broker = TcpListener::bind("127.0.0.1:0").expect("a port");
    let link = Link::to(broker.local_addr().expect("an address").port());
    let connect = || TcpStream::connect(("127.0.0.1", link.port())).expect("a connection");
    let mut client = connect();
    let (mut served, _) = broker.accept().expect("a client");
    link.stall();
    client.write_all(b"ping").expect("it is taken");
    link.slow_down(1_000_000);
    let mut bytes = [0; 4];
    served.read_exact(&mut bytes).expect("it arrives");
    assert_eq!(&bytes, b"ping");
    link.cut();
    assert_eq!(served.read(&mut bytes).ok(), Some(0));
    assert!(matches!(client.read(&mut bytes), Ok(0) | Err(_)));
    // One that comes meanwhile is hung up on.
    assert!(matches!(connect().read(&mut bytes), Ok(0) | Err(_)));
    link.restore();
    connect().write_all(b"pong").expect("it is taken");
    let (mut served, _) = broker.accept().expect("a client");
    served.read_exact(&mut bytes).expect("it arrives");
    assert_eq!(&bytes, b"pong");
}
