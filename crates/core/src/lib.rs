//! The WebSocket source: socket → session → payload → buffer → sink.
//!
//! A pure library: it knows no Kafka client, no HTTP server and no JVM. Hosts
//! give it checked [`settings`] and a [`sink::Sink`], and read [`metrics`] and
//! [`task::SessionStatus`].

pub mod buffer;
pub mod frames;
pub mod metrics;
pub mod sink;
