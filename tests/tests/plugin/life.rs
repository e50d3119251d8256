//! Connect's ways to stop and to go on, and that they cost no other connector anything.

use end_to_end::connect::{Api, Builder, Cluster};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{assert_complete, assert_increasing, numbers};
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;

use crate::shared::{standalone, with_commits};

against_each_kafka!(
    what_arrives_during_a_pause_is_delivered_after_the_resume,
    a_restart_with_the_tasks_makes_a_new_connection_and_goes_on,
    a_connector_that_is_made_again_goes_on_with_its_sequence,
    a_connector_that_is_changed_does_not_disturb_another,
    a_cluster_of_two_pauses_resumes_restarts_and_makes_again,
);

/// What a standalone worker does with a connector, a cluster does as well,
/// whichever of its workers is asked.
fn a_cluster_of_two_pauses_resumes_restarts_and_makes_again(version: Version) {
    let kafka = Kafka::shared(version);
    let cluster = Cluster::start(2, &with_commits(Builder::distributed(kafka, "life")));
    pause(&cluster, version, "life-pause-cluster");
    restart(&cluster, version, "life-restart-cluster");
    make_again(&cluster, version, "life-again-cluster");
}

fn what_arrives_during_a_pause_is_delivered_after_the_resume(version: Version) {
    pause(standalone(version), version, "life-pause");
}

fn pause(worker: &impl Api, version: Version, name: &str) {
    let server = Script::new(Library::Npm).count(100).rate(20).start();
    worker.create(&Connector::new(name, &server, name));
    worker.wait_for_sequence(name, 5);

    // The rest comes when the task is paused, however slow the machine is.
    server.signal("STOP");
    worker.expect(202, "PUT", &format!("/connectors/{name}/pause"), None);
    worker.wait_for_status(name, "paused", &|status| {
        status["connector"]["state"] == "PAUSED" && status["tasks"][0]["state"] == "PAUSED"
    });
    server.signal("CONT");
    server.wait_for("sent", 1);
    let delivered = worker.sequence(name);
    assert!(delivered < 100, "{delivered} were delivered");

    worker.expect(202, "PUT", &format!("/connectors/{name}/resume"), None);
    worker.wait_for_task(name, "RUNNING");
    worker.wait_for_sequence(name, 100);
    assert_complete(&Kafka::shared(version).read_all(name), 0..100);
    assert_eq!(server.events("attempt").len(), 1);
    worker.delete(name);
    server.wait_for("closed", 1);
}

fn a_restart_with_the_tasks_makes_a_new_connection_and_goes_on(version: Version) {
    restart(standalone(version), version, "life-restart");
}

fn restart(worker: &impl Api, version: Version, name: &str) {
    let server = Script::new(Library::Python).endless().rate(50).start();
    worker.create(&Connector::new(name, &server, name));
    let before = worker.wait_for_sequence(name, 20);

    // Only the connector, which has nothing to do again.
    worker.expect(204, "POST", &format!("/connectors/{name}/restart"), None);
    let more = worker.wait_for_sequence(name, before + 20);
    assert_eq!(server.events("attempt").len(), 1);

    let restart = format!("/connectors/{name}/restart?includeTasks=true");
    worker.expect(202, "POST", &restart, None);
    server.wait_for("subscription", 2);
    server.wait_for("closed", 1);
    worker.wait_for_task(name, "RUNNING");
    worker.wait_for_sequence(name, more + 100);
    worker.delete(name);
    server.wait_for("closed", 2);
    assert_eq!(server.events("attempt").len(), 2);
    assert_increasing(&Kafka::shared(version).read_all(name));
}

fn a_connector_that_is_made_again_goes_on_with_its_sequence(version: Version) {
    make_again(standalone(version), version, "life-again");
}

fn make_again(worker: &impl Api, version: Version, name: &str) {
    let mut server = Script::new(Library::Npm).count(10).start();
    let connector = Connector::new(name, &server, name);
    worker.create(&connector);
    worker.wait_for_sequence(name, 10);
    let first = worker.offset(name);
    worker.delete(name);
    server.wait_for("closed", 1);

    server.restart_at(10, 90);
    worker.create(&connector);
    worker.wait_for_sequence(name, 100);
    let second = worker.offset(name);
    assert_eq!(second["sequence"], 100);
    assert_ne!(second["session_id"], first["session_id"]);
    assert_complete(&Kafka::shared(version).read_all(name), 0..100);
    worker.delete(name);
}

fn a_connector_that_is_changed_does_not_disturb_another(version: Version) {
    const CHANGED: &str = "life-changed";
    const OTHER: &str = "life-other";
    let worker = standalone(version);
    let kafka = Kafka::shared(version);
    let server = || Script::new(Library::Npm).endless().rate(50).start();
    let servers = [server(), server()];
    let changed = Connector::new(CHANGED, &servers[0], "life-from");
    worker.create(&changed);
    worker.create(&Connector::new(OTHER, &servers[1], OTHER));
    worker.wait_for_sequence(CHANGED, 20);
    worker.wait_for_sequence(OTHER, 20);

    worker.put(200, &changed.set("kafka.topic", "life-to"));
    servers[0].wait_for("subscription", 2);
    let at = worker.sequence(CHANGED);
    worker.wait_for_sequence(CHANGED, at + 50);
    let at = worker.sequence(OTHER);
    worker.wait_for_sequence(OTHER, at + 50);
    worker.wait_for_task(CHANGED, "RUNNING");
    worker.wait_for_task(OTHER, "RUNNING");

    assert_eq!(servers[1].events("attempt").len(), 1);
    let other = kafka.read_all(OTHER);
    assert_complete(&other, 0..other.len() as u64);
    let mut records = kafka.read_all("life-from");
    let before = records.len();
    records.extend(kafka.read_all("life-to"));
    assert_increasing(&records);
    assert!(before >= 20 && numbers(&records).len() >= before + 50);
    worker.delete(CHANGED);
    worker.delete(OTHER);
}
