//! The end of a worker and what is told of its connectors, without a broker.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use tempfile::TempDir;
use websocket_source::task::TaskThreads;

use super::*;
use crate::log::LogOptions;
use crate::log::tests::logged;
use crate::test_map::map;

/// A worker with the connector "c", whose topic is in a file of its own.
pub(super) struct Fixture {
    pub(super) herder: Herder,
    topic: PathBuf,
    _folder: TempDir,
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::with_graceful_timeout("0").await
    }

    async fn with_graceful_timeout(timeout_ms: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let string = "org.apache.kafka.connect.storage.StringConverter";
        let worker = map(&[
            ("bootstrap.servers", "127.0.0.1:1"),
            ("key.converter", string),
            ("value.converter", string),
            ("offset.storage.file.filename", "unused"),
            ("task.shutdown.graceful.timeout.ms", timeout_ms),
            ("config.providers", "file"),
            (
                "config.providers.file.class",
                "org.apache.kafka.common.config.provider.FileConfigProvider",
            ),
        ]);
        let worker = WorkerConfig::from_map(&worker).unwrap_or_else(|error| panic!("{error}"));
        let offsets = OffsetStore::open(&folder.path().join("offsets")).expect("a store");
        let threads = TaskThreads::start("task").expect("threads");
        let fixture = Self {
            herder: Herder::new(worker, SystemTrust::default(), offsets, None, threads),
            topic: folder.path().join("topic.properties"),
            _folder: folder,
        };
        fixture.give_topic();
        let topic = format!("${{file:{}:topic}}", fixture.topic.display());
        let config = map(&[
            ("name", "c"),
            ("connector.class", "WebSocketSource"),
            ("websocket.url", "ws://127.0.0.1:1/"),
            ("kafka.topic", &topic),
        ]);
        let created = fixture.herder.create(config, Target::Started).await;
        created.expect("created");
        fixture
    }

    pub(super) fn give_topic(&self) {
        self.give("t");
    }

    pub(super) fn give(&self, topic: &str) {
        fs::write(&self.topic, format!("topic={topic}\n")).expect("written");
    }

    pub(super) fn take_topic(&self) {
        fs::remove_file(&self.topic).expect("removed");
    }

    pub(super) fn task(&self) -> (&'static str, String) {
        let task = self.herder.view("c").expect("there").task;
        let task = task.expect("a task");
        (task.state, task.trace.unwrap_or_default())
    }

    /// Which of the worker's starts of tasks its task comes from.
    pub(super) fn start(&self) -> u64 {
        let reading = self.herder.reading();
        reading.connectors[0].task.as_ref().expect("a task").start
    }
}

#[tokio::test]
async fn a_change_under_way_holds_the_end_up_for_the_graceful_timeout_at_most() {
    const TIMEOUT: Duration = Duration::from_millis(100);
    let fixture = Fixture::with_graceful_timeout("100").await;
    let _change = fixture.herder.changing.lock().await;
    let begun = Instant::now();
    // Well below the default of 5 s.
    let ended = tokio::time::timeout(TIMEOUT * 30, fixture.herder.shut_down()).await;
    ended.expect("an end");
    assert!(begun.elapsed() >= TIMEOUT, "a change is waited for");
    let view = fixture.herder.view("c").expect("there");
    assert!(view.task.is_none(), "its task has been ended: {view:?}");
}

#[tokio::test]
async fn no_change_starts_a_task_once_the_worker_goes_down() {
    let fixture = Fixture::new().await;
    let config = fixture.herder.view("c").expect("there").config;
    fixture.herder.shut_down().await;
    let refused = [
        fixture.herder.restart_one("c", 0).await,
        fixture.herder.set_target("c", Target::Started).await,
        fixture.herder.put(config).await.map(|_| ()),
        fixture.herder.restart("c", true, false).await.map(|_| ()),
    ];
    for refusal in refused {
        let stopping = HerderError::Internal("The worker is stopping".to_owned());
        assert_eq!(refusal, Err(stopping));
    }
    assert!(fixture.herder.view("c").expect("there").task.is_none());
}

#[test]
fn what_is_worth_telling_of_a_connector_is_logged_once() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let lines = logged(&LogOptions::default(), |_| {
        runtime.block_on(async {
            let herder = &Fixture::new().await.herder;
            let config = map(&[
                ("name", "d"),
                ("connector.class", "WebSocketSource"),
                ("websocket.url", "ws://127.0.0.1:1/"),
                ("kafka.topic", "t"),
                ("websocket.reconect.enabled", "true"),
                ("websocket.headers", "X-A:1,s3cret"),
                ("producer.override.linger.msec", "5"),
            ]);
            let created = herder.create(config.clone(), Target::Started).await;
            created.expect("created");
            herder.put(config).await.expect("the same again");
            for target in [Target::Paused, Target::Started, Target::Stopped] {
                herder.set_target("d", target).await.expect("changed");
            }
            herder.set_target("d", Target::Started).await.expect("back");
            herder.restart_one("d", 0).await.expect("restarted");
        });
    });
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(" WARN [Herder] ") && line.ends_with(" (connector=d)"))
        .filter_map(|line| line.split_once(" WARN [Herder] "))
        .map(|(_, text)| text.trim_end_matches(" (connector=d)"))
        .collect();
    let expected = [
        "Unknown setting websocket.reconect.enabled is ignored; did you mean websocket.reconnect.enabled?",
        "websocket.headers: entry 2 has no colon and is ignored; the format is name1:value1,name2:value2, \
         and a value cannot contain a comma",
        "producer.override.linger.msec is no setting of Kafka's clients and has no effect; did you mean linger.ms?",
    ];
    assert_eq!(told, expected);
    assert!(!lines.concat().contains("s3cret"));
}
