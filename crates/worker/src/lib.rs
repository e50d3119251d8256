//! The parts of the native worker, as a library so that the binary, the tests
//! and the benches use the same code.

pub mod cli;
pub mod config_storage;
pub mod consume;
pub mod demo;
pub mod embedded;
pub mod exposition;
pub mod files;
pub mod health;
pub mod herder;
mod http_client;
pub mod kafka_settings;
pub mod log;
pub mod mapping;
pub mod oauth;
pub mod offsets;
pub mod open_files;
#[cfg(feature = "otlp")]
mod otlp;
pub mod preview;
pub mod producer;
pub mod providers;
pub mod rest;
mod service;
mod spool_folder;
pub mod standalone;
#[cfg(test)]
mod test_map;
pub mod topic_creation;
pub mod validate;
pub mod validation;
