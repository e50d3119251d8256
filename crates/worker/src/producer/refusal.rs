//! What an error of the producer means: whether it passes, and if not, what is
//! to be done about it.
//!
//! librdkafka tries again by itself what may work the next time, so that a
//! record's error is one for good outside transactions. A transaction fails as
//! a whole by whatever goes wrong in it, and is tried again if that passes.
//! Invariant: an error that is not known to pass is one for good, since to try
//! again for ever would hide it.

use websocket_source::sink::SinkError;

use super::native::{self, Code};

/// Whether a transaction that failed by this may work the next time.
pub(super) fn is_passing(code: Code) -> bool {
    use Code as C;
    matches!(
        code,
        // What was thrown away because of another error, which is told of by itself.
        C::RD_KAFKA_RESP_ERR__PURGE_QUEUE
            | C::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
            | C::RD_KAFKA_RESP_ERR__INCONSISTENT
            | C::RD_KAFKA_RESP_ERR__STATE
            | C::RD_KAFKA_RESP_ERR__FATAL
            | C::RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED
            // Brokers that are away or busy.
            | C::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
            | C::RD_KAFKA_RESP_ERR__TIMED_OUT
            | C::RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE
            | C::RD_KAFKA_RESP_ERR__TRANSPORT
            | C::RD_KAFKA_RESP_ERR__RETRY
            | C::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
            | C::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            | C::RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION
            | C::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
            | C::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            | C::RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE
            | C::RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE
            | C::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            | C::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | C::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR
            | C::RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH
            | C::RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH
            | C::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            | C::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            | C::RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            | C::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS
            | C::RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED
            // The coordinator has forgotten the producer, or lost track of it;
            // it gets a new epoch.
            | C::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID
            | C::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING
            | C::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
            | C::RD_KAFKA_RESP_ERR_PRODUCER_FENCED
            | C::RD_KAFKA_RESP_ERR__FENCED
            | C::RD_KAFKA_RESP_ERR_INVALID_TXN_STATE
            | C::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER
            | C::RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER
    )
}

/// Whether another producer has taken over the transactional id, or the
/// coordinator has taken it from this one.
pub(super) fn is_fenced(code: Code) -> bool {
    use Code as C;
    matches!(
        code,
        C::RD_KAFKA_RESP_ERR__FENCED
            | C::RD_KAFKA_RESP_ERR_PRODUCER_FENCED
            | C::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
    )
}

/// The refusal of a record for good, with what is to be done about it.
pub(super) fn of_record(code: Code) -> SinkError {
    let (code, text) = native::describe(code);
    let cure = match code.as_str() {
        "_UNKNOWN_TOPIC" | "UNKNOWN_TOPIC_OR_PART" => {
            "the topic does not exist and the brokers do not create it \
             (auto.create.topics.enable): create it, or have the connector do so by topic.creation.*"
        }
        "MSG_SIZE_TOO_LARGE" => {
            "the topic takes no batch of this size; set max.request.size \
             (producer.override.max.request.size) to the topic's max.message.bytes, or raise that"
        }
        "TOPIC_AUTHORIZATION_FAILED" => {
            "grant Write and Describe on the topic to the producer's user"
        }
        "_MSG_TIMED_OUT" => {
            "Kafka has not taken it within delivery.timeout.ms (producer.override.delivery.timeout.ms): raise \
             that, or have websocket.spool.mode=durable keep messages until Kafka takes them"
        }
        "RECORD_LIST_TOO_LARGE" => {
            "the batch is larger than the topic's segment.bytes: raise that, or lower max.request.size \
             (producer.override.max.request.size)"
        }
        "INVALID_RECORD" => {
            "the brokers refuse what is in it: a topic with cleanup.policy=compact takes no record without a \
             key; have a transform make one, or write to another topic"
        }
        "INVALID_TIMESTAMP" => {
            "its time is too far from the brokers' (message.timestamp.before.max.ms and after): set this \
             machine's clock, or raise these for messages that have waited long, which have the time of their receipt"
        }
        "UNSUPPORTED_COMPRESSION_TYPE" => {
            "the brokers are too old for it: set another compression.type \
             (producer.override.compression.type)"
        }
        "CLUSTER_AUTHORIZATION_FAILED" => cure_of_client(&code),
        _ => return SinkError::Rejected { code, text },
    };
    let text = format!("{text}: {cure}");
    SinkError::Rejected { code, text }
}

/// What to do about a client that has failed for good.
pub(super) fn cure_of_client(code: &str) -> &'static str {
    match code {
        "CLUSTER_AUTHORIZATION_FAILED" => {
            "grant IdempotentWrite on the cluster, or set enable.idempotence=false \
             (producer.enable.idempotence in the worker, producer.override.enable.idempotence in the connector)"
        }
        "_UNSUPPORTED_FEATURE" => {
            "the brokers are too old for an idempotent producer: set enable.idempotence=false \
             (producer.enable.idempotence in the worker, producer.override.enable.idempotence in the connector)"
        }
        _ => "restart the task to go on with a new producer",
    }
}
