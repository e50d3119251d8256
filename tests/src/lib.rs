//! The harness of the end-to-end tests: real Apache Kafka, WebSocket servers
//! of others, and the worker as a process, each behind a small type.
//!
//! Invariants: every process that a test starts is ended with it, also when
//! the test panics or the whole run is killed; a test waits for conditions,
//! each with a deadline, never for a time; all files are in temporary folders.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a harness that cannot go on fails the test, and a panic is how"
)]

pub mod browser;
pub mod certificate;
pub mod command;
pub mod connect;
pub mod curl;
pub mod dashboard;
pub mod differential;
pub mod docs;
pub mod guarantee;
pub mod kafka;
pub mod ledger;
pub mod link;
pub mod mbeans;
pub mod ports;
pub mod process;
pub mod prometheus;
pub mod reference;
pub mod rest;
pub mod secured;
pub mod sequence;
pub mod server;
pub mod spooled;
pub mod tools;
pub mod wait;
pub mod worker;
