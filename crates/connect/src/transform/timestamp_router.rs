//! Makes the topic's name of itself and the record's timestamp
//! (`org.apache.kafka.connect.transforms.TimestampRouter`).

use crate::config::{ConfigDef, ConfigKey, Default, Importance, Settings, Type};
use crate::java::{DateFormat, value_text};
use crate::record::{DataError, Header, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    let key = |name: &str, default: &str, doc: &str| {
        let default = Default::Text(default.to_owned());
        ConfigKey::new(name, Type::String, default, Importance::High, doc)
    };
    ConfigDef::default()
        .define(key(
            "topic.format",
            "${topic}-${timestamp}",
            "The new name, in which ${topic} and ${timestamp} stand for the old one and the timestamp.",
        ))
        .define(key(
            "timestamp.format",
            "yyyyMMdd",
            "How the timestamp is written: a pattern of Java's SimpleDateFormat.",
        ))
}

/// See the module.
#[derive(Debug)]
pub(super) struct TimestampRouter {
    topic: String,
    /// A pattern that is not valid shows at the first record, as in Java.
    timestamp: Result<DateFormat, String>,
}

impl TimestampRouter {
    pub(super) fn create(settings: &Settings) -> Self {
        Self {
            topic: settings.required("topic.format").to_owned(),
            timestamp: DateFormat::new(settings.required("timestamp.format")),
        }
    }
}

impl Transform for TimestampRouter {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        let Some(ms) = record.timestamp_ms else {
            let shown = shown(&record);
            return Err(DataError::data(format!(
                "Timestamp missing on record: {shown}"
            )));
        };
        let format = match &self.timestamp {
            Ok(format) => format,
            Err(why) => {
                return Err(DataError::of(
                    "java.lang.IllegalArgumentException",
                    why.as_str(),
                ));
            }
        };
        let named = self.topic.replace("${topic}", &record.topic);
        record.topic = named.replace("${timestamp}", &format.format(ms));
        Ok(Some(record))
    }
}

/// `SourceRecord.toString`, without the source partition and offset.
fn shown(record: &Record) -> String {
    let schema = |schema: Option<&std::sync::Arc<crate::data::Schema>>| {
        schema.map_or_else(|| "null".to_owned(), ToString::to_string)
    };
    let header = |header: &Header| {
        format!(
            "ConnectHeader(key={}, value={}, schema={})",
            header.key,
            value_text(&header.value),
            schema(header.schema.as_ref())
        )
    };
    let headers: Vec<String> = record.headers.iter().map(header).collect();
    let headers = if headers.is_empty() {
        String::new()
    } else {
        format!("[{}]", headers.join(", "))
    };
    let partition = record
        .partition
        .map_or_else(|| "null".to_owned(), |n| n.to_string());
    format!(
        "SourceRecord{{sourcePartition=null, sourceOffset=null}} ConnectRecord{{topic='{}', kafkaPartition={partition}, key={}, keySchema={}, value={}, valueSchema={}, timestamp=null, headers=ConnectHeaders(headers={headers})}}",
        record.topic,
        value_text(&record.key),
        schema(record.key_schema.as_ref()),
        value_text(&record.value),
        schema(record.value_schema.as_ref()),
    )
}
