//! The files of `deploy/`: each is read by the tool that it is for, and what
//! it starts is started. No container runtime and no cluster is needed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

mod chart;
mod compose;
mod container;
mod documents;
mod package;
mod tool;
mod unit;
