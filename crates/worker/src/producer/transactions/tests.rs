//! Transactions against librdkafka's mock cluster, which keeps what was
//! aborted: what is written once is seen on real brokers, end to end.

// A test that cannot go on has to panic, here as in the tests themselves.
#![allow(clippy::unwrap_used)]

use std::sync::Weak;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr as Code};
use serde_json::json;
use websocket_source::sink::Sink;

use super::*;
use crate::mapping::ErrorHandler;
use crate::producer::tests::mapped::{HEADER, mapped_sink};
use crate::producer::tests::{
    PATIENCE, Records, numbered, offer_all, options as producer_options, wait_until, with,
};

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn cluster() -> Cluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    cluster.create_topic("offsets", 1, 1).unwrap();
    cluster
}

fn options(cluster: &Cluster, session_id: &str) -> TransactionOptions {
    let servers = cluster.bootstrap_servers();
    let properties = [("bootstrap.servers".to_owned(), servers.clone())];
    TransactionOptions {
        producer: with(&producer_options(&servers), "retry.backoff.ms", "10"),
        transactional_id: transactional_id(None, "c", 0),
        boundary: Boundary {
            window: Duration::from_millis(20),
            ..Boundary::POLL
        },
        offsets: OffsetsTopic {
            name: "offsets".to_owned(),
            properties: std::collections::BTreeMap::from(properties).into(),
        },
        creator: None,
        connector: "c".to_owned(),
        partition: json!({"websocket_url": "ws://h/"}),
        session_id: session_id.to_owned(),
    }
}

/// A task's part: a sink, and how far a source of numbered records is.
struct Task {
    sink: Box<dyn Sink>,
    producer: Weak<Producer>,
    handle: TransactionHandle,
    offered: u64,
    rewinds: u32,
}

impl Task {
    fn start(pool: &TransactionPool, options: TransactionOptions) -> Self {
        Self::with_judge(pool, options, Arc::default())
    }

    fn with_judge(
        pool: &TransactionPool,
        options: TransactionOptions,
        judge: Arc<ErrorHandler>,
    ) -> Self {
        let (producer, handle) = pool.start(options, Arc::default()).unwrap();
        let sink = producer.sink("t", Arc::default(), judge, None).unwrap();
        Self::of(sink, &producer, handle)
    }

    fn of(sink: Box<dyn Sink>, producer: &Arc<Producer>, handle: TransactionHandle) -> Self {
        Self {
            sink,
            producer: Arc::downgrade(producer),
            handle,
            offered: 0,
            rewinds: 0,
        }
    }

    fn stored(&self) -> Result<Option<SourceOffset>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let stored = async { tokio::time::timeout(PATIENCE, self.handle.stored()).await };
        runtime.block_on(stored).unwrap()
    }

    /// Has the records up to `end` committed, going back whenever it must;
    /// the failure of the task, if it fails.
    fn write_to(&mut self, end: u64) -> Result<(), String> {
        let by = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < by, "{:?}", self.sink.delivery());
            if let Some(error) = self.sink.delivery().rejection() {
                return Err(error.to_string());
            }
            if let Some(to) = self.sink.rewound() {
                self.offered = to;
                self.rewinds += 1;
            }
            let missing = usize::try_from(end - self.offered).unwrap();
            let records = numbered(missing.min(50));
            match self.sink.offer(&records.batch()) {
                Ok(taken) => self.offered += taken as u64,
                Err(error) => return Err(error.to_string()),
            }
            if self.sink.delivery().progress().acknowledged == end {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn stored_sequence(cluster: &Cluster) -> Option<u64> {
    let offsets = options(cluster, "").offsets;
    let read = offsets.read(PATIENCE, &|| false).unwrap();
    let value = read.get("c", &json!({"websocket_url": "ws://h/"}));
    value
        .and_then(SourceOffset::from_json)
        .map(|offset| offset.sequence)
}

#[test]
fn a_client_whose_sink_cannot_be_made_ends() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let (producer, handle) = pool.start(options(&cluster, "s"), Arc::default()).unwrap();
    let refused = producer.sink("no topic", Arc::default(), Arc::default(), None);
    assert!(refused.is_err());
    let left = Arc::downgrade(&producer);
    drop((producer, handle));
    wait_until("the client is not gone", || left.strong_count() == 0);
    // Its successor need not wait for it.
    let mut next = Task::start(&pool, options(&cluster, "t"));
    assert_eq!(next.write_to(10), Ok(()));
}

#[test]
fn a_transactional_id_has_the_group_the_connector_and_the_task_in_it() {
    assert_eq!(transactional_id(Some("g"), "c", 0), "g-c-0");
    assert_eq!(transactional_id(None, "c", 1), "connect-websocket-c-1");
    assert_eq!(transactional_id(Some(""), "c", 0), "connect-websocket-c-0");
}

#[test]
fn records_count_when_they_are_committed_with_their_offset_and_the_next_start_goes_on_there() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut first = Task::start(&pool, options(&cluster, "one"));
    assert_eq!(first.stored(), Ok(None));
    first.write_to(120).unwrap();
    assert_eq!(stored_sequence(&cluster), Some(120));
    first.write_to(200).unwrap();
    drop(first);
    let mut second = Task::start(&pool, options(&cluster, "two"));
    let stored = SourceOffset {
        session_id: "one".to_owned(),
        sequence: 200,
    };
    assert_eq!(second.stored(), Ok(Some(stored)));
    second.write_to(7).unwrap();
    assert_eq!(stored_sequence(&cluster), Some(207));
}

#[test]
fn a_report_acknowledges_nothing_before_the_commit() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut options = options(&cluster, "s");
    options.boundary = Boundary::interval(Duration::from_secs(3_600));
    let mut task = Task::start(&pool, options);
    task.stored().unwrap();
    offer_all(task.sink.as_mut(), &numbered(50).batch()).unwrap();
    wait_until("the records are not delivered", || {
        task.producer.upgrade().unwrap().used_bytes() == 0
    });
    assert_eq!(task.sink.delivery().progress().acknowledged, 0);
    assert!(task.sink.has_room(1, 1), "the transaction is open");
    // A task that ends has what is there committed.
    task.sink.flush(PATIENCE);
    wait_until("they are not committed", || {
        task.sink.delivery().progress().acknowledged == 50
    });
    assert_eq!(stored_sequence(&cluster), Some(50));
}

#[test]
fn an_aborted_transaction_is_written_again_from_what_is_committed() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut task = Task::start(&pool, options(&cluster, "s"));
    task.write_to(50).unwrap();
    let lost = Code::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID;
    cluster.request_errors(RDKafkaApiKey::AddPartitionsToTxn, &[lost]);
    task.write_to(150).unwrap();
    assert_eq!((task.rewinds, task.offered), (1, 150));
    assert_eq!(stored_sequence(&cluster), Some(150));
    let progress = task.sink.delivery().progress();
    assert_eq!((progress.taken, progress.acknowledged), (150, 150));
}

#[test]
fn messages_through_a_mapping_are_written_again_too_also_by_another_client() {
    let lost = [Code::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID];
    for answers in [&lost[..], &away_and_then_fenced(4)] {
        let cluster = cluster();
        let pool = TransactionPool::default();
        let (producer, handle) = pool.start(short_lived(&cluster), Arc::default()).unwrap();
        let sink = mapped_sink(&producer, &HEADER);
        let mut task = Task::of(sink, &producer, handle);
        drop(producer);
        task.write_to(10).unwrap();
        cluster.request_errors(RDKafkaApiKey::AddPartitionsToTxn, answers);
        task.write_to(30).unwrap();
        assert_eq!((task.rewinds, stored_sequence(&cluster)), (1, Some(30)));
        assert_eq!(task.sink.delivery().progress().written(), 30);
    }
}

#[test]
fn no_record_is_committed_without_its_offset() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut options = options(&cluster, "s");
    options.producer = with(
        &options.producer,
        "topic.metadata.refresh.interval.ms",
        "50",
    );
    let mut task = Task::start(&pool, options);
    task.write_to(10).unwrap();
    let refused = Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.topic_error("offsets", refused).unwrap();
    // Until the client hears of it, transactions go on.
    let error = (11..5_000).find_map(|end| task.write_to(end).err());
    let error = error.expect("a refusal");
    assert!(error.contains("TOPIC_AUTHORIZATION_FAILED"), "{error}");
    let committed = task.sink.delivery().progress().acknowledged;
    let allowed = Code::RD_KAFKA_RESP_ERR_NO_ERROR;
    cluster.topic_error("offsets", allowed).unwrap();
    assert_eq!(stored_sequence(&cluster), Some(committed));
}

#[test]
fn what_is_left_out_counts_in_the_offset_of_its_transaction() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut options = options(&cluster, "s");
    options.producer.max_request_size_bytes = 1_000;
    let mut judge = ErrorHandler::default();
    judge.tolerance.all = true;
    let judge = Arc::new(judge);
    let mut task = Task::with_judge(&pool, options, Arc::clone(&judge));
    task.stored().unwrap();
    let large = || "x".repeat(1_000);
    let records = Records::of([large(), "a".to_owned(), large(), "b".to_owned(), large()]);
    wait_until("it is not open", || task.sink.has_room(1, 1));
    offer_all(task.sink.as_mut(), &records.batch()).unwrap();
    wait_until("they are not committed", || {
        task.sink.delivery().progress().acknowledged == 5
    });
    assert_eq!(task.sink.delivery().progress().written(), 2);
    assert_eq!(judge.counts.failures.load(Relaxed), 3);
    assert_eq!(stored_sequence(&cluster), Some(5));
    // Also where nothing else is in a transaction.
    offer_all(task.sink.as_mut(), &Records::of([large()]).batch()).unwrap();
    wait_until("it is not committed", || {
        task.sink.delivery().progress().acknowledged == 6
    });
    assert_eq!(stored_sequence(&cluster), Some(6));
}

#[test]
fn a_record_that_kafka_refuses_for_good_fails_the_task_also_if_errors_are_tolerated() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut judge = ErrorHandler::default();
    judge.tolerance.all = true;
    let mut task = Task::with_judge(&pool, options(&cluster, "s"), Arc::new(judge));
    task.write_to(10).unwrap();
    let invalid = Code::RD_KAFKA_RESP_ERR_INVALID_RECORD;
    cluster.request_errors(RDKafkaApiKey::Produce, &[invalid]);
    let error = task.write_to(20).unwrap_err();
    assert!(error.contains("INVALID_RECORD"), "{error}");
    assert_eq!(stored_sequence(&cluster), Some(10));
}

#[test]
fn errors_that_pass_cost_no_transaction() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let busy = [
        (
            RDKafkaApiKey::InitProducerId,
            Code::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        ),
        (
            RDKafkaApiKey::AddPartitionsToTxn,
            Code::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        ),
        (
            RDKafkaApiKey::EndTxn,
            Code::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        ),
        (
            RDKafkaApiKey::Produce,
            Code::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        ),
    ];
    for (key, code) in busy {
        cluster.request_errors(key, &[code]);
    }
    let mut task = Task::start(&pool, options(&cluster, "s"));
    task.write_to(60).unwrap();
    assert_eq!((task.rewinds, stored_sequence(&cluster)), (0, Some(60)));
}

#[test]
fn a_producer_that_another_has_fenced_fails_its_task_and_says_so() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut task = Task::start(&pool, options(&cluster, "s"));
    task.write_to(10).unwrap();
    let fenced = Code::RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
    cluster.request_errors(RDKafkaApiKey::EndTxn, &[fenced]);
    let error = task.write_to(20).unwrap_err();
    let words = "There is a newer producer with the same transactionalId";
    assert!(
        error.starts_with(words) && error.contains("connect-websocket-c-0"),
        "{error}"
    );
    assert_eq!(task.sink.delivery().progress().acknowledged, 10);
}

/// Transactions that the coordinator ends after a second.
fn short_lived(cluster: &Cluster) -> TransactionOptions {
    let mut options = options(cluster, "s");
    options.producer = with(&options.producer, "transaction.timeout.ms", "1000");
    options
}

/// What a coordinator says that is away until it has taken the id from its
/// producer.
fn away_and_then_fenced(times: usize) -> Vec<Code> {
    let mut answers = vec![Code::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS; times];
    answers.push(Code::RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    answers
}

#[test]
fn a_transaction_that_the_coordinator_has_ended_for_its_age_is_written_again() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut task = Task::start(&pool, short_lived(&cluster));
    task.write_to(10).unwrap();
    // Every half a second.
    cluster.request_errors(RDKafkaApiKey::AddPartitionsToTxn, &away_and_then_fenced(4));
    task.write_to(30).unwrap();
    assert_eq!((task.rewinds, stored_sequence(&cluster)), (1, Some(30)));
}

#[test]
fn a_commit_whose_answer_is_lost_counts_if_its_offset_is_stored() {
    let cluster = cluster();
    let pool = TransactionPool::default();
    let mut task = Task::start(&pool, short_lived(&cluster));
    task.write_to(10).unwrap();
    offer_all(task.sink.as_mut(), &numbered(20).batch()).unwrap();
    // After pauses that double from 10 ms on.
    cluster.request_errors(RDKafkaApiKey::EndTxn, &away_and_then_fenced(9));
    wait_until("it is not committed", || {
        task.sink.delivery().progress().acknowledged == 30
    });
    let mut rewound = None;
    wait_until("no other client comes", || {
        rewound = task.sink.rewound();
        rewound.is_some()
    });
    assert_eq!(rewound, Some(30), "nothing is to be repeated");
    task.offered = 30;
    task.write_to(40).unwrap();
    assert_eq!(stored_sequence(&cluster), Some(40));
}

#[test]
fn what_is_not_allowed_fails_the_task_with_the_right_to_grant() {
    let refusals = [
        (
            RDKafkaApiKey::InitProducerId,
            Code::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            "--transactional-id connect-websocket-c-0",
        ),
        (
            RDKafkaApiKey::AddPartitionsToTxn,
            Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            "grant Write and Describe on the connector's topics and on offsets",
        ),
        (
            RDKafkaApiKey::Produce,
            Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            "grant Write and Describe on",
        ),
        (
            RDKafkaApiKey::InitProducerId,
            Code::RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT,
            "transaction.max.timeout.ms",
        ),
    ];
    for (key, code, words) in refusals {
        let cluster = cluster();
        let pool = TransactionPool::default();
        cluster.request_errors(key, &[code]);
        let mut task = Task::start(&pool, options(&cluster, "s"));
        let error = task.write_to(10).unwrap_err();
        assert!(error.contains(words), "{error}");
        assert!(task.stored().is_err() || key == RDKafkaApiKey::Produce);
    }
}

#[test]
fn a_sink_that_goes_while_no_broker_answers_ends_its_thread() {
    let cluster = cluster();
    cluster.broker_down(1).unwrap();
    let pool = TransactionPool::default();
    let task = Task::start(&pool, options(&cluster, "s"));
    let ended = pool
        .ended
        .lock()
        .unwrap()
        .values()
        .next()
        .map(Arc::clone)
        .unwrap();
    assert!(!task.sink.has_room(1, 1));
    drop(task);
    wait_until("its thread goes on", || ended.load(Ordering::Acquire));
}
