//! What the search for error texts finds, and is none.

/// Literals that no user meets as an error: in files whose names begin so, as
/// arguments of these calls or, without any, all of them; and why.
pub(super) const NO_ERRORS: &[(&str, &[&str], &str)] = &[
    (
        "",
        &["expect", "panic!"],
        "faults of ours, and the reasons of lints' exceptions",
    ),
    ("", &["allow", "command"], "lints and --help"),
    (
        "",
        &["tracing::info!", "tracing::debug!", "debug"],
        "log lines that tell of no error",
    ),
    (
        "connect/src/",
        &[
            "key",
            "text",
            "field",
            "list",
            "required_text",
            "required_list",
            "in_group",
            "error_key",
            "ConfigKey::new",
        ],
        "what a setting is for",
    ),
    (
        "connect/src/connector.rs",
        &["const", "converter"],
        "names of groups of settings",
    ),
    (
        "connect/src/converter/json/parse/",
        &[],
        "what `due to serialization error: … at byte …` tells of a message",
    ),
    (
        "connect/src/data/literal/",
        &[],
        "what cannot be parsed stays the text that it is",
    ),
    (
        "connect/src/java/date_parse.rs",
        &["longest"],
        "names of eras",
    ),
    (
        "connect/src/java/regex",
        &[],
        "Java's words after `Invalid regex: ` and `Syntax error in regular expression: `",
    ),
    (
        "connect/src/transform/",
        &["const"],
        "what a transform does, as in `Only Map objects supported in absence of schema for […]`",
    ),
    (
        "core/src/settings/docs.rs",
        &[],
        "writes docs/configuration.md",
    ),
    ("core/src/settings/table.rs", &[], "what settings are for"),
    ("core/src/series/families.rs", &[], "what metrics count"),
    ("WebSocketSeries.java", &[], "what an MBean has"),
    (
        "exchange/src/handshake.rs",
        &[],
        "answers of the demo's exchange",
    ),
    (
        "exchange/src/connection.rs",
        &[],
        "answers of the demo's exchange",
    ),
    ("exchange/src/main.rs", &[], "--help of the tests' program"),
    (
        "exchange/src/script/",
        &[],
        "answers of the demo's exchange",
    ),
    ("plugin/src/host.rs", &["const"], "what is counted"),
    (
        "worker/src/cli/distributed.rs",
        &[],
        "says where to go instead",
    ),
    ("worker/src/cli/examples.rs", &[], "--help"),
    (
        "worker/src/cli/man.rs",
        &["manual", "control", "strip_prefix"],
        "the manual",
    ),
    ("worker/src/demo/ledger.rs", &[], "the demo's result"),
    (
        "worker/src/demo/mod.rs",
        &["eprintln!"],
        "the demo's progress",
    ),
    ("worker/src/exposition/groups/", &[], "what metrics count"),
    ("worker/src/exposition/otlp.rs", &[], "what metrics count"),
    ("worker/src/exposition/own.rs", &[], "what metrics count"),
    (
        "worker/src/exposition/prometheus.rs",
        &[],
        "what metrics count",
    ),
    (
        "worker/src/files/worker_keys.rs",
        &["const"],
        "why, after `has no effect: `",
    ),
    (
        "worker/src/kafka_settings/jks.rs",
        &["const"],
        "the format's own salt",
    ),
    (
        "worker/src/kafka_settings/stores.rs",
        &["contains", "pem", "starts_with"],
        "marks in PEM files",
    ),
    (
        "worker/src/kafka_settings/table.rs",
        &["const", "ignored", "refused"],
        "why, after `has no effect: ` or `Invalid value for configuration …: `",
    ),
    (
        "worker/src/producer/native/admin.rs",
        &["c_string"],
        "what `contains a zero byte`",
    ),
    ("worker/src/rest/", &["HeaderValue::from_static"], "headers"),
    (
        "worker/src/rest/console/assets.rs",
        &[],
        "the console's types and policy",
    ),
    (
        "worker/src/rest/console/shape.rs",
        &[],
        "what the console shows of a message",
    ),
];

/// Texts, and why they need no row.
pub(super) const NO_TEXTS: &[(&[&str], &str)] = &[
    (
        &[
            "Connecting through the proxy …",
            "Connecting to …",
            "Reconnection attempt …",
            "Connected to …",
            "Connected to … again, connection …",
            "Subscription message sent",
            "Metrics - Connection: …, Received: …, Produced: …, Queue: …, Reconnects: …",
            "Paused: the connection stays open and the buffer fills",
            "Paused: the connection is closed until the connector is resumed",
            "Connection closed, delivering … buffered messages",
            "Delivering what was received",
            "Connector and task running, messages flowing",
            "Worker is ready, and has no connectors",
            "Worker has completed startup and is ready to handle requests.",
            "Worker has completed startup.",
            "Worker is serving requests.",
            "Processed a total of … messages",
            "… segments, … records, … damages",
        ],
        "all is well",
    ),
    (
        &[
            "connect-websocket consume: …",
            "connect-websocket spool: …",
            "connect-websocket spool: …: …",
            "a message …: stage … with …: …: …",
        ],
        "the error itself follows",
    ),
    (
        &[
            "Linux on x86_64 and aarch64, with glibc 2.17 or later or with musl",
            "element of array",
            "value of map",
            "cannot be written",
            "cannot be flushed",
            "cannot be rotated and grows",
            "header move",
            "header copy",
            "string timestamp",
            "Unix timestamp",
            "ConnectHeader(key=…, value=…, schema=…)",
            "SourceRecord{sourcePartition=null, sourceOffset=null} ConnectRecord{topic='…', kafkaPartition=…, key=…, keySchema=…, value=…, valueSchema=…, timestamp=null, headers=ConnectHeaders(headers=…)}",
        ],
        "a word within other texts, which have rows",
    ),
    (
        &[
            "sasl.oauthbearer.config is not what was set",
            "the reader has panicked",
        ],
        "faults of ours",
    ),
    (
        &[
            "Turns records into bytes; the worker's own if it is not given.",
            "Error Handling",
            "Exactly Once Support",
            "Coordinated Universal Time",
        ],
        "what a setting is for, and names",
    ),
    (
        &[
            "(name=…, numPartitions=…, replicationFactor=…, replicasAssignments=null, configs=…)",
            "TopicCreationGroup{name='…', inclusionPattern=…, exclusionPattern=…, numPartitions=…, replicationFactor=…, otherConfigs=…",
            "Id            …\nIn use        …\nAcknowledged  below …\nUndelivered   …\n",
            "The Connect framework-managed offsets for this connector have been … successfully. However, if this connector manages offsets externally, they will need to be manually … in the system that the connector uses.",
        ],
        "tells what has been done",
    ),
    (
        &["CONNECT … HTTP/1.1\\r\nHost: …\\r\n\\r\n"],
        "what is sent to a proxy",
    ),
];
