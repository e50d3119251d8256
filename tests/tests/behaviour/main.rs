//! What users rely on, each behaviour once, against real Apache Kafka and
//! WebSocket servers that share no code with the worker.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

/// Makes a test of each function for each version of Kafka.
macro_rules! against_each_kafka {
    ($($name:ident),+ $(,)?) => {
        mod kafka_3_9 {
            $(#[test]
            fn $name() {
                super::$name(end_to_end::kafka::Version::V3_9);
            })+
        }
        mod kafka_4_1 {
            $(#[test]
            fn $name() {
                super::$name(end_to_end::kafka::Version::V4_1);
            })+
        }
    };
}

mod access;
mod clients;
mod command_line;
mod commands;
mod consume;
mod demo;
mod differential;
mod isolation;
mod jmx;
mod kit;
mod life;
mod listeners;
mod log_output;
mod loggers;
mod mapping;
mod offsets;
mod providers;
mod readme;
mod recovery;
mod refusal;
mod rest;
mod scale;
mod security;
mod shutdown;
mod soak;
mod standalone;
mod storage;
mod stream;
mod topics;
mod watching;
