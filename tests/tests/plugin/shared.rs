//! The worker that tests share: a JVM takes seconds to start.

use std::fs;
use std::sync::OnceLock;

use end_to_end::connect::{Builder, Plugin, RealWorker};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::tools;

/// A standalone worker with the plugin, of whose connectors each test has its
/// own; its MBeans can be read, and the JMX exporter has the reference's rules
/// at first.
pub(crate) fn standalone(version: Version) -> &'static RealWorker {
    static V3_9: OnceLock<RealWorker> = OnceLock::new();
    static V4_1: OnceLock<RealWorker> = OnceLock::new();
    let cell = match version {
        Version::V3_9 => &V3_9,
        Version::V4_1 => &V4_1,
    };
    let start = move || {
        let rules = tools::repository().join("tests/exporter/reference.yml");
        let rules = fs::read_to_string(rules).expect("the reference's rules");
        with_commits(Builder::standalone(Kafka::shared(version)))
            .jmx()
            .exporter(&rules)
            .start()
    };
    cell.get_or_init(|| RealWorker::shared(start))
}

/// With the plugin, and offsets stored so often that tests may wait for them.
pub(crate) fn with_commits(builder: Builder) -> Builder {
    builder
        .plugin(Plugin::Jar)
        .set("offset.flush.interval.ms", "200")
}
