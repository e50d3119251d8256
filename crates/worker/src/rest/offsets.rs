//! `/connectors/{connector}/offsets` (KIP-875).

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::Shared;
use super::connectors::{Answer, bad_request};
use super::payload::{self, RestError};
use crate::offsets::PartitionOffset;

pub(super) async fn list(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let offsets: Vec<Value> = rest
        .herder
        .offsets(&name)
        .await?
        .into_iter()
        .map(|one| json!({"partition": one.partition, "offset": one.offset}))
        .collect();
    Ok(payload::ok(&json!({"offsets": offsets})))
}

pub(super) async fn alter(State(rest): Shared, Path(name): Path<String>, body: Bytes) -> Answer {
    let offsets = request(&body)?;
    if offsets.is_empty() {
        return Err(bad_request(
            "Partitions / offsets need to be provided for an alter offsets request".to_owned(),
        ));
    }
    rest.herder.alter_offsets(&name, &offsets).await?;
    Ok(done("altered"))
}

pub(super) async fn reset(State(rest): Shared, Path(name): Path<String>) -> Answer {
    rest.herder.reset_offsets(&name).await?;
    Ok(done("reset"))
}

/// What Connect says for connectors that do not look at the offsets
/// themselves (`SourceConnector.alterOffsets`).
fn done(what: &str) -> axum::response::Response {
    payload::ok(&json!({"message": format!(
        "The Connect framework-managed offsets for this connector have been {what} successfully. \
         However, if this connector manages offsets externally, they will need to be manually {what} \
         in the system that the connector uses."
    )}))
}

/// Reads `{"offsets": [{"partition": {…}, "offset": {…}|null}]}`.
fn request(body: &[u8]) -> Result<Vec<PartitionOffset>, RestError> {
    let mut fields = payload::object(body)?;
    let offsets = fields.remove("offsets").unwrap_or(Value::Null);
    if let Some(unknown) = fields.keys().next() {
        return Err(RestError::unreadable(format!(
            "Unrecognized field \"{unknown}\" (known property: \"offsets\")"
        )));
    }
    match offsets {
        Value::Null => Ok(Vec::new()),
        Value::Array(entries) => entries.into_iter().map(entry).collect(),
        _ => Err(RestError::unreadable("offsets must be an array")),
    }
}

fn entry(value: Value) -> Result<PartitionOffset, RestError> {
    let Value::Object(mut fields) = value else {
        return Err(RestError::unreadable(
            "an offset must be an object with partition and offset",
        ));
    };
    let mut part = |name: &str| match fields.remove(name) {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(object @ Value::Object(_)) => Ok(object),
        Some(_) => Err(RestError::unreadable(format!("{name} must be an object"))),
    };
    let one = PartitionOffset {
        partition: part("partition")?,
        offset: part("offset")?,
    };
    match fields.keys().next() {
        None => Ok(one),
        Some(unknown) => Err(RestError::unreadable(format!(
            "Unrecognized field \"{unknown}\" (known properties: \"partition\", \"offset\")"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_strictly() {
        let body = br#"{"offsets":[{"partition":{"a":1},"offset":null}]}"#;
        let offsets = request(body).expect("readable");
        assert_eq!(offsets[0].partition, json!({"a": 1}));
        assert!(offsets[0].offset.is_null());
        assert_eq!(request(b"{}").expect("readable"), []);
        for body in [
            &b"{\"offsets\":{}}"[..],
            b"{\"offsets\":[1]}",
            b"{\"offsets\":[{\"partition\":1}]}",
            b"{\"offset\":[]}",
        ] {
            assert!(request(body).is_err());
        }
    }
}
