//! Distributed workers that share their work.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::api::Api;
use super::builder::{Builder, REBALANCE_DELAY_MS, SESSION_TIMEOUT_MS};
use super::worker::RealWorker;
use crate::rest::{self, Answer};
use crate::wait;

/// Distributed workers of one group; all end with this value.
#[derive(Debug)]
pub struct Cluster {
    /// Those that were ended stay for their logs.
    members: Vec<(RealWorker, bool)>,
    next: AtomicUsize,
}

impl Cluster {
    /// How long the work of a worker that is missed rests, by the workers'
    /// settings.
    pub const REBALANCE_DELAY: Duration = Duration::from_millis(REBALANCE_DELAY_MS);

    /// How long after its last sign of life a worker that was killed is missed.
    pub const SESSION_TIMEOUT: Duration = Duration::from_millis(SESSION_TIMEOUT_MS);

    /// Starts so many workers and waits until all answer.
    pub fn start(workers: usize, builder: &Builder) -> Self {
        let mut started: Vec<_> = (0..workers).map(|_| builder.spawn()).collect();
        for worker in &mut started {
            worker.wait_for_rest();
        }
        Self {
            members: started.into_iter().map(|worker| (worker, true)).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Starts one worker more and waits until it answers; its id.
    pub fn add(&mut self, builder: &Builder) -> String {
        let worker = builder.start();
        let id = worker.id();
        self.members.push((worker, true));
        id
    }

    /// The workers that live.
    pub fn live(&self) -> impl Iterator<Item = &RealWorker> {
        let live = self.members.iter().filter(|(_, live)| *live);
        live.map(|(worker, _)| worker)
    }

    /// Ends a worker as a crash would, by its id.
    pub fn kill(&mut self, id: &str) {
        self.member(id).kill();
    }

    /// Asks a worker, by its id, to end in order.
    pub fn ask_to_end(&mut self, id: &str) {
        self.member(id).process().signal("TERM");
    }

    /// Ends a worker in order, by its id, and waits for its end.
    pub fn terminate(&mut self, id: &str) {
        self.member(id).end();
    }

    /// Waits until the process of a worker has ended, by its id.
    pub fn wait_for_end(&mut self, id: &str) {
        let mut workers = self.members.iter_mut().map(|(worker, _)| worker);
        let found = workers.find(|worker| worker.id() == id);
        let worker = found.unwrap_or_else(|| panic!("no worker {id}"));
        wait::until_true(&format!("the end of {id}"), || worker.has_ended());
    }

    /// How often workers have begun to share their work out, by their ids; of
    /// those that live.
    pub fn rebalances(&self) -> BTreeMap<String, usize> {
        let begun = |worker: &RealWorker| worker.log().matches("Rebalance started").count();
        let live = self.live().map(|worker| (worker.id(), begun(worker)));
        live.collect()
    }

    /// The log of a worker, also of one that has ended, by its id.
    pub fn log(&self, id: &str) -> String {
        let mut workers = self.members.iter().map(|(worker, _)| worker);
        let found = workers.find(|worker| worker.id() == id);
        found.unwrap_or_else(|| panic!("no worker {id}")).log()
    }

    /// A live worker, which is none from now on.
    fn member(&mut self, id: &str) -> &mut RealWorker {
        let mut live = self.members.iter_mut().filter(|(_, live)| *live);
        let found = live.find(|(worker, _)| worker.id() == id);
        let (worker, live) = found.unwrap_or_else(|| panic!("no live worker {id}"));
        *live = false;
        worker
    }

    /// One request to one of the live workers, in turn.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let live: Vec<&RealWorker> = self.live().collect();
        let worker = live[self.next.fetch_add(1, Ordering::Relaxed) % live.len()];
        rest::request(worker.port(), method, path, body)
    }
}

impl Api for Cluster {
    /// Asks any live worker, and again as long as the cluster is about to
    /// share its work out.
    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut seen = None;
        let found = wait::try_until(&format!("{method} {path}"), wait::LIMIT, || {
            let answer = self.ask(method, path, body);
            let settled = matches!(&answer, Ok(answer) if !is_transient(answer));
            seen = Some(answer);
            settled.then_some(())
        });
        match (found, seen) {
            (Ok(()), Some(Ok(answer))) => answer,
            (_, seen) => panic!("{method} {path} has no lasting answer: {seen:?}"),
        }
    }
}

/// Whether a client is to try again, as Connect's documentation says: a
/// conflict that is none of names, and a rebalance that is about to come.
fn is_transient(answer: &Answer) -> bool {
    match answer.status {
        409 => !answer.body.contains("already exists"),
        500 => answer.body.contains("rebalance is expected"),
        _ => false,
    }
}
