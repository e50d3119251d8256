//! The plugin in real Kafka Connect, installed as users install it, against
//! WebSocket servers that share no code with it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

#[macro_use]
extern crate end_to_end;

mod cases;
mod delivery;
mod deploy;
mod examples;
mod exporter;
mod failover;
mod failures;
mod install;
mod jar;
mod jmx;
mod ledger;
mod leftovers;
mod life;
mod network;
mod oversize;
mod proxy;
mod records;
mod shared;
mod stop;
mod timestamps;
mod wire;
