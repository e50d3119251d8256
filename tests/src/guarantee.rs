//! What a scenario of delivery promises, and how a reader has to look.
//!
//! Invariant: a scenario is the same for each guarantee; only the connector's
//! setting, the reader and what may come twice differ.

use crate::kafka::Kafka;
use crate::worker::Connector;

/// How often a message may be in Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Once, and more often only after a crash.
    AtLeastOnce,
    /// Once, for readers of committed records.
    ExactlyOnce,
}

impl Guarantee {
    /// Asks for it.
    pub fn of(self, connector: Connector) -> Connector {
        match self {
            Self::AtLeastOnce => connector,
            Self::ExactlyOnce => connector.set("exactly.once.support", "required"),
        }
    }

    /// Whether a crash may repeat what was on its way.
    pub fn repeats_after_a_crash(self) -> bool {
        self == Self::AtLeastOnce
    }

    /// All records of a topic, as a reader who counts on it reads them.
    pub fn read(self, kafka: &Kafka, topic: &str) -> Vec<String> {
        match self {
            Self::AtLeastOnce => kafka.read_all(topic),
            Self::ExactlyOnce => kafka.read_committed(topic),
        }
    }
}
