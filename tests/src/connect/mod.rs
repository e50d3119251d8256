//! Real Kafka Connect: a standalone worker, or a cluster of distributed ones.
//! Its plugin is the stub of the connector in `tests/kafka/stub`, with which
//! our worker is compared, or the jar that `make plugin` has built.

mod api;
mod builder;
mod cluster;
mod plugin;
mod worker;

use std::path::{Path, PathBuf};

pub use api::Api;
pub use builder::Builder;
pub use cluster::Cluster;
pub use plugin::{CLASS, Plugin, SINK_CLASS, is_library, jar};
pub use worker::{RealWorker, lines_of};

use crate::kafka::{self, Kafka, Version};
use crate::process::Process;

/// Writes the properties file of a standalone worker with the stub into
/// `folder`, which gets all that the file names.
pub fn properties(kafka: &Kafka, folder: &Path, port: u16) -> PathBuf {
    Builder::standalone(kafka).write(folder, port)
}

/// Runs the real `connect-standalone` with arguments that it refuses; its exit
/// code and what it has printed.
pub fn run(version: Version, arguments: &[&Path]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = kafka::java(version, 256);
    command.arg(builder::STANDALONE).args(arguments);
    let log = folder.path().join("log");
    let mut process = Process::spawn("connect-standalone", &mut command, &log);
    (process.exit_code(), process.output())
}
