//! What a task does with a transactional sink: numbered records from the
//! stored offset on, and back to where the sink says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connect_websocket::offsets::kafka_topic::{OffsetsTopic, creation};
use connect_websocket::producer::{
    AdminPool, Boundary, ProducerOptions, TopicCreator, TransactionOptions, TransactionPool,
    transactional_id,
};
use websocket_source::buffer::{Batch, Received, Row};
use websocket_source::frames::Kind;
use websocket_source::sink::Sink;

/// The topic for offsets.
pub(crate) const OFFSETS: &str = "offsets";
/// Records of an offer.
const BATCH: u64 = 100;

/// What goes on through the life of a process.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    pub(crate) transactions: TransactionPool,
    pub(crate) admins: AdminPool,
}

/// A topic for offsets on these brokers.
pub(crate) fn offsets(bootstrap: &str) -> OffsetsTopic {
    let properties = BTreeMap::from([("bootstrap.servers".to_owned(), bootstrap.to_owned())]);
    OffsetsTopic {
        name: OFFSETS.to_owned(),
        properties: properties.into(),
    }
}

/// The source partition of a connector.
pub(crate) fn partition(connector: &str) -> serde_json::Value {
    connect_websocket::offsets::partition(&format!("ws://{connector}/"), None)
}

/// The same on a disk of its own.
pub(crate) fn on_disk(connector: &str, spool: &str) -> serde_json::Value {
    connect_websocket::offsets::partition(&format!("ws://{connector}/"), Some(spool))
}

/// Settings as a worker's, with others of the producer.
pub(crate) fn options(
    pools: &Pools,
    bootstrap: &str,
    connector: &str,
    session_id: &str,
    producer: &[(&str, &str)],
) -> TransactionOptions {
    let defaults = [
        ("bootstrap.servers", bootstrap),
        ("acks", "-1"),
        ("linger.ms", "1"),
    ];
    let all = defaults.iter().chain(producer);
    let properties: BTreeMap<String, String> = all
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let offsets = offsets(bootstrap);
    let admin = pools.admins.acquire(&offsets.properties).unwrap();
    let creator = TopicCreator::new(creation().unwrap(), admin, connector);
    TransactionOptions {
        producer: ProducerOptions {
            properties: properties.into(),
            max_request_size_bytes: 1 << 20,
            buffer_memory_bytes: 4_000 << 10,
        },
        transactional_id: transactional_id(Some("tests"), connector, 0),
        boundary: Boundary::POLL,
        offsets,
        creator: Some(Arc::new(creator)),
        connector: connector.to_owned(),
        partition: partition(connector),
        session_id: session_id.to_owned(),
    }
}

/// A task that writes the numbers from its stored offset on.
pub(crate) struct Task {
    pub(crate) sink: Box<dyn Sink>,
    /// The stored sequence that it goes on from.
    pub(crate) base: u64,
    /// Records that the sink has taken.
    pub(crate) offered: u64,
}

impl Task {
    /// Starts it, and waits for the stored offset.
    ///
    /// # Errors
    /// Why it has failed.
    pub(crate) fn start(
        pools: &Pools,
        options: TransactionOptions,
        topic: &str,
    ) -> Result<Self, String> {
        let handle = pools.transactions.start(options, Arc::default());
        let (producer, handle) = handle.map_err(|error| error.to_string())?;
        let sink = producer.sink(topic, Arc::default(), Arc::default(), None);
        let sink = sink.map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let stored = runtime.block_on(handle.stored())?;
        Ok(Self {
            sink,
            base: stored.map_or(0, |offset| offset.sequence),
            offered: 0,
        })
    }

    /// Goes back if it must, and offers what comes next, up to `end` records of
    /// this task; how many the sink has taken.
    ///
    /// # Errors
    /// Why the task has failed.
    pub(crate) fn turn(&mut self, end: u64) -> Result<u64, String> {
        if let Some(error) = self.sink.delivery().rejection() {
            return Err(error.to_string());
        }
        if let Some(to) = self.sink.rewound() {
            self.offered = to;
        }
        let (mut arena, mut rows) = (Vec::new(), Vec::new());
        let first = self.base + self.offered;
        for number in first..first + BATCH.min(end - self.offered) {
            let value = number.to_string();
            rows.push(Row::own(arena.len(), value.len(), Kind::Text));
            arena.extend_from_slice(value.as_bytes());
        }
        let batch = Batch::from_parts(&rows, None, &arena, Received::now());
        let taken = self.sink.offer(&batch).map_err(|error| error.to_string())?;
        self.offered += taken as u64;
        Ok(taken as u64)
    }

    /// Has so many records of this task taken, and committed if that is asked
    /// for.
    ///
    /// # Errors
    /// Why the task has failed.
    pub(crate) fn write_to(&mut self, end: u64, and_commit: bool) -> Result<(), String> {
        let by = Instant::now() + Duration::from_secs(60);
        while self.offered < end
            || (and_commit && self.sink.delivery().progress().acknowledged < end)
        {
            assert!(Instant::now() < by, "{:?}", self.sink.delivery().progress());
            if self.turn(end)? == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }
}
