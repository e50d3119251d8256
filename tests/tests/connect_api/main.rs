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
mod java_text;
mod json_messages;
mod records;
mod transform_cases;
mod transforms;
