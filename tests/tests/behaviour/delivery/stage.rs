//! What every scenario has: a live feed, a worker with a spool, and the
//! account of all of the worker's runs.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::guarantee::Guarantee;
use end_to_end::kafka::Kafka;
use end_to_end::ledger::{Ledger, Readings, Watch};
use end_to_end::sequence::{numbers, passes};
use end_to_end::server::{Library, Script, Server};
use end_to_end::spooled::Spooled;
use end_to_end::wait;
use end_to_end::worker::{Builder, Connector, Worker};
use tempfile::TempDir;

/// How large a scenario is, and what it is to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Messages in all, at the least.
    pub(super) messages: u64,
    /// Messages a second.
    pub(super) rate: u64,
    /// How long Kafka cannot be reached, by the feed's clock.
    pub(super) down_s: u64,
    /// How often something ends.
    pub(super) ends: u64,
    /// What anything may take.
    pub(super) limit: Duration,
    /// What the worker is asked for.
    pub(super) guarantee: Guarantee,
}

/// What a scenario has come to.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) messages: u64,
    pub(super) repeats: u64,
    seconds: f64,
}

impl Figures {
    pub(super) fn new(messages: u64, repeats: u64, begun: Instant) -> Self {
        Self {
            messages,
            repeats,
            seconds: begun.elapsed().as_secs_f64(),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            messages,
            repeats,
            seconds,
        } = self;
        write!(f, "{messages} messages, {repeats} repeats, {seconds:.0} s")
    }
}

/// The connector's name.
pub(super) const NAME: &str = "numbers";

/// A memory far smaller than what comes in.
pub(super) const SMALL_MEMORY: [(&str, &str); 2] = [
    ("websocket.message.queue.size", "100"),
    ("producer.override.buffer.memory", "65536"),
];

/// Only what the memory has no room for goes to the disk.
pub(super) const OVERFLOW: (&str, &str) = ("websocket.spool.mode", "overflow");

/// Files that are begun and removed often.
pub(super) const SMALL_SEGMENTS: (&str, &str) = ("websocket.spool.segment.bytes", "262144");

/// A connector that keeps what it has received in `dir`.
pub(super) fn spooling(name: &str, server: &Server, topic: &str, dir: &Path) -> Connector {
    Connector::new(name, server, topic)
        .set("websocket.buffer.overflow", "block")
        .set("websocket.spool.mode", "durable")
        .set("websocket.spool.dir", dir.to_str().expect("UTF-8"))
        .set(SMALL_SEGMENTS.0, SMALL_SEGMENTS.1)
}

/// Over all runs of the worker.
#[derive(Debug, Default)]
struct Account {
    received: u64,
    acknowledged: u64,
    /// Messages that the spool has lost.
    lost: u64,
    crashes: u64,
    /// What must be in the topic at the end.
    owed: BTreeSet<u64>,
    /// What the next run has to begin with, if that is known.
    left: Option<u64>,
}

impl Account {
    fn add(&mut self, run: &Ledger) {
        if let Some(left) = self.left.take().filter(|_| run.inputs() > 0) {
            assert_eq!(run.replayed, left, "what the run before has left: {run:?}");
        }
        self.received += run.received;
        self.acknowledged += run.acknowledged;
        self.lost += run.dropped("spool");
    }
}

/// See the module's documentation.
pub(super) struct Stage<'a> {
    kafka: &'a Kafka,
    topic: String,
    size: Size,
    /// Everything has been in the spool.
    durable: bool,
    pub(super) server: Server,
    spool: TempDir,
    worker: Option<Worker>,
    watch: Option<Watch>,
    account: Account,
    begun: Instant,
}

impl<'a> Stage<'a> {
    /// A feed into a topic of its own.
    pub(super) fn start(
        kafka: &'a Kafka,
        topic: &str,
        size: &Size,
        settings: &[(&str, &str)],
    ) -> Self {
        Self::start_with(kafka, topic, size, settings, Worker::builder(kafka))
    }

    /// The same with a worker of any form.
    pub(super) fn start_with(
        kafka: &'a Kafka,
        topic: &str,
        size: &Size,
        settings: &[(&str, &str)],
        worker: Builder,
    ) -> Self {
        let begun = Instant::now();
        let feed = Script::new(Library::Python).live(size.rate);
        let server = feed.padding_bytes(200).start();
        let spool = tempfile::tempdir().expect("a folder");
        let mut connector = spooling(NAME, &server, topic, spool.path());
        for (key, value) in settings {
            connector = connector.set(key, value);
        }
        let worker = worker.connector(size.guarantee.of(connector)).start();
        Self {
            kafka,
            topic: topic.to_owned(),
            size: *size,
            durable: !settings.contains(&OVERFLOW),
            server,
            spool,
            watch: Some(Watch::begin(worker.port(), NAME)),
            worker: Some(worker),
            account: Account::default(),
            begun,
        }
    }

    pub(super) fn worker(&self) -> &Worker {
        self.worker.as_ref().expect("a worker")
    }

    /// The spool's folder.
    pub(super) fn dir(&self) -> &Path {
        self.spool.path()
    }

    pub(super) fn wait_until(&self, what: &str, condition: impl FnMut() -> bool) {
        let mut condition = condition;
        let held = wait::try_until(what, self.size.limit, || condition().then_some(()));
        held.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until the account is as wanted.
    pub(super) fn wait_for(&self, what: &str, wanted: impl Fn(&Ledger) -> bool) -> Ledger {
        let port = self.worker().port();
        let mut seen = None;
        let found = wait::try_until(what, self.size.limit, || {
            seen = Ledger::of(port, NAME);
            let ledger = seen.clone()?.unwrap_or_else(|error| panic!("{error}"));
            wanted(&ledger).then_some(ledger)
        });
        found.unwrap_or_else(|error| panic!("{error}; at last {seen:?}"))
    }

    /// Waits until the present run has received so many messages.
    pub(super) fn wait_for_received(&self, messages: u64) -> Ledger {
        self.wait_for(&format!("{messages} received"), |ledger| {
            ledger.received >= messages
        })
    }

    /// Waits until so many more have come than now, which takes the feed a
    /// known time.
    pub(super) fn wait_for_more(&self, messages: u64) -> Ledger {
        let now = self.wait_for("an account", |_| true);
        self.wait_for_received(now.received + messages)
    }

    /// Waits until Kafka has so many of the present run.
    pub(super) fn wait_for_acknowledged(&self, records: u64) {
        let what = format!("{records} acknowledged");
        self.wait_for(&what, |ledger| ledger.acknowledged >= records);
    }

    /// Keeps what comes from Kafka, and waits until nothing is on its way
    /// there.
    pub(super) fn pause(&self) {
        self.worker()
            .expect(202, "PUT", "/connectors/numbers/pause");
        self.worker()
            .wait_for_session(NAME, "a pause", |session| session["paused"] == true);
        self.wait_for("nothing on its way", |ledger| ledger.in_flight == 0);
    }

    pub(super) fn resume(&self) {
        self.worker()
            .expect(202, "PUT", "/connectors/numbers/resume");
    }

    /// Ends the worker as a crash would; what its spool has then.
    pub(super) fn crash(&mut self) -> Spooled {
        self.worker.as_mut().expect("a worker").kill();
        let run = self.end_watch();
        let spooled = Spooled::read(self.spool.path());
        if run.count > 0 {
            self.account.add(&run.last);
        }
        self.account.crashes += 1;
        self.account.owed.extend(&spooled.undelivered);
        self.account.left = Some(spooled.inspection.undelivered);
        spooled
    }

    /// Ends the worker in order; its last account.
    pub(super) fn terminate(&mut self) -> Ledger {
        let worker = self.worker.as_mut().expect("a worker");
        assert_eq!(worker.terminate(), 143);
        assert!(self.end_watch().count > 0, "the account was never read");
        let ledger = Ledger::at_the_end(self.worker(), NAME);
        assert_eq!(ledger.in_flight, 0, "{ledger:?}");
        self.account.add(&ledger);
        let spooled = Spooled::read(self.spool.path());
        assert_eq!(spooled.inspection.undelivered, ledger.spooled);
        assert_eq!(spooled.inspection.damage, []);
        self.account.left = Some(ledger.spooled);
        self.account.owed.extend(&spooled.undelivered);
        ledger
    }

    fn end_watch(&mut self) -> Readings {
        self.watch.take().expect("a watch").end()
    }

    /// The test has damaged the spool, which has so many undelivered records
    /// now besides those that it knows to be missing; what is lost by it.
    pub(super) fn damaged(&mut self, now: &Spooled) -> BTreeSet<u64> {
        let before = std::mem::take(&mut self.account.owed);
        self.account.left = Some(now.inspection.undelivered + now.missing());
        self.account.owed.clone_from(&now.undelivered);
        before.difference(&now.undelivered).copied().collect()
    }

    pub(super) fn start_again(&mut self) {
        self.spawn_again();
        let port = self.worker().port();
        self.wait_until("an account", || Ledger::of(port, NAME).is_some());
    }

    /// Starts the worker again and does not wait for it.
    pub(super) fn spawn_again(&mut self) {
        let worker = self.worker.take().expect("a worker").spawn_again();
        self.watch = Some(Watch::begin(worker.port(), NAME));
        self.worker = Some(worker);
    }

    /// Messages of all runs so far.
    pub(super) fn received(&self) -> u64 {
        let now = self.wait_for("an account", |_| true);
        self.account.received + now.received
    }

    /// Waits for the rest of the messages, ends all, and compares.
    pub(super) fn finish(self) -> Figures {
        self.finish_without(&BTreeSet::new())
    }

    /// The same where these numbers are lost.
    pub(super) fn finish_without(mut self, lost: &BTreeSet<u64>) -> Figures {
        let size = self.size;
        self.wait_until("all messages", || self.received() >= size.messages);
        self.server.kill();
        // What the system still has of the connection comes before its end.
        self.worker()
            .wait_for_session(NAME, "the feed's end", |session| {
                session["session"] != "live"
            });
        self.wait_for("all is delivered", |ledger| ledger.waiting() == 0);
        let ended = self.terminate();
        assert_eq!(ended.spooled, 0, "{ended:?}");
        self.compare(lost)
    }

    fn compare(&self, lost: &BTreeSet<u64>) -> Figures {
        let account = &self.account;
        let records = self.size.guarantee.read(self.kafka, &self.topic);
        let starts = self.server.events("subscription");
        let starts = starts
            .iter()
            .map(|event| event["sequence"].as_u64().expect("a number"));
        let found = passes(&numbers(&records), &starts.collect(), lost);
        let messages = found.distinct.len() as u64;

        let missing: Vec<_> = account.owed.difference(&found.distinct).collect();
        assert!(
            missing.is_empty(),
            "were in the spool, are not in the topic: {missing:?}"
        );
        let repeats_crashes = self.size.guarantee.repeats_after_a_crash();
        let crashes = if repeats_crashes { account.crashes } else { 0 };
        assert!(
            found.returns <= crashes,
            "{} returns, {account:?}",
            found.returns
        );
        if account.crashes == 0 {
            assert_eq!(account.acknowledged, records.len() as u64);
            assert_eq!(account.received, messages);
        } else {
            // The last moments before a crash are in no reading.
            assert!(account.acknowledged <= records.len() as u64, "{account:?}");
            let received = messages + lost.len() as u64;
            assert!(account.received <= received, "{account:?}");
        }
        let spool = Spooled::read(self.spool.path()).inspection;
        assert_eq!(spool.undelivered, 0, "{spool:?}");
        if self.durable {
            assert_eq!(spool.acknowledged, messages + account.lost, "{account:?}");
        }
        Figures::new(messages, found.repeats, self.begun)
    }
}
