//! Starting a task where its stored offset ends, and committing offsets.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use websocket_source::metrics::{Histogram, TaskMetrics};
use websocket_source::sink::Sink;
use websocket_source::task::{TaskOptions, begin_spool};

use super::connector::{Slot, Started, TaskTopics};
use super::{Herder, HerderError, spool};
use crate::kafka_settings::ProducerSettings;
use crate::mapping::{ErrorCounts, ErrorHandler, WrittenTopics};
use crate::offsets::kafka_topic::OffsetsTopic;
use crate::offsets::{self, kafka_topic};
use crate::producer::{
    MappedOptions, ProducerError, ProducerOptions, TopicCreator, TransactionHandle,
    TransactionOptions,
};
use crate::validation::{ExactlyOncePlan, Plan};

fn options(settings: &ProducerSettings) -> ProducerOptions {
    ProducerOptions {
        properties: settings.properties.clone(),
        max_request_size_bytes: settings.max_request_size_bytes,
        buffer_memory_bytes: settings.buffer_memory_bytes,
    }
}

/// Starts since the worker began. A connector whose configuration is valid
/// always starts; a task fails to if its producer cannot be made, or if its
/// configuration is not valid any more.
#[derive(Debug, Default)]
pub(super) struct Startups {
    pub(super) connectors: AtomicU64,
    /// Each raised once, when the start has ended that way: their sum is the
    /// attempts, and none of the three is ever seen to fall.
    pub(super) succeeded_tasks: AtomicU64,
    pub(super) failed_tasks: AtomicU64,
    /// The number of the next start of a task; no metric.
    next: AtomicU64,
}

/// What a task's offsets are of.
struct Source {
    session_id: String,
    partition: Value,
}

impl Herder {
    /// Starts the task of `plan`. A producer that cannot be made fails the
    /// task and not the connector, as in Connect.
    pub(super) fn start(&self, plan: Plan) -> Slot {
        #[cfg(feature = "otlp")]
        let connector = plan.name.clone();
        let slot = self.start_task(plan);
        #[cfg(feature = "otlp")]
        if let Slot::Started(started) = &slot {
            let delivery = Arc::clone(started.handle.delivery());
            crate::otlp::follow(connector, started.handle.watch(), delivery);
        }
        slot
    }

    fn start_task(&self, plan: Plan) -> Slot {
        let start = self.startups.next.fetch_add(1, Relaxed);
        let metrics = Arc::new(TaskMetrics::default());
        let errors = Arc::new(ErrorCounts::default());
        let written = Arc::new(WrittenTopics::default());
        let topics = match &plan.mapping {
            None => TaskTopics::One {
                topic: plan.source.topic.clone(),
                from: 0,
            },
            Some(_) => TaskTopics::Mapped(Arc::clone(&written)),
        };
        let latency = Arc::clone(&metrics.receive_to_ack);
        let session_id = uuid::Uuid::new_v4().to_string();
        let settings = plan.source.spool.as_ref();
        let opened = settings.map(|settings| spool::open(settings, &plan.name));
        let mut spool = match opened.transpose() {
            Ok(spool) => spool,
            Err(reason) => {
                let class = "org.apache.kafka.connect.errors.ConnectException";
                return self.unstartable(&plan.name, start, class, &reason);
            }
        };
        let id = spool.as_ref().map(|spool| spool.id().to_string());
        let source = Source {
            session_id: session_id.clone(),
            partition: offsets::partition(plan.source.url.text(), id.as_deref()),
        };
        let made = self.sink(&plan, &source, latency, (&errors, &written));
        let (sink, transactions) = match made {
            Ok(made) => made,
            Err(reason) => {
                let class = "org.apache.kafka.common.KafkaException";
                return self.unstartable(&plan.name, start, class, &reason);
            }
        };
        let partition = source.partition;
        let sink_begins = transactions.is_some();
        let stored = self.stored_sequence(&plan.name, &partition);
        let base = match (&mut spool, &plan.source.spool) {
            (Some(spool), Some(settings)) if !sink_begins => {
                begin_spool(spool, settings.mode, stored)
            }
            _ => stored,
        };
        let timeline = self.timelines.of(&plan.name);
        let handle = self.threads.spawn(TaskOptions {
            connector: plan.name,
            task: 0,
            config: plan.source,
            dialer: Arc::clone(&self.dialer),
            sink,
            metrics,
            paused: false,
            spool,
            sink_begins,
            timeline,
        });
        self.startups.succeeded_tasks.fetch_add(1, Relaxed);
        Slot::Started(Box::new(Started {
            handle,
            start,
            session_id,
            transactions,
            base,
            partition,
            stored: base,
            topics,
            errors,
            commits: Arc::default(),
        }))
    }

    /// The way of a plan's records to Kafka, with its transactions if it
    /// writes in such, or why there is none.
    fn sink(
        &self,
        plan: &Plan,
        source: &Source,
        latency: Arc<Histogram>,
        (errors, written): (&Arc<ErrorCounts>, &Arc<WrittenTopics>),
    ) -> Result<(Box<dyn Sink>, Option<TransactionHandle>), String> {
        let no_admin = |error| format!("Failed to create new KafkaAdminClient: {error}");
        let no_producer = |error| format!("Failed to construct kafka producer: {error}");
        let creator = self.topic_creator(plan).map_err(no_admin)?;
        let judge = Arc::new(ErrorHandler {
            tolerance: plan.tolerance.clone(),
            counts: Arc::clone(errors),
            connector: plan.name.clone(),
            topic: plan.source.topic.clone(),
            oversize: plan.source.oversize,
        });
        let (producer, transactions) = match &plan.exactly_once {
            None => {
                let producer = self.pool.acquire(&options(&plan.producer));
                (producer.map_err(no_producer)?, None)
            }
            Some(exactly_once) => {
                let options = self.transactions_of(plan, exactly_once, source)?;
                let started = self.transactions.start(options, Arc::clone(&latency));
                let (producer, handle) = started.map_err(no_producer)?;
                (producer, Some(handle))
            }
        };
        let sink = match &plan.mapping {
            None => producer.sink(&plan.source.topic, latency, judge, creator),
            Some(mapping) => {
                let options = MappedOptions {
                    mapping: Arc::clone(mapping),
                    written: Arc::clone(written),
                    creator,
                };
                producer.mapped_sink(options, latency, judge)
            }
        };
        Ok((sink.map_err(no_producer)?, transactions))
    }

    fn transactions_of(
        &self,
        plan: &Plan,
        exactly_once: &ExactlyOncePlan,
        source: &Source,
    ) -> Result<TransactionOptions, String> {
        let offsets = exactly_once.offsets.clone();
        let creator = self.offsets_creator(&offsets, &plan.name)?;
        Ok(TransactionOptions {
            producer: options(&plan.producer),
            transactional_id: exactly_once.transactional_id.clone(),
            boundary: exactly_once.boundary,
            offsets,
            creator: Some(creator),
            connector: plan.name.clone(),
            partition: source.partition.clone(),
            session_id: source.session_id.clone(),
        })
    }

    /// What creates the topic of a connector's offsets.
    ///
    /// # Errors
    /// There is no admin client to be had.
    pub(super) fn offsets_creator(
        &self,
        offsets: &OffsetsTopic,
        connector: &str,
    ) -> Result<Arc<TopicCreator>, String> {
        let admin = self.admins.acquire(&offsets.properties);
        let admin =
            admin.map_err(|error| format!("Failed to create new KafkaAdminClient: {error}"))?;
        let creator = TopicCreator::new(kafka_topic::creation()?, admin, connector);
        Ok(Arc::new(creator))
    }

    /// What creates the topics of a plan's task, if anything but the brokers.
    fn topic_creator(&self, plan: &Plan) -> Result<Option<Arc<TopicCreator>>, ProducerError> {
        let Some(topics) = &plan.topics else {
            return Ok(None);
        };
        let admin = self.admins.acquire(&topics.admin)?;
        let creator = TopicCreator::new(topics.groups.clone(), admin, &plan.name);
        Ok(Some(Arc::new(creator)))
    }

    /// Starts the task of a configuration that was valid once. If it is not
    /// any more, as when a config provider's file cannot be read, the task has
    /// failed, so that this is seen and can be tried again.
    pub(super) fn start_checked(&self, name: &str, checked: Result<Plan, HerderError>) -> Slot {
        match checked {
            Ok(plan) => self.start(plan),
            Err(error) => {
                let start = self.startups.next.fetch_add(1, Relaxed);
                let class = "org.apache.kafka.connect.errors.ConnectException";
                self.unstartable(name, start, class, &error.to_string())
            }
        }
    }

    /// A task that has failed before it could start.
    fn unstartable(&self, connector: &str, start: u64, class: &str, reason: &str) -> Slot {
        self.startups.failed_tasks.fetch_add(1, Relaxed);
        tracing::error!(target: "Worker", connector = %connector, task = 0, "{reason}");
        let trace = format!("{class}: {reason}");
        let timeline = self.timelines.of(connector);
        timeline.add("task_failed", format!("Task not started: {reason}"));
        Slot::Unstartable { trace, start }
    }

    fn stored_sequence(&self, connector: &str, partition: &Value) -> u64 {
        let offset = self.offset_store().get(connector, partition);
        offset.map_or(0, |offset| offset.sequence)
    }

    /// Gives a task's newest offset to the store; returns the number of newly
    /// acknowledged messages.
    pub(super) fn commit_one(&self, connector: &str, started: &Started) -> u64 {
        let Some(offset) = started.new_offset() else {
            return 0;
        };
        let messages = offset.sequence - started.stored;
        self.offset_store()
            .set(connector, &started.partition, &offset);
        messages
    }

    /// Commits the offsets of all tasks. One that has nothing new to commit
    /// counts as committed, as in Connect.
    pub async fn commit_offsets(&self) {
        let began = Instant::now();
        let mut counts = Vec::new();
        {
            let mut connectors = self.connectors();
            for (name, connector) in connectors.iter_mut() {
                let Slot::Started(started) = &mut connector.slot else {
                    continue;
                };
                let messages = self.commit_one(name, started);
                started.stored += messages;
                counts.push(Arc::clone(&started.commits));
                if messages > 0 {
                    tracing::info!(
                        target: "WorkerSourceTask", connector = %name, task = 0,
                        "WorkerSourceTask{{id={name}-0}} Committing offsets for {messages} acknowledged messages"
                    );
                }
            }
        }
        let flushed = self.flush_offsets().await;
        let took = began.elapsed();
        for counts in counts {
            counts.record(took, flushed);
        }
    }

    /// Writes the store to its file, if anything has changed; a failure is
    /// told of and tried again at the next commit.
    pub(super) async fn flush_offsets(&self) -> bool {
        let offsets = Arc::clone(&self.offsets);
        let flushed = tokio::task::spawn_blocking(move || {
            offsets
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .flush()
        })
        .await;
        let error = match flushed {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(target: "Worker", "Failed to commit offsets: {error}");
        false
    }

    /// Commits offsets every `offset.flush.interval.ms`, without end.
    pub async fn commit_offsets_forever(&self) {
        let interval = Duration::from_millis(self.worker().offset_flush_interval_ms);
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.commit_offsets().await;
        }
    }
}
