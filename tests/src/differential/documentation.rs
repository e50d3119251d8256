//! `docs/compatibility.md`, written from the known differences.

use std::fmt::Write as _;

use super::known::{KNOWN, Known};
use super::known_beans::KNOWN_BEANS;
use super::known_classes::KNOWN_CLASSES;
use super::unplayed::{UNPLAYED, Unplayed};
use crate::kafka::Version;

const HEAD: &str = "\
# Compatibility with Kafka Connect

The REST API is that of a standalone worker of Kafka Connect 3.9. One scenario (`tests/scenario`) is played against a \
real `connect-standalone` (3.9.1, and 4.1.1 for the second list) and against this worker, and every status, header and body is compared. What differs is listed \
here, and nothing else does; the test fails as well when something listed no longer differs.

Written from `known.rs`, `known_beans.rs`, `known_classes.rs` and `unplayed.rs` in `tests/src/differential`; after a change there, \
`UPDATE_DOCS=1 cargo test -p end-to-end compatibility` writes it anew.

Settings of a connector that Kafka Connect's standalone mode takes and does nothing by are no difference: \
`transaction.boundary`, `transaction.boundary.interval.ms` and `offsets.storage.topic` do nothing here either, and the log says so, \
unless `exactly.once.support=required` is given, which is a difference. `config.action.reload` says what happens when a value of a config \
provider expires; those of Kafka's own providers, which this worker has, never do.

Not compared, since they say nothing to a client or change from run to run: ports, times, generated ids, traces, the \
order of hash maps, `Date`, `Server` and the headers of the transfer (`Connection`, `Content-Length`, \
`Transfer-Encoding`), and the words of errors that only leak Java's internals (Jackson's texts): \
their status and that they have a message are compared.
";

const BEANS_HEAD: &str = "
## Metrics

The MBeans of a real `connect-standalone` 3.9.1 are compared with those of this worker's `/jolokia`: names, attributes, types, \
and the values that are texts or counts of tasks.

| Difference | Reason |
|---|---|
";

const CLASSES_HEAD: &str = "
## Transforms and predicates

Those of 3.9.1 and of 4.1.1 are compared with this worker's: definitions, validated and refused settings, and what becomes of \
generated records, or which exception they meet. From 3.9.1 nothing differs, and this from 4.1.1:

| Difference | Reason |
|---|---|
";

const DEFERRED: &str = "
## Not there yet

Avro, Protobuf and JSON Schema with a Schema Registry: their converters are not in this program, and a configuration that names \
one is refused. Until they are, the way is Apache Kafka Connect with the connector's plugin and those converters; the connector's \
settings and its offsets stay the same.
";

const UNPLAYED_HEAD: &str = "
## Beyond the REST API

What no request shows, the same for both versions. Each has tests that show it.
";

/// The whole document, in Markdown.
pub fn compatibility_markdown() -> String {
    let mut out = HEAD.to_owned();
    section(&mut out, "Kafka Connect 3.9", |known| {
        known.of.contains(&Version::V3_9)
    });
    section(&mut out, "Kafka Connect 4.1: these as well", |known| {
        known.of == [Version::V4_1]
    });
    out.push_str(BEANS_HEAD);
    for known in KNOWN_BEANS {
        let _ = writeln!(out, "| {} | {} |", known.what, known.why);
    }
    out.push_str(CLASSES_HEAD);
    for known in KNOWN_CLASSES {
        let _ = writeln!(out, "| {} | {} |", known.what, known.why);
    }
    out.push_str(UNPLAYED_HEAD);
    for (topic, differences) in UNPLAYED {
        heading(&mut out, topic);
        for Unplayed { what, why, .. } in *differences {
            let _ = writeln!(out, "| {what} | {why} |");
        }
    }
    out.push_str(DEFERRED);
    out
}

fn heading(out: &mut String, topic: &str) {
    let _ = write!(out, "\n### {topic}\n\n| Difference | Reason |\n|---|---|\n");
}

fn section(out: &mut String, title: &str, belongs: impl Fn(&Known) -> bool) {
    let _ = writeln!(out, "\n## {title}");
    let mut topic = "";
    for known in KNOWN.iter().filter(|known| belongs(known)) {
        if known.topic != topic {
            topic = known.topic;
            heading(out, topic);
        }
        let _ = writeln!(out, "| {} | {} |", known.what, known.why);
    }
}
