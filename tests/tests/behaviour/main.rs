//! What users rely on, each behaviour once, against real Apache Kafka and
//! WebSocket servers that share no code with the worker.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

#[macro_use]
extern crate end_to_end;

mod access;
mod batches;
mod beyond_clients;
mod beyond_errors;
mod beyond_rest;
mod clients;
mod command_line;
mod commands;
mod console;
mod consume;
mod delivery;
mod demo;
mod differential;
mod docs;
mod health;
mod isolation;
mod jmx;
mod kit;
mod life;
mod listeners;
mod log_output;
mod log_shippers;
mod loggers;
mod mapping;
mod monitoring;
mod offsets;
mod offsets_topic;
mod oversize;
mod providers;
mod quota;
mod readme;
mod recovery;
mod refusal;
mod rest;
mod runbook;
mod scale;
mod security;
mod service;
mod shown_logs;
mod shutdown;
mod soak;
mod spool;
mod standalone;
mod storage;
mod stream;
mod topics;
mod watching;
