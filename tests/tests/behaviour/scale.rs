//! Many connectors in one worker.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker};
use serde_json::json;

const CONNECTORS: usize = 1_000;
const ACKNOWLEDGED: &str = "kafka_connect_source_task_metrics_source_record_write_total{";

/// The tasks that Kafka has acknowledged a record of.
fn delivering(worker: &Worker) -> usize {
    let text = worker.request("GET", "/metrics", None).body;
    let samples = text.lines().filter(|line| line.starts_with(ACKNOWLEDGED));
    samples.filter(|line| !line.ends_with(" 0")).count()
}

#[test]
fn a_thousand_connectors_share_the_threads_of_one() {
    let server = Script::new(Library::Npm).endless().rate(1).start();
    let kafka = Kafka::shared(Version::V3_9);
    // What the allocator keeps of freed memory, of large answers above all,
    // is no memory that connectors need.
    let worker = Worker::builder(kafka)
        .environment("MALLOC_CONF", "dirty_decay_ms:0")
        .start();
    let names: Vec<_> = (0..CONNECTORS).map(|n| format!("feed-{n}")).collect();
    let create = |name: &str| {
        // They share an admin client too.
        let config = Connector::new(name, &server, "thousand")
            .set("topic.creation.default.replication.factor", "1")
            .set("topic.creation.default.partitions", "1")
            .config();
        let path = format!("/connectors/{name}/config");
        let answer = worker.request("PUT", &path, Some(&config));
        assert_eq!(answer.status, 201, "{}", answer.body);
    };

    create(&names[0]);
    until_true("the first connector delivers", || delivering(&worker) == 1);
    let (threads, one_kib) = (
        worker.process_status("Threads"),
        worker.process_status("VmRSS"),
    );
    names[1..].iter().for_each(|name| create(name));
    until_true("all connectors deliver", || {
        delivering(&worker) == CONNECTORS
    });
    let grown_kib = worker.process_status("VmRSS").saturating_sub(one_kib);
    println!("{CONNECTORS} connectors: {threads} threads, {grown_kib} KiB more than one");
    // Names are looked up on threads that come and go: 32 of each core at most.
    until_true("the threads for lookups end", || {
        worker.process_status("Threads") < threads + 8
    });
    assert!(
        grown_kib < 64 * CONNECTORS as u64,
        "{grown_kib} KiB for {CONNECTORS} connectors"
    );

    let listed = worker.get("/connectors?expand=status&expand=info");
    let listed = listed.as_object().expect("an object");
    assert_eq!(listed.len(), CONNECTORS);
    for (name, about) in listed {
        let task = &about["status"]["tasks"][0];
        assert_eq!(task["state"], "RUNNING", "{name}: {task}");
        assert_eq!(about["info"]["config"]["kafka.topic"], "thousand");
    }
    for name in &names {
        let answer = worker.request("DELETE", &format!("/connectors/{name}"), None);
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    assert_eq!(worker.get("/connectors"), json!([]));
    assert!(kafka.records("thousand") >= CONNECTORS as u64);
}
