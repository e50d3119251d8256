//! A message that is larger than the producer may send costs no other and
//! goes where `websocket.oversize` says.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::{Connector, Worker};

const MESSAGES: u64 = 500;
const LARGE: u64 = 200;
const LARGE_BYTES: u64 = 30_000;
const LIMIT_BYTES: usize = 10_000;

fn connector(policy: &str, server: &Server) -> Connector {
    Connector::new(policy, server, &format!("oversize-{policy}"))
        .set(
            "producer.override.max.request.size",
            &LIMIT_BYTES.to_string(),
        )
        .set("websocket.oversize", policy)
}

#[test]
fn a_message_that_is_too_large_is_dropped_set_aside_or_fails_the_task() {
    let server = || {
        let script = Script::new(Library::Python).count(MESSAGES);
        script.large(LARGE, LARGE_BYTES).start()
    };
    let servers = [server(), server(), server()];
    let kafka = Kafka::shared(Version::V4_1);
    let letters =
        connector("dlq", &servers[1]).set("errors.deadletterqueue.topic.name", "oversize-letters");
    let worker = Worker::builder(kafka)
        .connector(connector("drop", &servers[0]))
        .connector(letters)
        .connector(connector("fail", &servers[2]))
        .start();
    let others = || (0..MESSAGES).filter(|number| *number != LARGE);

    worker.wait_for_acknowledged("drop", MESSAGES - 1);
    worker.wait_for_line("Dropped 1 messages that are too large (websocket.oversize=drop)");
    let written = numbers(&kafka.read_all("oversize-drop"));
    assert_eq!(written, others().collect::<Vec<_>>());
    let ledger = &worker.get("/connectors/drop/ledger")["tasks"][0];
    assert_eq!(ledger["dropped"]["oversize"], 1, "{ledger}");
    assert_eq!(ledger["acknowledged"], MESSAGES - 1, "{ledger}");

    worker.wait_for_acknowledged("dlq", MESSAGES);
    let written = numbers(&kafka.read_all("oversize-dlq"));
    assert_eq!(written, others().collect::<Vec<_>>());
    let shown = kafka.read_all_with("oversize-letters", &["print.headers=true"]);
    let [letter] = &shown[..] else {
        panic!("{} letters", shown.len());
    };
    assert!(
        letter.contains(&format!("{{\"seq\":{LARGE},")),
        "{letter:.500}"
    );
    assert!(letter.contains("RecordTooLargeException") && letter.contains("max.request.size"));
    assert!(
        letter.contains("websocket.oversize.bytes:3"),
        "{letter:.900}"
    );
    assert!(letter.len() > LIMIT_BYTES / 2 && letter.len() < LIMIT_BYTES + 2_000);

    let status = worker.wait_for_task("fail", "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    assert!(trace.contains("max.request.size"), "{trace}");
    assert_eq!(
        numbers(&kafka.read_all("oversize-fail")),
        (0..LARGE).collect::<Vec<_>>()
    );
    assert_eq!(worker.states("drop").1, "RUNNING");
    assert_eq!(worker.states("dlq").1, "RUNNING");
}
