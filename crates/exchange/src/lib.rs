//! A scripted WebSocket server that speaks the subscription protocols of
//! Binance (`/ws`) and Coinbase (`/`), and floods (`/flood`): the demo's feed
//! and the benchmarks' load generator.
//!
//! It shares no code with the connector, so that a mistake in one cannot hide
//! one in the other. Invariants: what it has counted as sent is written to
//! the socket unless the connection breaks; a slow reader stops the
//! generation, so memory stays bounded; it listens on 127.0.0.1 only.

mod connection;
mod exchange;
mod frame;
mod handshake;
mod outbox;
mod pace;
mod script;
mod tls;

pub use exchange::{Exchange, ExchangeError, Flow, Options, Stats};
