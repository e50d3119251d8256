//! A worker lives for months: a connector that is gone has left nothing.

use end_to_end::connect::{Api, Builder, RealWorker, is_library};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{assert_increasing, numbers};
use end_to_end::server::{Library, Script};
use end_to_end::wait;
use end_to_end::worker::Connector;

use crate::shared::with_commits;

const CYCLES: usize = 50;

/// After so many, all that is made once has been made.
const WARM: usize = 2;

const NAME: &str = "leftovers";

against_each_kafka!(connectors_that_come_and_go_leave_nothing_behind);

/// How much of a worker there is.
#[derive(Debug)]
struct Held {
    /// The plugin's threads, Java's and native ones.
    threads: usize,
    descriptors: usize,
    /// Of the native library.
    mappings: usize,
    /// The extracted native library, in `java.io.tmpdir`.
    files: usize,
}

impl Held {
    fn by(worker: &RealWorker) -> Self {
        let process = worker.process();
        let count = |names: Vec<String>, is: &dyn Fn(&str) -> bool| {
            names.iter().filter(|name| is(name)).count()
        };
        Self {
            threads: count(process.threads(), &|name| name.starts_with("websocket-")),
            descriptors: process.descriptors().len(),
            mappings: count(process.mappings(), &is_library),
            files: count(worker.temporary_files(), &is_library),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        self.threads <= other.threads
            && self.descriptors <= other.descriptors
            && self.mappings <= other.mappings
            && self.files <= other.files
    }
}

fn connectors_that_come_and_go_leave_nothing_behind(version: Version) {
    let kafka = Kafka::shared(version);
    let worker = with_commits(Builder::standalone(kafka)).start();
    let server = Script::new(Library::Npm).endless().rate(100).start();
    let connector = Connector::new(NAME, &server, NAME);
    let mut warm = None;
    let mut sequence = 0;
    for cycle in 1..=CYCLES {
        worker.create(&connector);
        // It is the last one's, and goes on.
        sequence = worker.wait_for_sequence(NAME, sequence + 5);
        let running = Held::by(&worker);
        assert!(running.threads > 0 && running.mappings > 0, "{running:?}");
        worker.delete(NAME);
        server.wait_for("closed", cycle);
        if cycle == WARM {
            warm = Some(Held::by(&worker));
        }
    }
    let warm = warm.expect("as many cycles");
    // What is closed is closed by threads of their own.
    let mut held = Held::by(&worker);
    let found = wait::try_until("no more than before", wait::LIMIT, || {
        held = Held::by(&worker);
        held.is_within(&warm).then_some(())
    });
    println!("{version:?}: after {WARM} connectors {warm:?}, after {CYCLES} {held:?}");
    found.unwrap_or_else(|error| {
        let names = worker.process().descriptors();
        panic!("{error}: {warm:?} was {held:?}; descriptors: {names:?}")
    });
    let records = kafka.read_all(NAME);
    assert_increasing(&records);
    assert!(numbers(&records).len() >= 5 * CYCLES);
}
