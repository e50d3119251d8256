//! What every scenario has: a live feed, a connector with a spool, and the
//! comparison of the topic with what the spools have had.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::connect::{Api, Builder, Cluster};
use end_to_end::kafka::Kafka;
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::spooled::Spooled;
use end_to_end::wait;
use end_to_end::worker::Connector;

use crate::shared::with_commits;

/// How often a task is asked whether it has failed.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The connector's name.
pub(super) const NAME: &str = "numbers";

/// Messages a second.
pub(super) const RATE: u64 = 1_000;

/// How much there is of a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Messages a second.
    pub(super) rate: u64,
    /// Messages between one thing that happens and the next.
    pub(super) messages: u64,
}

/// As much as shows it.
pub(super) const SHORT: Size = Size {
    rate: RATE,
    messages: RATE,
};

/// A feed that goes on while nobody listens.
pub(super) fn live_feed(rate: u64) -> Server {
    let feed = Script::new(Library::Python).live(rate);
    feed.padding_bytes(200).start()
}

/// A connector that keeps what it has received in `dir`, as its setting has it.
pub(super) fn spooling(server: &Server, topic: &str, dir: &str) -> Connector {
    spooling_as(NAME, server, topic, dir)
}

/// The same, with a name of its own.
pub(super) fn spooling_as(name: &str, server: &Server, topic: &str, dir: &str) -> Connector {
    Connector::new(name, server, topic)
        .set("websocket.buffer.overflow", "block")
        .set("websocket.spool.mode", "durable")
        .set("websocket.spool.dir", dir)
}

/// The same, exactly once.
pub(super) fn spooling_once(server: &Server, topic: &str, dir: &str) -> Connector {
    spooling(server, topic, dir).set("exactly.once.support", "required")
}

/// Workers of a cluster that writes exactly once.
pub(super) fn once(kafka: &Kafka, group: &str) -> Builder {
    with_commits(Builder::distributed(kafka, group)).set("exactly.once.source.support", "enabled")
}

/// A folder's path as a setting has it.
pub(super) fn text(dir: &Path) -> &str {
    dir.to_str().expect("UTF-8")
}

/// How many messages a spool has had in all; none before it is there.
pub(super) fn received(dir: &Path) -> u64 {
    let found = websocket_source::spool::inspect(dir, &mut |_| Ok(()));
    found.map_or(0, |found| {
        let newest = found.segments.last().map_or(0, |segment| segment.end);
        newest.max(found.acknowledged)
    })
}

/// Waits until a spool has had so many messages more than now, which takes the
/// feed a known time.
pub(super) fn wait_for_more(dir: &Path, messages: u64) {
    wait_for_more_and(dir, messages, || ());
}

/// The same, with something to be done meanwhile.
fn wait_for_more_and(dir: &Path, messages: u64, mut meanwhile: impl FnMut()) {
    let least = received(dir) + messages;
    let what = format!("{least} messages in {}", dir.display());
    wait::until_true(&what, || {
        meanwhile();
        received(dir) >= least
    });
}

/// The same of a task that writes in transactions, as an operator waits. A broker
/// may answer a producer that was held up for seconds with an error by which
/// Connect fails the task (KAFKA-19690); then it is started again.
pub(super) fn wait_for_more_of(cluster: &Cluster, dir: &Path, messages: u64) {
    let mut asked = Instant::now();
    wait_for_more_and(dir, messages, || {
        if asked.elapsed() > ASK_EVERY {
            asked = Instant::now();
            restart_if_refused(cluster);
        }
    });
}

fn restart_if_refused(cluster: &Cluster) {
    let status = cluster.status(NAME).unwrap_or_default();
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    if status["tasks"][0]["state"] != "FAILED" {
        return;
    }
    assert!(trace.contains("InvalidTxnStateException"), "{trace}");
    println!("the broker has refused a transaction: the task is restarted");
    let path = format!("/connectors/{NAME}/tasks/0/restart");
    cluster.expect(204, "POST", &path, None);
}

/// Waits until Kafka has all that a spool has.
pub(super) fn wait_until_delivered(dir: &Path) {
    let what = format!("all of {} is delivered", dir.display());
    wait::until_true(&what, || undelivered(dir) == Some(0));
}

/// How many messages of a spool are not delivered.
pub(super) fn undelivered(dir: &Path) -> Option<u64> {
    let found = websocket_source::spool::inspect(dir, &mut |_| Ok(()));
    found.ok().map(|found| found.undelivered)
}

/// Waits until Connect has stored an offset.
pub(super) fn wait_for_offset(worker: &impl Api) {
    wait::until_true("a stored offset", || worker.sequence(NAME) > 0);
}

/// What of a scenario a reader counts on.
#[derive(Debug)]
pub(super) struct Read {
    /// The numbers of the topic, in its order.
    pub(super) numbers: Vec<u64>,
    /// The first number that was sent on each connection.
    starts: BTreeSet<u64>,
}

impl Read {
    /// All that a reader of committed records sees.
    pub(super) fn committed(kafka: &Kafka, topic: &str, server: &Server) -> Self {
        Self::new(&kafka.read_committed(topic), server)
    }

    /// All that is in a topic.
    pub(super) fn all(kafka: &Kafka, topic: &str, server: &Server) -> Self {
        Self::new(&kafka.read_all(topic), server)
    }

    fn new(records: &[String], server: &Server) -> Self {
        let starts = server.events("subscription");
        let start = |event: &serde_json::Value| event["sequence"].as_u64().expect("a number");
        Self {
            numbers: numbers(records),
            starts: starts.iter().map(start).collect(),
        }
    }

    /// The first numbers of the connections.
    pub(super) fn starts(&self) -> &BTreeSet<u64> {
        &self.starts
    }

    /// Asserts that the numbers of each connection are there from its first on,
    /// each once and in order, besides those of `left` behind them, which a
    /// spool still has.
    pub(super) fn assert_once(&self, left: &BTreeSet<u64>) {
        let mut all: Vec<u64> = self.numbers.clone();
        all.extend(left);
        for (index, &start) in self.starts.iter().enumerate() {
            let end = self.starts.iter().nth(index + 1).copied();
            let own = start..end.unwrap_or(u64::MAX);
            let of_connection = all.iter().filter(|number| own.contains(number));
            for (number, wanted) in of_connection.zip(start..) {
                assert_eq!(*number, wanted, "of the connection that began with {start}");
            }
        }
        let first = self.starts.first().copied();
        assert!(all.iter().all(|number| Some(*number) >= first));
    }

    /// Asserts that the topic has all of these, which a spool had.
    pub(super) fn assert_has(&self, owed: &BTreeSet<u64>) {
        assert!(!owed.is_empty(), "nothing was left, so nothing is shown");
        let found: BTreeSet<u64> = self.numbers.iter().copied().collect();
        let missing: Vec<_> = owed.difference(&found).collect();
        assert!(
            missing.is_empty(),
            "were in a spool, are not in the topic: {missing:?}"
        );
    }
}

/// What a spool has that is not delivered, after its task's end.
pub(super) fn left_in(dir: &Path) -> BTreeSet<u64> {
    let spooled = Spooled::read(dir);
    assert!(!spooled.inspection.owned, "{spooled:?}");
    spooled.undelivered
}
