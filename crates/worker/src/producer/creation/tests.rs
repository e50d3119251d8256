//! What tasks do while they wait for a topic. Real brokers are asked in the
//! end-to-end tests; librdkafka's mock cluster creates no topics on request.

// A test that cannot go on has to panic, here as in the tests themselves.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use websocket_source::buffer::{Batch, Received, Row};
use websocket_source::frames::Kind;
use websocket_source::metrics::Histogram;
use websocket_source::sink::{Sink, SinkError};

use super::gate::Ticket;
use super::*;
use crate::embedded::EmbeddedKafka;
use crate::producer::native::Code;
use crate::producer::{Producer, ProducerOptions};
use crate::test_map::map;
use crate::topic_creation::parse;

/// The bound of every wait; reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A creator whose admin client is the test.
pub(in crate::producer) fn creator() -> (Arc<TopicCreator>, Receiver<Arc<Ticket>>) {
    let config = map(&[
        ("topic.creation.default.partitions", "3"),
        ("topic.creation.default.replication.factor", "1"),
    ]);
    let groups = parse(&config).unwrap().0;
    let (tickets, asked) = channel();
    let admin = Arc::new(TopicAdmin::of(tickets, Arc::new(AtomicBool::new(false))));
    (Arc::new(TopicCreator::new(groups, admin, "c")), asked)
}

/// A sink for the topic "t", which `kafka` has.
fn sink(kafka: &EmbeddedKafka, creator: &Arc<TopicCreator>) -> Box<dyn Sink> {
    kafka.create_topic("t", 1).unwrap();
    let properties = map(&[("bootstrap.servers", &kafka.bootstrap_servers())]);
    let producer = Producer::new(&ProducerOptions {
        properties: properties.into(),
        max_request_size_bytes: 1 << 20,
        buffer_memory_bytes: 1 << 20,
    });
    let latency = Arc::new(Histogram::default());
    let sink =
        Arc::new(producer.unwrap()).sink("t", latency, Arc::default(), Some(Arc::clone(creator)));
    sink.unwrap()
}

/// Offers one record.
fn offer(sink: &mut dyn Sink) -> Result<usize, SinkError> {
    let rows = [Row::own(0, 6, Kind::Text)];
    sink.offer(&Batch::from_parts(&rows, None, b"record", Received::now()))
}

#[test]
fn records_wait_until_the_topic_is_there_and_it_is_asked_for_once() {
    let kafka = EmbeddedKafka::start(1).unwrap();
    let (creator, asked) = creator();
    let mut sink = sink(&kafka, &creator);
    assert!(sink.has_room(1, 6), "the first offer has to come");
    assert!(asked.try_recv().is_err(), "nobody has written anything");
    assert_eq!(offer(sink.as_mut()), Ok(0));
    assert!(!sink.has_room(1, 6));
    assert_eq!(offer(sink.as_mut()), Ok(0));
    let ticket = asked.try_recv().unwrap();
    assert_eq!(ticket.topic, "t");
    assert!(asked.try_recv().is_err());
    ticket.settle(Ok(()));
    assert_eq!(offer(sink.as_mut()), Ok(1));
    let by = Instant::now() + PATIENCE;
    while sink.delivery().progress().acknowledged < 1 {
        assert!(Instant::now() < by, "the record is not acknowledged");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(sink.has_room(1, 6) && asked.try_recv().is_err());
}

#[tokio::test]
async fn a_task_that_waits_is_woken() {
    let (creator, asked) = creator();
    let delivery = Arc::new(websocket_source::sink::Delivery::new(Arc::default()));
    let mut gate = Gate::new(Some(creator), Arc::clone(&delivery));
    assert_eq!(gate.ask("t"), Ok(Passage::Wait));
    delivery.arm();
    asked.try_recv().unwrap().settle(Ok(()));
    tokio::time::timeout(PATIENCE, delivery.space())
        .await
        .unwrap();
    assert_eq!(gate.ask("t"), Ok(Passage::Open));
    assert_eq!(gate.ask("u"), Ok(Passage::Wait), "each topic by itself");
}

#[test]
fn a_topic_that_cannot_be_created_fails_the_task_in_connect_s_words() {
    let kafka = EmbeddedKafka::start(1).unwrap();
    let (creator, asked) = creator();
    let mut sink = sink(&kafka, &creator);
    assert_eq!(offer(sink.as_mut()), Ok(0));
    let code = Code::RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
    let group = creator.groups.first_match("t");
    let failure = super::failure::creating("t", group, &(code, "too many".to_owned()));
    asked.try_recv().unwrap().settle(Err(failure));
    let refused = offer(sink.as_mut());
    assert_eq!(
        refused.as_ref().unwrap_err().to_string(),
        "Error while attempting to create/find topic(s) 't'\n\
         Caused by: org.apache.kafka.common.errors.PolicyViolationException: too many"
    );
    assert_eq!(offer(sink.as_mut()), refused, "and stays so");
}

#[test]
fn without_a_creator_every_topic_is_the_brokers() {
    let delivery = Arc::new(websocket_source::sink::Delivery::new(Arc::default()));
    assert_eq!(Gate::new(None, delivery).ask("t"), Ok(Passage::Open));
}

#[test]
fn tasks_with_equal_settings_share_a_client() {
    let pool = AdminPool::default();
    let properties = map(&[("bootstrap.servers", "127.0.0.1:1")]).into();
    let (one, two) = (pool.acquire(&properties), pool.acquire(&properties));
    assert!(Arc::ptr_eq(&one.unwrap(), &two.unwrap()));
    let other = map(&[("bootstrap.servers", "127.0.0.1:2")]).into();
    let (one, two) = (pool.acquire(&properties), pool.acquire(&other));
    assert!(!Arc::ptr_eq(&one.unwrap(), &two.unwrap()));
}

#[test]
fn a_client_that_nobody_waits_for_any_more_ends() {
    let pool = AdminPool::default();
    let properties = map(&[("bootstrap.servers", "127.0.0.1:1")]).into();
    let admin = pool.acquire(&properties).unwrap();
    let (unused, _asked) = creator();
    let creator = TopicCreator::new(unused.groups.clone(), Arc::clone(&admin), "c");
    let delivery = Arc::new(websocket_source::sink::Delivery::new(Arc::default()));
    let mut gate = Gate::new(Some(Arc::new(creator)), delivery);
    assert_eq!(gate.ask("t"), Ok(Passage::Wait));
    let client = Arc::downgrade(&admin);
    drop((admin, gate));
    let by = Instant::now() + PATIENCE;
    while client.strong_count() > 0 {
        assert!(Instant::now() < by, "its thread keeps it");
        std::thread::sleep(Duration::from_millis(1));
    }
}
