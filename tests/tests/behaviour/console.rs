//! The console at `/ui`, in a real browser, and what guards it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use end_to_end::certificate::Certificate;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script, Server};
use end_to_end::tools::{repository, tool};
use end_to_end::worker::{Connector, SUBSCRIPTION, Worker};
use end_to_end::{browser, ports, wait};
use serde_json::{Value, json};

use crate::access::{PASSWORD, with_login};

/// Longer than a scenario may take.
const SCENARIO: Duration = Duration::from_secs(180);

fn feed() -> Server {
    Script::new(Library::Npm).endless().rate(200).start()
}

/// A server that never lets anybody in.
fn refusing(status: u16, reason: &str) -> Server {
    let script = Script::new(Library::Python);
    let refuse = |script: Script, _| script.refuse(status, reason, &json!({}));
    (0..200).fold(script, refuse).start()
}

fn subscribed(name: &str, server: &Server, topic: &str) -> Connector {
    Connector::new(name, server, topic)
        .set("websocket.auth.token", "t0ken-of-the-test")
        .set("websocket.reconnect.interval.ms", "500")
}

#[test]
fn a_connector_is_created_previewed_watched_changed_and_deleted_in_a_browser() {
    let server = feed();
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka).start();
    let token = "t0ken-that-stays";
    let needs = json!({
        "feed": server.url(), "topic": "console-life", "subscription": SUBSCRIPTION, "token": token,
    });
    let seen = browser::play("life", &worker.url("/ui/"), needs);
    // What was hidden has stayed what it was, beside what was changed.
    let config = &seen["config"];
    for (name, value) in [
        ("websocket.auth.token", token),
        ("websocket.subscription.message", SUBSCRIPTION),
        ("websocket.message.queue.size", "777"),
        ("producer.override.linger.ms", "5"),
        ("kafka.topic", "console-life"),
    ] {
        assert_eq!(config[name], value, "{config}");
    }
    assert_eq!(worker.get("/connectors"), json!([]));
    assert!(kafka.records("console-life") > 0);
    // The preview has connected as the connector would, and written nothing.
    worker.wait_for_line("(connector=feed one/ä (preview), task=0)");
    assert!(!worker.log().contains(token));
}

#[test]
fn what_goes_wrong_is_shown_with_its_reason() {
    let (forbidding, denying) = (refusing(403, "Forbidden"), refusing(401, "Unauthorized"));
    let kafka = Kafka::shared(Version::V4_1);
    let failing = subscribed("failing", &denying, "console-failing")
        .set("websocket.reconnect.max.attempts", "1")
        .set("websocket.reconnect.interval.ms", "100");
    let worker = Worker::builder(kafka)
        .connector(subscribed("refused", &forbidding, "console-refused"))
        .connector(failing)
        .start();
    worker.wait_for_task("failing", "FAILED");
    let needs = json!({"refusing": "refused", "failed": "failing"});
    browser::play("failure", &worker.url("/ui/"), needs);
}

#[test]
fn a_keyboard_is_enough() {
    let server = Script::new(Library::Npm)
        .endless()
        .rate(20)
        .unasked()
        .start();
    let worker = Worker::builder(Kafka::shared(Version::V4_1)).start();
    let needs = json!({"feed": server.url(), "topic": "console-keyboard"});
    browser::play("keyboard", &worker.url("/ui/"), needs);
}

/// `CONSOLE_SCREENSHOTS=FOLDER` keeps pictures of all pages there.
#[test]
fn every_page_is_for_everybody_on_desks_and_phones_in_light_and_dark() {
    let (server, forbidding) = (feed(), refusing(403, "Forbidden"));
    let kafka = Kafka::shared(Version::V4_1);
    let mut builder = Worker::builder(kafka)
        .set("console.messages", "redacted")
        .connector(subscribed("btcusdt-trades", &server, "console-looks"))
        .connector(subscribed("ethusdt-trades", &forbidding, "console-looks"));
    for number in 1..=4 {
        let name = format!("market-data-feed-with-a-long-name-{number}");
        builder = builder.connector(subscribed(&name, &server, "console-looks"));
    }
    let worker = builder.start();
    worker.wait_for_acknowledged("btcusdt-trades", 100);
    worker.expect(
        202,
        "PUT",
        "/connectors/market-data-feed-with-a-long-name-2/pause",
    );
    worker.expect(
        204,
        "PUT",
        "/connectors/market-data-feed-with-a-long-name-3/stop",
    );
    let folder = std::env::var_os("CONSOLE_SCREENSHOTS").map(PathBuf::from);
    if let Some(folder) = &folder {
        fs::create_dir_all(folder).expect("a folder");
    }
    let needs = json!({
        "live": "btcusdt-trades", "refusing": "ethusdt-trades", "messages": true, "screenshots": folder,
    });
    browser::play("looks", &worker.url("/ui/"), needs);
}

#[test]
fn a_login_https_and_a_proxy_s_path_are_no_hindrance_and_other_pages_change_nothing() {
    let server = feed();
    let folder = tempfile::tempdir().expect("a folder");
    let keystore = folder.path().join("server-all.pem");
    Certificate::create(folder.path()).write_with_key(&keystore);
    let port = ports::free();
    let (builder, jaas) = with_login();
    let worker = builder
        .set(
            "bootstrap.servers",
            &Kafka::shared(Version::V4_1).bootstrap(),
        )
        .set("rest.basic.auth.login.config", &jaas)
        .listener(&format!("https://127.0.0.1:{port}"))
        .set(
            "listeners.https.ssl.keystore.location",
            &keystore.display().to_string(),
        )
        .connector(subscribed("feed", &server, "console-access"))
        .start();
    worker.wait_for_line("Kafka Connect started");
    let needs = json!({
        "secure": format!("https://127.0.0.1:{port}/ui/"),
        "user": "alice", "password": PASSWORD, "name": "feed",
    });
    let seen = browser::play("access", &worker.url("/ui/"), needs);
    assert_eq!(seen["status"], 403);
}

#[test]
fn every_chart_moves() {
    let server = Script::new(Library::Npm)
        .endless()
        .rate(200)
        .close_after(200, 1001, "going away")
        .start();
    let feed = subscribed("feed", &server, "console-charts")
        .set("websocket.reconnect.interval.ms", "100")
        .set("websocket.message.queue.size", "100");
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka).connector(feed).start();
    worker.wait_for_acknowledged("feed", 100);
    let needs = json!({"name": "feed", "capacity": 100});
    browser::play("charts", &worker.url("/ui/"), needs);
}

/// A connector's settings as they need neither Kafka nor a server.
fn idle() -> Value {
    json!({
        "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
        "websocket.url": "ws://127.0.0.1:1/",
        "kafka.topic": "console-idle",
    })
}

#[test]
fn a_name_that_is_typed_takes_nothing_from_other_settings() {
    let worker = Worker::builder_without_kafka().start();
    browser::play("typing", &worker.url("/ui/"), json!({}));
}

#[test]
fn rows_stay_under_a_hand_and_a_connector_that_begins_paused_is_no_problem() {
    let worker = Worker::builder_without_kafka().start();
    browser::play("rows", &worker.url("/ui/"), json!({"config": idle()}));
}

#[test]
fn what_comes_late_moves_no_page() {
    let worker = Worker::builder_without_kafka().start();
    browser::play("late", &worker.url("/ui/"), json!({"config": idle()}));
}

#[test]
fn a_worker_that_is_silent_refuses_or_ends_is_told_until_it_is_back() {
    let mut worker = Worker::builder_without_kafka().start();
    let folder = tempfile::tempdir().expect("a folder");
    let seen = folder.path().join("seen");
    let url = worker.url("/ui/");
    let needs = json!({"pid": worker.pid(), "seen": seen});
    std::thread::scope(|scope| {
        let played = scope.spawn(|| browser::play("outage", &url, needs));
        wait::try_until("the page says that it is gone", SCENARIO, || {
            (seen.exists() || played.is_finished()).then_some(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
        // A scenario that goes wrong before is not waited for.
        let again = seen.exists().then(|| {
            worker.kill();
            worker.start_again()
        });
        played.join().expect("a scenario without faults");
        drop(again);
    });
}

#[test]
fn the_chart_library_is_the_released_one() {
    let vendored = repository().join("crates/worker/console/vendor");
    let released = tool("browser/node_modules/uplot");
    for (ours, theirs) in [
        ("uPlot.iife.min.js", "dist/uPlot.iife.min.js"),
        ("uPlot.min.css", "dist/uPlot.min.css"),
        ("uPlot.LICENSE", "LICENSE"),
    ] {
        let read =
            |path: PathBuf| fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let same = read(vendored.join(ours)) == read(released.join(theirs));
        assert!(same, "{ours} differs from the package's {theirs}");
    }
}
