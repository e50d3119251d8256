//! Offsets as the REST API reads and changes them (KIP-875): any partition,
//! any offset, whether or not this connector would write such a one.

use serde_json::Value;

use super::OffsetStore;

/// A source partition and how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionOffset {
    /// A JSON object, or null.
    pub partition: Value,
    /// A JSON object; null takes the partition's offset away.
    pub offset: Value,
}

impl OffsetStore {
    /// All offsets of a connector, in the file's order.
    pub fn list(&self, connector: &str) -> Vec<PartitionOffset> {
        let entries = self.entries.iter().filter_map(|(key, value)| {
            let key: Value = serde_json::from_slice(key.as_deref()?).ok()?;
            if key.get(0)?.as_str()? != connector {
                return None;
            }
            Some(PartitionOffset {
                partition: key.get(1)?.clone(),
                offset: serde_json::from_slice(value.as_deref()?).ok()?,
            })
        });
        entries.collect()
    }

    /// Changes offsets of a connector; of several for one partition the last
    /// counts.
    pub fn alter(&mut self, connector: &str, offsets: &[PartitionOffset]) {
        for one in offsets {
            let offset = Some(&one.offset).filter(|offset| !offset.is_null());
            self.put(connector, &one.partition, offset);
        }
    }

    /// Takes all offsets of a connector away.
    pub fn reset(&mut self, connector: &str) {
        for one in self.list(connector) {
            self.put(connector, &one.partition, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::offsets::{SourceOffset, partition};

    #[test]
    fn offsets_are_listed_altered_and_reset_for_one_connector() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("connect.offsets");
        let mut store = OffsetStore::open(&path).expect("no file is no error");
        let offset = |sequence| SourceOffset {
            session_id: "s".to_owned(),
            sequence,
        };
        store.set("a", &partition("ws://h", None), &offset(3));
        store.set("b", &partition("ws://h", None), &offset(4));
        let url = json!({"websocket_url": "ws://h"});
        assert_eq!(
            store.list("a"),
            [PartitionOffset {
                partition: url.clone(),
                offset: json!({"sequence": 3, "session_id": "s"}),
            }]
        );
        let altered = |sequence: u64| PartitionOffset {
            partition: url.clone(),
            offset: json!({"session_id": "x", "sequence": sequence}),
        };
        store.alter("a", &[altered(8), altered(9)]);
        assert_eq!(
            store
                .get("a", &partition("ws://h", None))
                .map(|o| o.sequence),
            Some(9)
        );
        store.reset("a");
        assert_eq!(store.list("a"), []);
        store.flush().expect("written");
        let again = OffsetStore::open(&path).expect("readable");
        assert_eq!(again.get("a", &partition("ws://h", None)), None);
        assert_eq!(again.get("b", &partition("ws://h", None)), Some(offset(4)));
    }
}
