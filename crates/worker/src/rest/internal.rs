//! Calls between the workers of a distributed cluster, which a standalone
//! worker refuses (Connect's `InternalConnectResource`).

use axum::body::Bytes;

use super::payload::RestError;

/// `POST /connectors/{connector}/tasks`.
pub(super) async fn put_tasks(body: Bytes) -> RestError {
    if body.is_empty() {
        return RestError::unreadable("the body is empty");
    }
    RestError::unreadable(
        "Kafka Connect in standalone mode does not support externally setting task configurations.",
    )
}

/// `PUT /connectors/{connector}/fence`.
pub(super) async fn fence() -> RestError {
    RestError::unreadable(
        "Kafka Connect in standalone mode does not support exactly-once source connectors.",
    )
}
