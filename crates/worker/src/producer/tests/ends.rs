//! How producers end.

use std::sync::Weak;

use rdkafka::mocking::MockCluster;

use super::*;
use crate::producer::ProducerPool;
use crate::producer::native::{Native, dropped_on};

/// The client of a producer, and the name of the thread that will destroy it.
fn client(producer: &Producer) -> (Weak<Native>, Arc<std::sync::OnceLock<String>>) {
    let native = &producer.native;
    (Arc::downgrade(native), dropped_on(native))
}

#[test]
fn the_last_sink_of_a_producer_leaves_its_end_to_the_producer_s_own_thread() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let producer = Arc::new(Producer::new(&options(&cluster.bootstrap_servers())).unwrap());
    let mut sink = sink(&producer, "t");
    offer_all(sink.as_mut(), &numbered(10).batch()).unwrap();
    wait_acknowledged(sink.as_ref(), 10);
    let (native, thread) = client(&producer);
    drop(producer);
    drop(sink);
    wait_until("the client is not destroyed", || thread.get().is_some());
    assert_eq!(thread.get().map(String::as_str), Some("producer-reports"));
    assert_eq!(native.strong_count(), 0);
}

#[test]
fn a_producer_with_the_settings_of_one_that_is_ending_works_at_once() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let options = options(&cluster.bootstrap_servers());
    let pool = ProducerPool::default();
    for _ in 0..3 {
        let producer = pool.acquire(&options).unwrap();
        let mut sink = sink(&producer, "t");
        offer_all(sink.as_mut(), &numbered(10).batch()).unwrap();
        wait_acknowledged(sink.as_ref(), 10);
    }
}

#[test]
fn no_client_is_left_when_the_pool_is_gone() {
    let pool = ProducerPool::default();
    // Nobody listens there, so that it tries to connect while it ends.
    let options = with(&options("127.0.0.1:9"), "enable.idempotence", "true");
    let producer = pool.acquire(&options).unwrap();
    let (native, thread) = client(&producer);
    drop(producer);
    drop(pool);
    assert_eq!(native.strong_count(), 0);
    assert!(thread.get().is_some());
}
