//! Workers of a cluster go away, one by a crash and one in order: the others
//! take their connectors over, and what is lost is what nobody could have.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use end_to_end::connect::{Api, Builder, Cluster, RealWorker, lines_of};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait;
use end_to_end::worker::Connector;
use serde_json::Value;

use crate::shared::with_commits;
use crate::stop::LastLine;

const CONNECTORS: u64 = 10;
const WORKERS: usize = 3;
const TOPIC: &str = "failover";

/// How often a worker asks whether the work is to be shared out anew, in
/// milliseconds: little beside what is measured.
const HEARTBEAT_MS: &str = "300";

/// What joining the group twice and starting the tasks may take, besides the
/// delay that the workers' settings have between: with it less than the time
/// in which a killed worker is missed, or a measurement from the wrong moment
/// would pass.
const STARTING: Duration = Duration::from_secs(3);
const _: () = assert!(
    Cluster::REBALANCE_DELAY.as_millis() + STARTING.as_millis()
        < Cluster::SESSION_TIMEOUT.as_millis()
);

/// Messages a second of each feed.
const RATE: u64 = 20;

/// `websocket.message.queue.size`.
const QUEUE: u64 = 200;

/// The numbers of one feed are below this; those of the next begin there.
const FEED: u64 = 1_000_000;

against_each_kafka!(the_connectors_of_workers_that_are_gone_go_on_on_the_others);

fn the_connectors_of_workers_that_are_gone_go_on_on_the_others(version: Version) {
    let kafka = Kafka::shared(version);
    // One partition keeps the order of each feed.
    kafka.create_topic(TOPIC, 1);
    let feeds: Vec<Feed> = (0..CONNECTORS).map(Feed::new).collect();
    let builder = with_commits(Builder::distributed(kafka, "failover"))
        .set("heartbeat.interval.ms", HEARTBEAT_MS);
    let mut cluster = Cluster::start(WORKERS, &builder);
    for feed in &feeds {
        let connector = Connector::new(&feed.name, &feed.server, TOPIC)
            .set("websocket.message.queue.size", &QUEUE.to_string());
        cluster.put(201, &connector);
    }
    let [crash, order] = [
        ("SIGKILL", Cluster::kill as fn(&mut Cluster, &str)),
        ("SIGTERM", Cluster::ask_to_end),
    ]
    .map(|(how, end)| {
        // All have something to lose.
        wait_for_more(&cluster, &feeds);
        take_over(&mut cluster, &feeds, how, end)
    });
    wait_for_more(&cluster, &feeds);
    let records = numbers(&kafka.read_all(TOPIC));
    println!("Kafka {version:?}, {CONNECTORS} connectors, {RATE} messages/s each:");
    for ended in [&crash, &order] {
        println!("{}", ended.figures(&feeds, &records));
    }
    for ended in [&crash, &order] {
        ended.assert_soon();
    }
    crash.assert_silent();
    order.assert_accounted(&feeds, &records);
    for feed in &feeds {
        feed.assert_in_order(&records);
    }
}

/// A server, and the connector that reads it.
struct Feed {
    name: String,
    server: Server,
    first: u64,
}

/// The numbers of a connection: all that were sent, and those that Kafka has.
struct Connection {
    sent: std::ops::Range<u64>,
    read: Vec<u64>,
}

impl Feed {
    fn new(index: u64) -> Self {
        let first = index * FEED;
        let script = Script::new(Library::Npm).live(RATE).start_at(first);
        Self {
            name: format!("failover-{index}"),
            server: script.start(),
            first,
        }
    }

    fn subscriptions(&self) -> usize {
        self.server.events("subscription").len()
    }

    /// Its connections so far, with what `records` has of each.
    fn connections(&self, records: &[u64]) -> Vec<Connection> {
        // A connection may be closed before it subscribes.
        let ended: BTreeMap<u64, u64> = self.server.events("closed").iter().map(bound).collect();
        let own = self.first..self.first + FEED;
        let own: Vec<u64> = records
            .iter()
            .copied()
            .filter(|n| own.contains(n))
            .collect();
        // What is read of the last one, which is open, is all that counts.
        let last = own.last().map_or(self.first, |last| last + 1);
        let begun = self.server.events("subscription");
        let connection = |(number, begin): (u64, u64)| {
            let sent = begin..ended.get(&number).copied().unwrap_or(last);
            let read = own.iter().copied().filter(|n| sent.contains(n)).collect();
            Connection { sent, read }
        };
        begun.iter().map(bound).map(connection).collect()
    }

    /// No number came twice or before a smaller one, and a connection lost
    /// nothing but at its end, and no more than the queue takes.
    fn assert_in_order(&self, records: &[u64]) {
        let connections = self.connections(records);
        for (index, Connection { sent, read }) in connections.iter().enumerate() {
            let end = sent.start + read.len() as u64;
            assert!(
                read.iter().copied().eq(sent.start..end),
                "{} of connection {index}: {sent:?} sent, read {read:?}",
                self.name
            );
            let lost = sent.end - end;
            assert!(lost <= QUEUE, "{} lost {lost} of {index}", self.name);
        }
        let of_connections: usize = connections.iter().map(|one| one.read.len()).sum();
        let own = self.first..self.first + FEED;
        let all = records.iter().filter(|n| own.contains(n)).count();
        assert_eq!(of_connections, all, "numbers that no connection had");
    }
}

/// The number of a server's connection, and the feed's where it began or ended.
fn bound(event: &Value) -> (u64, u64) {
    let field = |name: &str| event[name].as_u64().expect("a number");
    (field("number"), field("sequence"))
}

/// Waits until Kafka has more of each feed.
fn wait_for_more(cluster: &Cluster, feeds: &[Feed]) {
    let now = feeds.iter().map(|feed| cluster.sequence(&feed.name));
    let now: Vec<u64> = now.collect();
    for (feed, sequence) in feeds.iter().zip(now) {
        cluster.wait_for_sequence(&feed.name, sequence + 10);
    }
}

/// The workers of all tasks that run, by connector.
fn places(cluster: &Cluster, feeds: &[Feed]) -> BTreeMap<String, String> {
    let place = |feed: &Feed| {
        let status = cluster.status(&feed.name)?;
        let task = &status["tasks"][0];
        let worker = task["worker_id"].as_str()?.to_owned();
        (task["state"] == "RUNNING").then(|| (feed.name.clone(), worker))
    };
    feeds.iter().filter_map(place).collect()
}

/// The workers of all tasks, once all run and no worker has more than one
/// connector or task more than another: nothing is left to be moved.
fn settled(cluster: &Cluster, feeds: &[Feed]) -> BTreeMap<String, String> {
    let live: Vec<String> = cluster.live().map(RealWorker::id).collect();
    let even = |places: &[String]| {
        let counts = live
            .iter()
            .map(|worker| places.iter().filter(|place| *place == worker).count());
        let counts: Vec<usize> = counts.collect();
        counts
            .iter()
            .max()
            .zip(counts.iter().min())
            .is_some_and(|(most, least)| most - least <= 1)
    };
    wait::until("all tasks run and the work is shared out evenly", || {
        let tasks = places(cluster, feeds);
        let connectors = feeds.iter().filter_map(|feed| {
            let worker = &cluster.status(&feed.name)?["connector"]["worker_id"];
            worker.as_str().map(str::to_owned)
        });
        let connectors: Vec<String> = connectors.collect();
        let of_tasks: Vec<String> = tasks.values().cloned().collect();
        let all = [&connectors, &of_tasks]
            .iter()
            .all(|some| some.len() == feeds.len());
        (all && even(&connectors) && even(&of_tasks)).then_some(tasks)
    })
}

/// A worker that has gone, and what became of its connectors.
struct Ended {
    how: &'static str,
    /// The connectors that it had, and how many connections each had had.
    moved: BTreeMap<String, usize>,
    /// From its end, or its being asked for it, until the others shared their
    /// work out.
    missed_after: Duration,
    /// From then on until all tasks ran.
    running_after: Duration,
    /// Connections of the other connectors that were made anew meanwhile.
    disturbed: usize,
    /// What the worker's log says from its end on.
    log: String,
}

/// Ends the worker that has most of the tasks, and waits until all run again
/// on those that are left.
fn take_over(
    cluster: &mut Cluster,
    feeds: &[Feed],
    how: &'static str,
    end: fn(&mut Cluster, &str),
) -> Ended {
    let before = settled(cluster, feeds);
    let tasks = |worker: &&String| before.values().filter(|place| place == worker).count();
    let victim = before.values().max_by_key(tasks).expect("a worker").clone();
    let subscriptions: Vec<usize> = feeds.iter().map(Feed::subscriptions).collect();
    let has_moved = |feed: &Feed| before[&feed.name] == victim;

    // Tasks that were given away at the start have had their last lines.
    let log = cluster.log(&victim).len();
    let rebalances = cluster.rebalances();
    let started = Instant::now();
    end(cluster, &victim);
    wait::until_true("the others miss it", || {
        let now = cluster.rebalances();
        now.iter()
            .any(|(worker, count)| *count > rebalances[worker])
    });
    let missed_after = started.elapsed();
    let missed = Instant::now();
    let live: BTreeSet<String> = cluster.live().map(RealWorker::id).collect();
    wait::until_true("all tasks run on the others", || {
        let places = places(cluster, feeds);
        places.len() == feeds.len() && places.values().all(|worker| live.contains(worker))
    });
    let running_after = missed.elapsed();
    cluster.wait_for_end(&victim);
    let log = cluster.log(&victim).split_off(log);
    let mut moved = BTreeMap::new();
    let mut disturbed = 0;
    for (feed, before) in feeds.iter().zip(subscriptions) {
        if has_moved(feed) {
            feed.server.wait_for("subscription", before + 1);
            moved.insert(feed.name.clone(), before);
        } else {
            disturbed += feed.subscriptions() - before;
        }
    }
    Ended {
        how,
        moved,
        missed_after,
        running_after,
        disturbed,
        log,
    }
}

impl Ended {
    /// Once a worker is missed, its tasks rest no longer than the settings say.
    fn assert_soon(&self) {
        let limit = Cluster::REBALANCE_DELAY + STARTING;
        assert!(
            self.running_after <= limit,
            "{}: all tasks RUNNING {:?} after the worker was missed, which is more than {limit:?}",
            self.how,
            self.running_after
        );
    }

    /// Nothing was said of what was left: nobody was there to say it.
    fn assert_silent(&self) {
        assert!(!self.log.contains("Stopped - "), "{}", self.log);
    }

    /// The worker's log has one last line for each connector that it ran, and
    /// these say to the message what Kafka has and what it lacks of what was
    /// received.
    fn assert_accounted(&self, feeds: &[Feed], records: &[u64]) {
        let last_lines = self.log.matches("Stopped - ").count();
        assert_eq!(last_lines, self.moved.len(), "{}", self.log);
        for (feed, connection) in self.last_connections(feeds, records) {
            let line = LastLine::of(&self.log, &feed.name);
            line.assert_true(&feed.name, connection.read.len() as u64);
            let sent = connection.sent.end - connection.sent.start;
            assert!(
                line.received <= sent,
                "{}: {line:?}, {sent} sent",
                feed.name
            );
        }
    }

    /// The feeds that the worker read, and the last connection that it had to
    /// each; a task connects but once unless the server closes, which these
    /// do not.
    fn last_connections<'a>(
        &self,
        feeds: &'a [Feed],
        records: &[u64],
    ) -> Vec<(&'a Feed, Connection)> {
        let moved = |feed: &'a Feed| {
            let before = self.moved.get(&feed.name)?;
            Some((feed, feed.connections(records).swap_remove(before - 1)))
        };
        feeds.iter().filter_map(moved).collect()
    }

    /// The sum of what the connectors' last lines say.
    fn said_lost(&self) -> u64 {
        let lines = |name: &String| lines_of(&self.log, name, "Stopped - ");
        let lines = self.moved.keys().flat_map(lines);
        lines.map(|line| LastLine::parse(&line).lost).sum()
    }

    fn figures(&self, feeds: &[Feed], records: &[u64]) -> String {
        let (mut received, mut unheard) = (Vec::new(), Vec::new());
        for feed in feeds {
            let Some(before) = self.moved.get(&feed.name) else {
                continue;
            };
            let connections = feed.connections(records);
            let (old, new) = (&connections[before - 1], &connections[*before]);
            received.push(old.sent.end - old.sent.start - old.read.len() as u64);
            unheard.push(new.sent.start - old.sent.end);
        }
        let sum = |all: &[u64]| all.iter().sum::<u64>();
        let most = |all: &[u64]| all.iter().max().copied().unwrap_or_default();
        format!(
            "  {}: {} connectors moved; missed after {:.1} s (session.timeout.ms is {:.1} s), all tasks RUNNING {:.1} s later \
             ({:.1} s by scheduled.rebalance.max.delay.ms, and at most {:.1} s for starting), {} connections of others made anew; \
             lost of what was sent to the old connections {} (at most {} of one; {} by its log), \
             while nobody listened {} (at most {} of one, {:.1} s)",
            self.how,
            self.moved.len(),
            self.missed_after.as_secs_f64(),
            Cluster::SESSION_TIMEOUT.as_secs_f64(),
            self.running_after.as_secs_f64(),
            Cluster::REBALANCE_DELAY.as_secs_f64(),
            STARTING.as_secs_f64(),
            self.disturbed,
            sum(&received),
            most(&received),
            self.said_lost(),
            sum(&unheard),
            most(&unheard),
            most(&unheard) as f64 / RATE as f64,
        )
    }
}
