//! Connect's classes in Rust against the same classes in Java.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

mod chains;
mod config;
mod converters;
mod generate;
mod harness;
mod helpers;
mod java_dates;
mod java_text;
mod json_messages;
mod known;
mod order;
mod records;
mod transform_cases;
mod transforms;
