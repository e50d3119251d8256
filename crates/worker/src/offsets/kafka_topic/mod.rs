//! Source offsets in a Kafka topic, `offsets.storage.topic`: those of
//! connectors that write exactly once, whose offset is a record of the same
//! transaction as the records that it counts.
//!
//! Keys and values are Kafka Connect's (`ConnectorOffsetBackingStore` with its
//! JSON converters), so that a distributed worker reads them; a header says by
//! which transactional id each was written. Invariants: of
//! several records for one partition the last one counts, one without a value
//! takes the offset away; a reading holds everything that was committed when
//! it was asked for; every wait has a bound.

mod policy;
mod read;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::{PartitionOffset, SourceOffset, sorted};
use crate::kafka_settings::NativeProperties;
use crate::topic_creation::{PREFIX, TopicGroups, parse};

/// `offsets.storage.topic` if a connector does not name one.
pub const DEFAULT_TOPIC: &str = "connect-websocket-offsets";
/// The header of an offset with the transactional id that it was written by,
/// which tells an owner on another disk from a worker of another group.
/// Kafka Connect looks at no headers there.
pub const OWNER: &str = "transactional.id";

/// Settings with which the topic is created: an offset stays until there is a
/// newer one, and small segments keep short what a start has to read.
const TOPIC: [(&str, &str); 4] = [
    ("partitions", "1"),
    ("replication.factor", "-1"),
    ("cleanup.policy", "compact"),
    ("segment.bytes", "16777216"),
];

/// With what the topic is created if it is not there.
///
/// # Errors
/// None that a user could bring about.
pub fn creation() -> Result<TopicGroups, String> {
    let named = |(name, value): (&str, &str)| (format!("{PREFIX}default.{name}"), value.to_owned());
    parse(&TOPIC.into_iter().map(named).collect()).map(|(groups, _)| groups)
}

/// A topic with offsets and how its brokers are reached.
#[derive(Clone, Debug)]
pub struct OffsetsTopic {
    /// Its name.
    pub name: String,
    /// librdkafka's properties of a client; may hold secrets.
    pub properties: NativeProperties,
}

/// Why a topic's offsets cannot be had or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OffsetsTopicError {
    /// The principal may not do that.
    #[error("offsets.storage.topic: {topic}: {what} is not allowed: grant {acl} to this user")]
    Forbidden {
        /// The topic.
        topic: String,
        /// What was tried.
        what: &'static str,
        /// The missing right.
        acl: String,
    },
    /// There is no such topic.
    #[error("offsets.storage.topic: {0}: the topic does not exist")]
    Missing(String),
    /// The brokers have not answered in time.
    #[error(
        "offsets.storage.topic: {topic}: no answer within {waited_ms} ms ({last}): check \
         bootstrap.servers and the brokers"
    )]
    Unanswered {
        /// The topic.
        topic: String,
        /// How long was waited, milliseconds.
        waited_ms: u64,
        /// What was said last.
        last: String,
    },
    /// Someone's transaction keeps the newest offsets from being read.
    #[error(
        "offsets.storage.topic: {topic}: its newest records are in a transaction that has not ended \
         within {waited_ms} ms: the brokers end it by its transaction.timeout.ms"
    )]
    Open {
        /// The topic.
        topic: String,
        /// How long was waited, milliseconds.
        waited_ms: u64,
    },
    /// It would forget offsets.
    #[error(
        "offsets.storage.topic: {topic}: it has cleanup.policy={policy}, by which offsets get lost in \
         time: name another topic, or change it (kafka-configs.sh --alter --entity-type topics \
         --entity-name {topic} --add-config cleanup.policy=compact)"
    )]
    NotCompacted {
        /// The topic.
        topic: String,
        /// Its policy.
        policy: String,
    },
    /// The client cannot be made.
    #[error("offsets.storage.topic: {0}")]
    Client(String),
}

impl OffsetsTopicError {
    /// Whether it may work the next time.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unanswered { .. } | Self::Open { .. })
    }
}

/// The key of a connector's source partition.
pub fn key(connector: &str, partition: &Value) -> Vec<u8> {
    json!([connector, partition]).to_string().into_bytes()
}

impl SourceOffset {
    /// The offset as Connect stores it.
    pub fn to_json(&self) -> Value {
        // The order of the members is Java's, in which it is a HashMap.
        json!({"sequence": self.sequence, "session_id": self.session_id})
    }

    /// Reads what is stored; `None` if it is not of a stream.
    pub fn from_json(offset: &Value) -> Option<Self> {
        Some(Self {
            session_id: offset.get("session_id")?.as_str()?.to_owned(),
            sequence: offset.get("sequence")?.as_u64()?,
        })
    }
}

/// A topic's offsets at one moment, by their keys in one spelling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offsets(BTreeMap<String, Entry>);

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    connector: String,
    one: PartitionOffset,
    /// The transactional id that it was written by, if that is known.
    owner: Option<Vec<u8>>,
}

impl Offsets {
    /// All offsets of a connector.
    pub fn of(&self, connector: &str) -> Vec<PartitionOffset> {
        let own = self.0.values();
        let own = own.filter(|entry| entry.connector == connector);
        own.map(|entry| entry.one.clone()).collect()
    }

    /// The offset of one partition of a connector.
    pub fn get(&self, connector: &str, partition: &Value) -> Option<&Value> {
        self.0
            .get(&spelled(connector, partition))
            .map(|entry| &entry.one.offset)
    }

    /// Those that were written by a transactional id, but for that of one
    /// partition of a connector.
    pub(crate) fn others_of(mut self, owner: &str, connector: &str, partition: &Value) -> Self {
        self.0.remove(&spelled(connector, partition));
        self.0
            .retain(|_, entry| entry.owner.as_deref() == Some(owner.as_bytes()));
        self
    }

    /// Takes a record in; those that are no offsets of a connector are left.
    fn take_in(&mut self, key: &[u8], value: Option<&[u8]>, owner: Option<&[u8]>) {
        let Ok(key) = serde_json::from_slice::<Value>(key) else {
            return;
        };
        let (Some(Value::String(connector)), Some(partition), None) =
            (key.get(0), key.get(1), key.get(2))
        else {
            return;
        };
        let offset = value.and_then(|value| serde_json::from_slice::<Value>(value).ok());
        let spelled = spelled(connector, partition);
        let Some(offset) = offset.filter(|offset| !offset.is_null()) else {
            self.0.remove(&spelled);
            return;
        };
        let one = PartitionOffset {
            partition: partition.clone(),
            offset,
        };
        let entry = Entry {
            connector: connector.clone(),
            one,
            owner: owner.map(<[u8]>::to_vec),
        };
        self.0.insert(spelled, entry);
    }
}

/// A key in one spelling.
fn spelled(connector: &str, partition: &Value) -> String {
    sorted(json!([connector, partition])).to_string()
}

impl fmt::Display for OffsetsTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The topic `offsets` of these brokers.
#[cfg(test)]
fn topic_on(servers: &str) -> OffsetsTopic {
    OffsetsTopic {
        name: "offsets".to_owned(),
        properties: crate::test_map::map(&[("bootstrap.servers", servers)]).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_record_of_a_partition_counts_whatever_the_order_of_its_members() {
        let mut offsets = Offsets::default();
        let partition = json!({"websocket_url": "ws://h", "shard": 1});
        let offset = |sequence| SourceOffset {
            session_id: "s".to_owned(),
            sequence,
        };
        let value = |sequence| offset(sequence).to_json().to_string().into_bytes();
        offsets.take_in(&key("c", &partition), Some(&value(3)), None);
        let other = br#"["c",{"shard":1,"websocket_url":"ws://h"}]"#;
        offsets.take_in(other, Some(&value(5)), None);
        offsets.take_in(&key("d", &partition), Some(&value(9)), None);
        for noise in [&b"{"[..], b"[1,2]", b"[\"c\"]", b""] {
            offsets.take_in(noise, Some(b"{}"), None);
        }
        let stored = offsets
            .get("c", &partition)
            .and_then(SourceOffset::from_json);
        assert_eq!(stored, Some(offset(5)));
        assert_eq!(offsets.of("c").len(), 1);
        offsets.take_in(&key("c", &partition), None, None);
        assert_eq!(offsets.of("c"), []);
        assert_eq!(offsets.of("d").len(), 1);
    }

    #[test]
    fn others_are_those_of_the_same_owner_on_other_partitions() {
        let on = |disk: &str| super::super::partition("ws://h/", Some(disk));
        let read = |records: &[(&str, &str, Option<&str>)]| {
            let mut offsets = Offsets::default();
            for (disk, value, owner) in records {
                let owner = owner.map(str::as_bytes);
                offsets.take_in(&key("c", &on(disk)), Some(value.as_bytes()), owner);
            }
            offsets.others_of("g-c-0", "c", &on("own"))
        };
        let owner = Some("g-c-0");
        let before = read(&[("own", "1", owner), ("old", "2", None)]);
        assert_eq!(before, Offsets::default());
        let foreign = read(&[("own", "3", owner), ("other", "4", Some("h-c-0"))]);
        assert_eq!(before, foreign, "another group's is no other owner");
        let newer = read(&[("own", "1", owner), ("old", "3", owner)]);
        assert_ne!(before, newer);
        assert_ne!(newer, read(&[("old", "4", owner)]));
    }

    #[test]
    fn bytes_are_those_of_connect() {
        let partition = super::super::partition("ws://h/", None);
        let text = br#"["c",{"websocket_url":"ws://h/"}]"#;
        assert_eq!(key("c", &partition), text);
        let offset = SourceOffset {
            session_id: "x".to_owned(),
            sequence: 7,
        };
        assert_eq!(
            offset.to_json().to_string(),
            r#"{"sequence":7,"session_id":"x"}"#
        );
    }
}
