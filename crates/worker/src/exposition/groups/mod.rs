//! Connect's groups of metrics (`ConnectMetricsRegistry`, `Worker`,
//! `ErrorHandlingMetrics`, `AppInfoParser`) and the connector's own bean: which
//! attributes each has; [`values`] has what they are here.
//!
//! Invariant: names and types are the real worker's, which a test compares;
//! the values stand in the order of the attributes.

mod values;

pub(super) use values::beans;

use super::bean::{Attribute, Group, Shape};

const DOMAIN: &str = "kafka.connect";
/// The class of Kafka's own beans.
pub(super) const KAFKA_MBEAN: &str = "org.apache.kafka.common.metrics.JmxReporter$KafkaMbean";

const fn attribute(name: &'static str, shape: Shape, description: &'static str) -> Attribute {
    Attribute {
        name,
        shape,
        description,
    }
}

const fn counter(name: &'static str, description: &'static str) -> Attribute {
    attribute(name, Shape::Counter, description)
}

const fn gauge(name: &'static str, description: &'static str) -> Attribute {
    attribute(name, Shape::Gauge, description)
}

const fn info(name: &'static str, description: &'static str) -> Attribute {
    attribute(name, Shape::Info, description)
}

const fn group(kind: &'static str, attributes: &'static [Attribute]) -> Group {
    Group {
        domain: DOMAIN,
        kind,
        class: KAFKA_MBEAN,
        in_prometheus: true,
        attributes,
    }
}

static APP_INFO: Group = group(
    "app-info",
    &[
        info(
            "version",
            "The version of Kafka Connect whose behaviour this is.",
        ),
        info("commit-id", "What it was built from."),
        gauge(
            "start-time-ms",
            "When the worker started, milliseconds since the epoch.",
        ),
    ],
);

/// The same again under the worker's id, as Kafka's older tools look for it.
static APP_INFO_BY_ID: Group = Group {
    class: "org.apache.kafka.common.utils.AppInfoParser$AppInfo",
    in_prometheus: false,
    ..group(
        "app-info",
        &[
            info(
                "Version",
                "The version of Kafka Connect whose behaviour this is.",
            ),
            info("CommitId", "What it was built from."),
            gauge(
                "StartTimeMs",
                "When the worker started, milliseconds since the epoch.",
            ),
        ],
    )
};

static WORKER: Group = group(
    "connect-worker-metrics",
    &[
        gauge("connector-count", "Connectors in this worker."),
        gauge("task-count", "Tasks in this worker."),
        counter(
            "connector-startup-attempts-total",
            "Starts of a connector that were tried.",
        ),
        counter(
            "connector-startup-success-total",
            "Starts of a connector that succeeded.",
        ),
        counter(
            "connector-startup-failure-total",
            "Starts of a connector that failed.",
        ),
        gauge(
            "connector-startup-success-percentage",
            "Share of the late starts of a connector that succeeded, 0 to 1.",
        ),
        gauge(
            "connector-startup-failure-percentage",
            "Share of the late starts of a connector that failed, 0 to 1.",
        ),
        counter(
            "task-startup-attempts-total",
            "Starts of a task that were tried.",
        ),
        counter(
            "task-startup-success-total",
            "Starts of a task that succeeded.",
        ),
        counter(
            "task-startup-failure-total",
            "Starts of a task that failed.",
        ),
        gauge(
            "task-startup-success-percentage",
            "Share of the late starts of a task that succeeded, 0 to 1.",
        ),
        gauge(
            "task-startup-failure-percentage",
            "Share of the late starts of a task that failed, 0 to 1.",
        ),
    ],
);

static WORKER_CONNECTOR: Group = group(
    "connect-worker-metrics",
    &[
        gauge("connector-total-task-count", "Tasks of the connector."),
        gauge(
            "connector-running-task-count",
            "Tasks of the connector in state RUNNING.",
        ),
        gauge(
            "connector-paused-task-count",
            "Tasks of the connector in state PAUSED.",
        ),
        gauge(
            "connector-failed-task-count",
            "Tasks of the connector in state FAILED.",
        ),
        gauge(
            "connector-unassigned-task-count",
            "Tasks of the connector in state UNASSIGNED.",
        ),
        gauge(
            "connector-destroyed-task-count",
            "Tasks of the connector in state DESTROYED.",
        ),
        gauge(
            "connector-restarting-task-count",
            "Tasks of the connector in state RESTARTING.",
        ),
    ],
);

static CONNECTOR: Group = group(
    "connector-metrics",
    &[
        info("connector-class", "The connector's class."),
        info("connector-type", "source: there are no sinks."),
        info("connector-version", "The connector's version."),
        attribute(
            "status",
            Shape::State,
            "The connector's state, in small letters.",
        ),
    ],
);

static TASK: Group = group(
    "connector-task-metrics",
    &[
        attribute(
            "status",
            Shape::State,
            "The task's state, in small letters.",
        ),
        gauge(
            "running-ratio",
            "Share of its time that the task has been running, 0 to 1.",
        ),
        gauge(
            "pause-ratio",
            "Share of its time that the task has been paused, 0 to 1.",
        ),
        gauge(
            "offset-commit-avg-time-ms",
            "Average time of the late commits of offsets.",
        ),
        gauge(
            "offset-commit-max-time-ms",
            "Longest time of the late commits of offsets.",
        ),
        gauge(
            "offset-commit-success-percentage",
            "Share of the late commits of offsets that succeeded, 0 to 1.",
        ),
        gauge(
            "offset-commit-failure-percentage",
            "Share of the late commits of offsets that failed, 0 to 1.",
        ),
        gauge(
            "batch-size-avg",
            "Average number of records handed to the producer at once lately.",
        ),
        gauge(
            "batch-size-max",
            "Largest number of records handed to the producer at once lately.",
        ),
    ],
);

static SOURCE_TASK: Group = group(
    "source-task-metrics",
    &[
        gauge(
            "source-record-poll-rate",
            "Records handed to the producer per second lately.",
        ),
        counter(
            "source-record-poll-total",
            "Records handed to the producer since the task started.",
        ),
        gauge(
            "source-record-write-rate",
            "Records acknowledged by Kafka per second lately.",
        ),
        counter(
            "source-record-write-total",
            "Records acknowledged by Kafka since the task started.",
        ),
        gauge(
            "poll-batch-avg-time-ms",
            "Average time of handing a batch to the producer lately.",
        ),
        gauge(
            "poll-batch-max-time-ms",
            "Longest time of handing a batch to the producer lately.",
        ),
        gauge(
            "source-record-active-count",
            "Records handed to the producer and not yet acknowledged.",
        ),
        gauge(
            "source-record-active-count-avg",
            "Average number of such records lately.",
        ),
        gauge(
            "source-record-active-count-max",
            "Largest number of such records lately.",
        ),
    ],
);

static TASK_ERRORS: Group = group(
    "task-error-metrics",
    &[
        gauge(
            "total-record-failures",
            "Messages that could not be transformed or converted, and records that Kafka refused and errors.tolerance=all left out.",
        ),
        gauge(
            "total-record-errors",
            "The same: nothing that fails in a mapping is tried again.",
        ),
        gauge(
            "total-records-skipped",
            "Messages that could not be transformed or converted and were left out (errors.tolerance=all).",
        ),
        gauge(
            "total-retries",
            "Always 0: nothing that fails in a mapping is tried again.",
        ),
        gauge(
            "total-errors-logged",
            "Such messages that were logged (errors.log.enable).",
        ),
        gauge(
            "deadletterqueue-produce-requests",
            "Such messages that were sent to the dead-letter topic.",
        ),
        gauge(
            "deadletterqueue-produce-failures",
            "Always 0: a dead letter that Kafka refuses is a failure like any other record.",
        ),
        gauge(
            "last-error-timestamp",
            "When the last such message came, milliseconds since the epoch; 0 before the first.",
        ),
    ],
);

static METRICS_COUNT: Group = group(
    "kafka-metrics-count",
    &[gauge("count", "Attributes of all beans of this worker.")],
);

/// The connector's own bean. `/metrics` has the same under
/// `kafka_connect_websocket_`.
static CONNECTION: Group = Group {
    domain: "io.conduktor.connect.websocket",
    class: "io.conduktor.connect.websocket.WebSocketConnectorMetrics",
    in_prometheus: false,
    ..group(
        "WebSocketConnector",
        &[
            info("ConnectorName", "The connector's name."),
            counter("MessagesReceived", "Data messages read from the WebSocket."),
            counter("MessagesDropped", "Messages received and not passed on."),
            counter("RecordsProduced", "Records handed to the producer."),
            gauge(
                "LagCount",
                "Messages received, not dropped and not yet handed to the producer.",
            ),
            gauge("QueueSize", "Messages waiting in the task's buffer."),
            gauge(
                "QueueCapacity",
                "Messages the buffer takes: websocket.message.queue.size.",
            ),
            gauge(
                "QueueUtilizationPercent",
                "How full the buffer is, 0 to 100.",
            ),
            gauge(
                "DropRate",
                "Share of the received messages that were dropped, 0 to 100.",
            ),
            gauge("Connected", "Whether the WebSocket session is live."),
            gauge(
                "MillisSinceLastMessage",
                "How long ago the last data message came; -1 before the first.",
            ),
            gauge(
                "UptimeMillis",
                "For how long the session has been live; 0 while it is not.",
            ),
            counter(
                "TotalReconnects",
                "Reconnection attempts after the first connect.",
            ),
        ],
    )
};

#[cfg(test)]
pub(super) const GROUPS: [&Group; 10] = [
    &APP_INFO,
    &APP_INFO_BY_ID,
    &WORKER,
    &WORKER_CONNECTOR,
    &CONNECTOR,
    &TASK,
    &SOURCE_TASK,
    &TASK_ERRORS,
    &METRICS_COUNT,
    &CONNECTION,
];
