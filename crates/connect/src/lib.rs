//! Kafka Connect's API without a JVM: how settings are defined and checked
//! ([`config`]), the data that records are made of ([`data`], [`record`]), what
//! is done with records on their way ([`transform`], [`predicate`], [`chain`])
//! and what becomes of them in Kafka ([`converter`]).
//!
//! A pure library: no Kafka client, no HTTP server, and of the clock only the
//! century of years with two digits ([`java`]). Behaviour and words are those
//! of the classes of the same names in Apache Kafka; tests compare them with
//! the originals.

pub mod chain;
pub mod config;
pub mod connector;
pub mod converter;
pub mod data;
pub mod java;
mod plugin;
pub mod predicate;
pub mod record;
pub mod transform;
