//! The differences that no request of the scenario shows: what happens at the
//! start, in Kafka and in the log.

/// A difference that stays: what it is, and why.
pub type Unplayed = (&'static str, &'static str);

/// All of them, by topic.
pub const UNPLAYED: &[(&str, &[Unplayed])] = &[
    ("Start, stop and life cycle", LIFE),
    ("Producers", PRODUCERS),
    ("Errors", ERRORS),
];

const LIFE: &[Unplayed] = &[
    (
        "Without Kafka the worker starts, and `kafka_cluster_id` is null until Kafka is there; the real worker ends.",
        "The WebSocket can be read meanwhile, and nothing has to start the worker again.",
    ),
    (
        "`standalone --help` ends with status 0.",
        "Help that was asked for is no error; the real one ends with 1.",
    ),
];

const PRODUCERS: &[Unplayed] = &[
    (
        "`client.id` is the worker's `client.id` or `connect-websocket`, and `connect-websocket-admin` for what creates topics; the real worker has `connector-producer-NAME-TASK` and `connector-adminclient-NAME-TASK`. Quotas and access rules by client id have to name ours, or `producer.override.client.id` sets it.",
        "Connectors with equal settings share one producer, its connections and its thread.",
    ),
    (
        "Idempotence is on, with 5 requests in flight; the real worker's producers have it off, with 1. `producer.enable.idempotence=false` turns it off.",
        "It is the default of Kafka's own producer; no record is repeated or changes places. The real worker turns it off for brokers before 2.8 that have no permission for it.",
    ),
    (
        "`linger.ms` is 1 unless it is set; the real worker's is 0 (5 in 4.1).",
        "More records share a request, at a millisecond at most.",
    ),
    (
        "`buffer.memory` is 4,000 KiB unless it is set; the real worker's is 32 MiB.",
        "More only adds latency and memory: what does not fit waits in the connector's own buffer, with its policy.",
    ),
    (
        "A record's timestamp is when the producer got it; that of a message that waited over a second, or that goes through transforms, is when it was received. The reference has the time at which it took the message out of its queue.",
        "For a message that waited the time of receipt is the true one.",
    ),
];

const ERRORS: &[Unplayed] = &[
    (
        "`errors.tolerance=all` does not cover a batch that is larger than the topic's `max.message.bytes`: the task fails, naming `max.request.size`. The real worker splits the batch, and leaves a record out that is too large by itself.",
        "librdkafka does not split batches; with `max.request.size` set to what the topic takes, batches are no larger, and a record that is gets left out.",
    ),
    (
        "`errors.retry.timeout` and `errors.retry.delay.max.ms` are checked and have no effect.",
        "Only what throws a `RetriableException` is tried again, and none of Kafka's own transforms and converters does: on the real worker they have none either.",
    ),
    (
        "`errors.log.include.messages` adds topic and time of a record to the log line; the real worker adds key, value and headers in Java's words as well.",
        "Data and secrets stay out of the log; the dead-letter topic has the message itself.",
    ),
    (
        "`__connect.errors.exception.stacktrace` of a dead letter has the exception's class and message; there is no offset and partition of a source topic.",
        "There are no frames of Java, and a WebSocket message comes from no topic.",
    ),
];
