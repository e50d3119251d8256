//! A spool is one connector's: another is refused it before it waits in vain.

use std::path::Path;

use end_to_end::connect::{Api, Builder, Cluster, RealWorker};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;

use super::stage::{spooling_as, text};
use crate::shared::{standalone, with_commits};

const MESSAGES: u64 = 100;

fn server() -> Server {
    Script::new(Library::Npm).count(MESSAGES).start()
}

fn connector(name: &str, server: &Server, dir: &Path) -> Connector {
    spooling_as(name, server, name, text(dir))
}

fn assert_refused(worker: &RealWorker, connector: &Connector, owner: &str) {
    let path = format!("/connectors/{}/config", connector.name());
    let answer = worker.expect(400, "PUT", &path, Some(&connector.config()));
    let message = answer.json()["message"].to_string();
    let told = format!("websocket.spool.dir: the connector {owner} has this folder");
    assert!(message.contains(&told), "{message}");
}

#[test]
fn a_connector_is_refused_the_spool_of_another_of_its_worker_or_its_machine() {
    let (first, second) = ("neighbours-first", "neighbours-second");
    let kafka = Kafka::shared(Version::V3_9);
    let builder = with_commits(Builder::distributed(kafka, "neighbours"));
    let cluster = Cluster::start(1, &builder);
    let worker = cluster.live().next().expect("a worker");
    let (elsewhere, server) = (standalone(Version::V3_9), server());
    let folder = tempfile::tempdir().expect("a folder");
    worker.put(201, &connector(first, &server, folder.path()));
    worker.wait_for_sequence(first, MESSAGES);
    // By another name as well.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
    for worker in [worker, elsewhere] {
        assert_refused(worker, &connector(second, &server, &link), first);
        assert!(worker.status(second).is_none());
    }
    worker.put(200, &connector(first, &server, folder.path()));
    worker.wait_for_task(first, "RUNNING");

    // Connect answers before it has ended.
    worker.expect(204, "DELETE", &format!("/connectors/{first}"), None);
    worker.put(201, &connector(second, &server, folder.path()));
    worker.wait_for_task(second, "RUNNING");
    worker.delete(second);
    assert_complete(&kafka.read_all(first), 0..MESSAGES);
}

#[test]
fn a_connector_that_comes_back_fails_by_the_name_of_the_one_that_has_its_spool_since() {
    let (first, second) = ("neighbours-away", "neighbours-since");
    let (worker, server) = (standalone(Version::V4_1), server());
    let folder = tempfile::tempdir().expect("a folder");
    worker.put(201, &connector(first, &server, folder.path()));
    worker.wait_for_sequence(first, MESSAGES);
    worker.expect(204, "PUT", &format!("/connectors/{first}/stop"), None);
    worker.wait_for_status(first, "stopped", &|status| {
        status["connector"]["state"] == "STOPPED" && status["tasks"] == serde_json::json!([])
    });
    worker.put(201, &connector(second, &server, folder.path()));
    worker.wait_for_task(second, "RUNNING");

    worker.expect(202, "PUT", &format!("/connectors/{first}/resume"), None);
    let trace = worker.trace(first);
    let told = format!("is in use by another task, of the connector {second}");
    assert!(trace.contains(&told), "{trace}");
    worker.wait_for_task(second, "RUNNING");
    worker.delete(first);
    worker.delete(second);
}
