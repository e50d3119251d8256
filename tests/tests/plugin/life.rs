//! Connect's ways to stop and to go on, and that they cost no other connector anything.

use end_to_end::connect::Api;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{assert_complete, assert_increasing, numbers};
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;

use crate::shared::standalone;

against_each_kafka!(
    what_arrives_during_a_pause_is_delivered_after_the_resume,
    a_restart_with_the_tasks_makes_a_new_connection_and_goes_on,
    a_connector_that_is_made_again_goes_on_with_its_sequence,
    a_connector_that_is_changed_does_not_disturb_another,
);

fn what_arrives_during_a_pause_is_delivered_after_the_resume(version: Version) {
    const NAME: &str = "life-pause";
    let worker = standalone(version);
    let server = Script::new(Library::Npm).count(100).rate(20).start();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, 5);

    // The rest comes when the task is paused, however slow the machine is.
    server.signal("STOP");
    worker.expect(202, "PUT", "/connectors/life-pause/pause", None);
    worker.wait_for_status(NAME, "paused", &|status| {
        status["connector"]["state"] == "PAUSED" && status["tasks"][0]["state"] == "PAUSED"
    });
    server.signal("CONT");
    server.wait_for("sent", 1);
    let delivered = worker.sequence(NAME);
    assert!(delivered < 100, "{delivered} were delivered");

    worker.expect(202, "PUT", "/connectors/life-pause/resume", None);
    worker.wait_for_task(NAME, "RUNNING");
    worker.wait_for_sequence(NAME, 100);
    assert_complete(&Kafka::shared(version).read_all(NAME), 0..100);
    assert_eq!(server.events("attempt").len(), 1);
    worker.delete(NAME);
    server.wait_for("closed", 1);
}

fn a_restart_with_the_tasks_makes_a_new_connection_and_goes_on(version: Version) {
    const NAME: &str = "life-restart";
    let worker = standalone(version);
    let server = Script::new(Library::Python).endless().rate(50).start();
    worker.create(&Connector::new(NAME, &server, NAME));
    let before = worker.wait_for_sequence(NAME, 20);

    // Only the connector, which has nothing to do again.
    worker.expect(204, "POST", "/connectors/life-restart/restart", None);
    let more = worker.wait_for_sequence(NAME, before + 20);
    assert_eq!(server.events("attempt").len(), 1);

    let restart = "/connectors/life-restart/restart?includeTasks=true";
    worker.expect(202, "POST", restart, None);
    server.wait_for("subscription", 2);
    server.wait_for("closed", 1);
    worker.wait_for_task(NAME, "RUNNING");
    worker.wait_for_sequence(NAME, more + 100);
    worker.delete(NAME);
    server.wait_for("closed", 2);
    assert_eq!(server.events("attempt").len(), 2);
    assert_increasing(&Kafka::shared(version).read_all(NAME));
}

fn a_connector_that_is_made_again_goes_on_with_its_sequence(version: Version) {
    const NAME: &str = "life-again";
    let worker = standalone(version);
    let mut server = Script::new(Library::Npm).count(10).start();
    let connector = Connector::new(NAME, &server, NAME);
    worker.create(&connector);
    worker.wait_for_sequence(NAME, 10);
    let first = worker.offset(NAME);
    worker.delete(NAME);
    server.wait_for("closed", 1);

    server.restart_at(10, 90);
    worker.create(&connector);
    worker.wait_for_sequence(NAME, 100);
    let second = worker.offset(NAME);
    assert_eq!(second["sequence"], 100);
    assert_ne!(second["session_id"], first["session_id"]);
    assert_complete(&Kafka::shared(version).read_all(NAME), 0..100);
    worker.delete(NAME);
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
