//! What tests ask of Kafka Connect over REST, whether it is one worker or a
//! cluster.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::Answer;
use crate::wait;
use crate::worker::Connector;

/// A worker or a cluster that answers requests.
pub trait Api {
    /// One request; what is to be tried again, an implementation has tried.
    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Answer;

    /// A request that must have this status; its answer.
    fn expect(&self, status: u16, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.request(method, path, body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer
    }

    /// A GET that must succeed.
    fn get(&self, path: &str) -> Value {
        self.expect(200, "GET", path, None).json()
    }

    /// Creates a connector, which must not be there, and waits until its task
    /// runs.
    fn create(&self, connector: &Connector) {
        self.put(201, connector);
        self.wait_for_task(connector.name(), "RUNNING");
    }

    /// Puts a connector's configuration, which must have this status.
    fn put(&self, status: u16, connector: &Connector) {
        let path = format!("/connectors/{}/config", connector.name());
        self.expect(status, "PUT", &path, Some(&connector.config()));
    }

    /// Deletes a connector and waits until it is gone.
    fn delete(&self, name: &str) {
        self.expect(204, "DELETE", &format!("/connectors/{name}"), None);
        wait::until_true(&format!("{name} is gone"), || self.status(name).is_none());
    }

    /// A connector's status, if it has one.
    fn status(&self, name: &str) -> Option<Value> {
        let answer = self.request("GET", &format!("/connectors/{name}/status"), None);
        (answer.status == 200).then(|| answer.json())
    }

    /// Waits until a connector's status is as wanted, at most for `limit`, and
    /// gives it.
    fn wait_for_status_within(
        &self,
        limit: Duration,
        name: &str,
        what: &str,
        wanted: &dyn Fn(&Value) -> bool,
    ) -> Value {
        let mut seen = None;
        let found = wait::try_until(&format!("{name} is {what}"), limit, || {
            seen = self.status(name);
            seen.clone().filter(wanted)
        });
        found.unwrap_or_else(|error| panic!("{error}; its status is {seen:?}"))
    }

    /// Waits until a connector's status is as wanted, and gives it.
    fn wait_for_status(&self, name: &str, what: &str, wanted: &dyn Fn(&Value) -> bool) -> Value {
        self.wait_for_status_within(wait::LIMIT, name, what, wanted)
    }

    /// Waits until a connector's task is in a state, and gives the connector's
    /// status.
    fn wait_for_task(&self, name: &str, state: &str) -> Value {
        let what = format!("with a {state} task");
        self.wait_for_status(name, &what, &|status| status["tasks"][0]["state"] == state)
    }

    /// The trace of a connector's task, which waits to have failed.
    fn trace(&self, name: &str) -> String {
        let status = self.wait_for_task(name, "FAILED");
        let trace = status["tasks"][0]["trace"].as_str();
        trace.expect("a failed task has a trace").to_owned()
    }

    /// The worker that a connector's task is on, as [`RealWorker::id`] has it.
    ///
    /// [`RealWorker::id`]: super::RealWorker::id
    fn worker_of(&self, name: &str) -> Option<String> {
        let status = self.status(name)?;
        status["tasks"][0]["worker_id"].as_str().map(str::to_owned)
    }

    /// The stored offset of a connector with one partition; null if there is
    /// none. Kafka has acknowledged all up to it.
    fn offset(&self, name: &str) -> Value {
        let offsets = self.get(&format!("/connectors/{name}/offsets"));
        offsets["offsets"][0]["offset"].clone()
    }

    /// The sequence of the stored offset; 0 if there is none.
    fn sequence(&self, name: &str) -> u64 {
        self.offset(name)["sequence"].as_u64().unwrap_or(0)
    }

    /// Waits until the stored offset's sequence is `least` or more; gives it.
    fn wait_for_sequence(&self, name: &str, least: u64) -> u64 {
        let mut seen = 0;
        let found = wait::try_until(&format!("offset {least} of {name}"), wait::LIMIT, || {
            seen = self.sequence(name);
            (seen >= least).then_some(seen)
        });
        found.unwrap_or_else(|error| {
            let status = self.status(name);
            panic!("{error}; it is {seen}, and the status {status:?}")
        })
    }

    /// The entries of `GET /connector-plugins` with a class of this name.
    fn plugins(&self, class: &str) -> Value {
        let plugins = self.get("/connector-plugins");
        let plugins = plugins.as_array().expect("an array").iter();
        json!(
            plugins
                .filter(|plugin| plugin["class"] == class)
                .collect::<Vec<_>>()
        )
    }
}
