//! The differences between the real worker's beans and ours that stay.

use super::known::{Has, matches};

/// A difference that stays, wherever it shows.
#[derive(Debug)]
pub struct KnownBean {
    /// The canonical names of the beans that may show it; `*` is any text.
    pub bean: &'static str,
    /// The attributes; `*` is any text.
    pub attribute: &'static str,
    /// Who has something there.
    pub has: Has,
    /// The difference, for users.
    pub what: &'static str,
    /// Why it stays.
    pub why: &'static str,
}

impl KnownBean {
    /// Whether it covers a difference.
    pub fn covers(&self, bean: &str, attribute: &str, has: Has) -> bool {
        self.has == has && matches(self.bean, bean) && matches(self.attribute, attribute)
    }
}

/// All of them.
pub const KNOWN_BEANS: &[KnownBean] = &[
    KnownBean {
        bean: "kafka.producer:*",
        attribute: "*",
        has: Has::Real,
        what: "There are no MBeans of Kafka's own clients (`kafka.producer`).",
        why: "The producers are librdkafka's. What matters of them is in `source-task-metrics` and `receive_to_ack_seconds`.",
    },
    KnownBean {
        bean: "kafka.connect:connector=*,type=connect-worker-metrics",
        attribute: "*",
        has: Has::Ours,
        what: "The counts of a connector's tasks are there also while it has none.",
        why: "A count that is 0 can be watched; one that is gone cannot.",
    },
    KnownBean {
        bean: "kafka.connect:type=connect-worker-metrics",
        attribute: "task-startup-*-total",
        has: Has::Both,
        what: "Starts of tasks are counted; on the real worker `task-startup-*` stays 0.",
        why: "A fault: the attributes say otherwise.",
    },
    KnownBean {
        bean: "kafka.connect:*type=app-info",
        attribute: "*ommit*",
        has: Has::Both,
        what: "`commit-id` is this program's version.",
        why: "There is no commit of Apache Kafka that it was built from.",
    },
];
