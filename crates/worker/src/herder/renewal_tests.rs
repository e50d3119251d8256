//! Which configuration a task has after changes, restarts and resumes, where
//! variables cannot be read in between; without a broker.

use super::tests::Fixture;
use super::{Herder, HerderError, Target};

const RUNNING: (&str, String) = ("RUNNING", String::new());
const PAUSED: (&str, String) = ("PAUSED", String::new());
const SETTING: &str = "websocket.message.queue.size";

fn is_unresolved<T>(result: Result<T, HerderError>) {
    match result.map(drop) {
        Err(HerderError::Unresolved(why)) => {
            assert!(why.contains("Could not read properties"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

fn has_failed(fixture: &Fixture, why: &str) {
    let (state, trace) = fixture.task();
    assert_eq!(state, "FAILED");
    let class = "org.apache.kafka.connect.errors.ConnectException: ";
    assert!(trace.starts_with(class) && trace.contains(why), "{trace}");
}

async fn set(herder: &Herder, target: Target) {
    herder.set_target("c", target).await.expect("done");
}

async fn change(herder: &Herder, size: Option<&str>) {
    let size = [(SETTING.to_owned(), size.map(str::to_owned))];
    herder.patch("c", size.into()).await.expect("changed");
}

/// What the connector has, and what its task has.
fn sizes(herder: &Herder) -> (Option<String>, Option<String>) {
    let view = herder.view("c").expect("there");
    let of_task = view.task_config().get(SETTING).cloned();
    (view.config.get(SETTING).cloned(), of_task)
}

fn both(of_connector: Option<&str>, of_task: Option<&str>) -> (Option<String>, Option<String>) {
    (of_connector.map(str::to_owned), of_task.map(str::to_owned))
}

#[tokio::test]
async fn a_task_whose_configuration_cannot_be_read_at_a_restart_goes_on() {
    let fixture = Fixture::new().await;
    let (herder, start) = (&fixture.herder, fixture.start());
    fixture.take_topic();
    is_unresolved(herder.restart_one("c", 0).await);
    is_unresolved(herder.restart("c", false, false).await);
    is_unresolved(herder.restart("c", true, false).await);
    let nothing = herder.restart("c", true, true).await;
    nothing.expect("there is nothing that has failed");
    assert_eq!((fixture.start(), fixture.task()), (start, RUNNING));
    fixture.give_topic();
    herder.restart_one("c", 0).await.expect("restarted");
    assert_eq!(fixture.task(), RUNNING);
    assert_ne!(fixture.start(), start);
}

#[tokio::test]
async fn a_task_that_is_restarted_with_a_value_that_is_none_has_failed() {
    let fixture = Fixture::new().await;
    fixture.give("");
    let restarted = fixture.herder.restart_one("c", 0).await;
    restarted.expect("it was started, and has failed");
    has_failed(&fixture, "kafka.topic");
    // It stays so where only the connector is restarted.
    let restarted = fixture.herder.restart("c", false, false).await;
    restarted.expect("restarted");
    has_failed(&fixture, "kafka.topic");
    fixture.give_topic();
    let restarted = fixture.herder.restart("c", true, true).await;
    restarted.expect("what has failed can be restarted");
    assert_eq!(fixture.task(), RUNNING);
    let startups = fixture.herder.reading().task_startup;
    assert_eq!((startups.attempts, startups.failures), (3, 1));
    assert_eq!(startups.successes(), 2);
}

#[tokio::test]
async fn a_task_whose_configuration_cannot_be_read_at_a_resume_has_failed() {
    let fixture = Fixture::new().await;
    let herder = &fixture.herder;
    set(herder, Target::Stopped).await;
    fixture.take_topic();
    set(herder, Target::Started).await;
    has_failed(&fixture, "Could not read properties");
    is_unresolved(herder.restart_one("c", 0).await);
    has_failed(&fixture, "Could not read properties");
    fixture.give_topic();
    herder.restart_one("c", 0).await.expect("restarted");
    assert_eq!(fixture.task(), RUNNING);
}

#[tokio::test]
async fn a_restart_of_a_connector_that_has_no_task_since_its_resume_starts_one() {
    let fixture = Fixture::new().await;
    let herder = &fixture.herder;
    set(herder, Target::Stopped).await;
    fixture.take_topic();
    set(herder, Target::Started).await;
    is_unresolved(herder.restart("c", false, false).await);
    fixture.give_topic();
    herder.restart("c", false, false).await.expect("restarted");
    assert_eq!(fixture.task(), RUNNING);
    let start = fixture.start();
    herder.restart("c", false, false).await.expect("restarted");
    assert_eq!(fixture.start(), start, "it has a task now");
}

#[tokio::test]
async fn a_paused_task_keeps_its_configuration_until_the_resume() {
    let fixture = Fixture::new().await;
    let (herder, start) = (&fixture.herder, fixture.start());
    set(herder, Target::Paused).await;
    change(herder, Some("5")).await;
    change(herder, Some("6")).await;
    assert_eq!(sizes(herder), both(Some("6"), None));
    herder.restart("c", false, false).await.expect("restarted");
    assert_eq!((fixture.start(), fixture.task()), (start, PAUSED));

    herder.restart_one("c", 0).await.expect("restarted");
    herder.restart("c", true, false).await.expect("restarted");
    assert_ne!(fixture.start(), start);
    assert_eq!(fixture.task(), PAUSED);
    assert_eq!(sizes(herder), both(Some("6"), None));

    let start = fixture.start();
    set(herder, Target::Started).await;
    assert_eq!(sizes(herder), both(Some("6"), Some("6")));
    assert_eq!(fixture.task(), RUNNING);
    assert_ne!(fixture.start(), start);
}

#[tokio::test]
async fn a_paused_task_whose_connector_is_given_its_configuration_again_is_resumed() {
    let fixture = Fixture::new().await;
    let (herder, start) = (&fixture.herder, fixture.start());
    set(herder, Target::Paused).await;
    change(herder, Some("5")).await;
    change(herder, None).await;
    set(herder, Target::Started).await;
    assert_eq!(sizes(herder), both(None, None));
    assert_eq!((fixture.start(), fixture.task()), (start, RUNNING));
}

#[tokio::test]
async fn a_paused_task_is_resumed_if_the_new_configuration_cannot_be_read() {
    let fixture = Fixture::new().await;
    let (herder, start) = (&fixture.herder, fixture.start());
    set(herder, Target::Paused).await;
    change(herder, Some("5")).await;
    fixture.take_topic();
    set(herder, Target::Started).await;
    assert_eq!((fixture.start(), fixture.task()), (start, RUNNING));
    assert_eq!(sizes(herder), both(Some("5"), None));
    fixture.give_topic();
    herder.restart("c", false, false).await.expect("restarted");
    assert_eq!(sizes(herder), both(Some("5"), Some("5")));
    assert_eq!(fixture.task(), RUNNING);
}

#[tokio::test]
async fn a_configuration_that_is_given_again_starts_the_task_that_is_missing() {
    let fixture = Fixture::new().await;
    let herder = &fixture.herder;
    set(herder, Target::Paused).await;
    change(herder, Some("5")).await;
    fixture.take_topic();
    set(herder, Target::Started).await;
    fixture.give_topic();
    change(herder, Some("5")).await;
    assert_eq!(sizes(herder), both(Some("5"), Some("5")));
    let start = fixture.start();
    change(herder, Some("5")).await;
    assert_eq!((fixture.start(), fixture.task()), (start, RUNNING));
}

#[tokio::test]
async fn a_connector_that_is_stopped_in_its_pause_starts_with_its_last_configuration() {
    let fixture = Fixture::new().await;
    let herder = &fixture.herder;
    set(herder, Target::Paused).await;
    change(herder, Some("5")).await;
    set(herder, Target::Stopped).await;
    set(herder, Target::Started).await;
    assert_eq!(sizes(herder), both(Some("5"), Some("5")));
    assert_eq!(fixture.task(), RUNNING);
}
