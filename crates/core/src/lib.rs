//! The WebSocket source: socket → session → payload → buffer → sink.
//!
//! A pure library: it knows no Kafka client, no HTTP server and no JVM. Hosts
//! give it checked [`settings`] and a [`sink::Sink`], and read [`metrics`],
//! [`series`] and [`task::SessionStatus`].

pub mod buffer;
mod clock;
pub mod dead_letter;
pub mod dial;
pub mod events;
pub mod frames;
pub mod handshake;
pub mod ledger;
pub mod metrics;
pub mod payload;
mod random;
pub mod secret;
pub mod series;
pub mod session;
pub mod settings;
pub mod sink;
pub mod spool;
pub mod task;
#[cfg(test)]
mod test_log;
#[cfg(test)]
mod test_net;
pub mod timeline;
