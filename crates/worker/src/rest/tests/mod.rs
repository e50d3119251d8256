//! The rules of requests as a whole, without a network; what a connection adds
//! is in [`server`](super::server).

mod access;
mod console;
mod jolokia;
mod plugins;
mod topics;
mod watching;

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use serde_json::Value;
use tempfile::TempDir;
use websocket_source::task::TaskThreads;

use super::resource::{Reached, Resource};
use super::*;
use crate::exposition::AppInfo;
use crate::files::WorkerConfig;
use crate::kafka_settings::SystemTrust;
use crate::offsets::OffsetStore;

/// A worker's API, of whose listeners there are none.
struct Api {
    rest: Arc<Rest>,
    _folder: TempDir,
}

/// A whole answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("text"))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The message of an error, which must repeat the status.
    fn message(&self) -> String {
        let json = self.json();
        assert_eq!(json["error_code"], self.status, "{json}");
        json["message"].as_str().expect("text").to_owned()
    }
}

impl Api {
    fn new(settings: &[(&str, &str)]) -> Self {
        let api = Self::starting(settings);
        api.rest.herder.ready();
        api
    }

    /// One of a worker that has still to create the connectors of its files.
    fn starting(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let offsets = folder.path().join("offsets");
        let string = "org.apache.kafka.connect.storage.StringConverter";
        let mut map: BTreeMap<String, String> = [
            ("key.converter", string),
            ("value.converter", string),
            ("offset.storage.file.filename", "unused"),
        ]
        .iter()
        .chain(settings)
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
        map.entry("bootstrap.servers".to_owned())
            .or_insert_with(|| "127.0.0.1:1".to_owned());
        let config = WorkerConfig::from_map(&map).expect("valid");
        let login = config.rest.basic_auth.then(|| {
            let file = config.rest.login_config.as_deref();
            Login::read(file, None).expect("a login")
        });
        let offsets = OffsetStore::open(&offsets).expect("a store");
        let threads = TaskThreads::start("task").expect("threads");
        let herder = Arc::new(Herder::new(
            config,
            SystemTrust::default(),
            offsets,
            None,
            threads,
        ));
        let app = AppInfo::now(API_VERSION, COMMIT, "worker:1".to_owned());
        let windows = herder.worker().metrics;
        let rest = Arc::new(Rest {
            herder,
            worker_id: "worker:1".to_owned(),
            cluster_id: OnceLock::new(),
            exposition: Mutex::new(Exposition::new(app, windows)),
            showing: Arc::new(Semaphore::new(MAX_SHOWING)),
            login,
            loggers: Arc::new(Loggers::default()),
            trying: Arc::new(Semaphore::new(MAX_TRYING)),
            history: History::default(),
        });
        Self {
            rest,
            _folder: folder,
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(main_site(&self.rest), method, path, headers, "").await
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let json = [("content-type", "application/json")];
        ask(main_site(&self.rest), method, path, &json, body).await
    }

    async fn status(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        self.ask(method, path, headers).await.status
    }
}

async fn ask(site: Site, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let reached = Reached("https://example.com:1".to_owned());
    request.extensions_mut().insert(reached);
    let response = site.answer(request).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    }
}

const TEXT: (&str, &str) = ("content-type", "text/plain");
const HTML: (&str, &str) = ("accept", "text/html");

#[tokio::test]
async fn refusals_come_in_jersey_s_order() {
    let api = Api::new(&[]);
    assert_eq!(api.status("POST", "/nowhere", &[TEXT, HTML]).await, 404);
    assert_eq!(api.status("PATCH", "/connectors", &[TEXT, HTML]).await, 405);
    assert_eq!(api.status("POST", "/connectors", &[TEXT, HTML]).await, 415);
    assert_eq!(api.status("GET", "/connectors", &[HTML]).await, 406);
    assert_eq!(api.status("GET", "/connectors", &[]).await, 200);
}

#[tokio::test]
async fn the_router_s_errors_have_a_body_without_a_type_and_no_allow() {
    let api = Api::new(&[]);
    for (method, path, headers, message) in [
        ("GET", "/nowhere", &[][..], "HTTP 404 Not Found"),
        ("DELETE", "/", &[], "HTTP 405 Method Not Allowed"),
        ("FOO", "/connectors", &[], "HTTP 405 Method Not Allowed"),
        (
            "PUT",
            "/connectors/x/pause",
            &[TEXT],
            "HTTP 415 Unsupported Media Type",
        ),
        (
            "GET",
            "/connectors",
            &[TEXT],
            "HTTP 415 Unsupported Media Type",
        ),
        ("GET", "/", &[HTML], "HTTP 406 Not Acceptable"),
    ] {
        let answer = api.ask(method, path, headers).await;
        assert_eq!(answer.message(), message);
        assert_eq!(answer.header("content-type"), None, "{method} {path}");
        assert_eq!(answer.header("allow"), None, "{method} {path}");
    }
}

#[tokio::test]
async fn head_is_known_where_get_is_and_options_everywhere() {
    let api = Api::new(&[]);
    for (path, allowed) in [
        ("/", "HEAD, GET, OPTIONS"),
        ("/connectors", "HEAD, POST, GET, OPTIONS"),
        ("/connectors/x", "HEAD, DELETE, GET, OPTIONS"),
        ("/connectors/x/pause", "OPTIONS, PUT"),
        ("/connectors/x/tasks", "HEAD, POST, GET, OPTIONS"),
        ("/admin/loggers/x", "HEAD, GET, OPTIONS, PUT"),
    ] {
        let answer = api.ask("OPTIONS", path, &[TEXT]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, allowed));
        let allow = allowed.replace(' ', "");
        assert_eq!(answer.header("allow"), Some(allow.as_str()), "{path}");
        let head = api.ask("HEAD", path, &[]).await;
        let get = api.ask("GET", path, &[]).await;
        assert_eq!(head.status, get.status, "{path}");
        if head.status != 405 {
            assert_eq!(head.body, "", "{path}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_to_be_read_must_be_json() {
    let api = Api::new(&[]);
    let site = || main_site(&api.rest);
    for (headers, body, status) in [
        (&[][..], "{}", 415),
        (&[("content-type", "*/*")], "", 415),
        (&[], "", 500),
        (&[("content-type", "application/json")], "", 500),
        (&[("content-type", "bogus")], "{}", 400),
    ] {
        let answer = ask(site(), "POST", "/connectors", headers, body).await;
        assert_eq!(answer.status, status, "{headers:?} {body}");
        if status == 415 {
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
    let pause = ask(site(), "PUT", "/connectors/x/pause", &[], "not read").await;
    assert_eq!(pause.message(), "Unknown connector x");
    let root = ask(site(), "GET", "/", &[TEXT], "not read").await;
    assert_eq!(root.status, 200);
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let api = Api::new(&[]);
    let large = " ".repeat((4 << 20) + 1);
    let answer = api.send("POST", "/connectors", &large).await;
    assert_eq!(answer.status, 413);
    assert!(answer.message().contains("4194304 bytes"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for_for_ever() {
    let api = Api::new(&[]);
    let never = Body::from_stream(futures_util::stream::pending::<
        Result<String, std::io::Error>,
    >());
    let request = Request::post("/connectors")
        .header("content-type", "application/json")
        .body(never)
        .expect("a request");
    let answer = main_site(&api.rest).answer(request).await;
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
}

/// A site of one resource that works for two minutes and then tells.
fn slow(api: &Api, done: &Arc<tokio::sync::Notify>) -> Site {
    let done = Arc::clone(done);
    let work = move || async move {
        tokio::time::sleep(std::time::Duration::from_secs(120)).await;
        done.notify_one();
    };
    let resource = Resource::new(&api.rest, "/slow").put(work);
    Site::new(
        resource
            .mount(axum::Router::new())
            .with_state(Arc::clone(&api.rest)),
    )
}

#[tokio::test(start_paused = true)]
async fn work_that_takes_long_is_told_of_and_goes_on() {
    let api = Api::new(&[]);
    let done = Arc::new(tokio::sync::Notify::new());
    let answer = ask(slow(&api, &done), "PUT", "/slow", &[], "").await;
    assert_eq!(answer.status, 500);
    let message = answer.message();
    let text = "Request timed out. The worker is currently handling PUT /slow, which began at ";
    assert!(message.starts_with(text), "{message}");
    done.notified().await;
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_on_when_its_client_is_gone() {
    let api = Api::new(&[]);
    let done = Arc::new(tokio::sync::Notify::new());
    let asking = ask(slow(&api, &done), "PUT", "/slow", &[], "");
    let gone = tokio::time::timeout(std::time::Duration::from_secs(1), asking).await;
    assert!(gone.is_err());
    done.notified().await;
}

#[tokio::test]
async fn names_are_taken_in_every_spelling() {
    let api = Api::new(&[]);
    for (path, name) in [
        ("/connectors/a%2Fb", "a/b"),
        ("/connectors/a+b/", "a+b"),
        ("/connectors/a%20b;x=y", "a b"),
        ("/connectors/..", ".."),
        ("/connectors/%C3%A9", "\u{e9}"),
        ("/connectors/%E9", "\u{fffd}"),
    ] {
        let answer = api.ask("GET", path, &[]).await;
        assert_eq!(answer.message(), format!("Connector {name} not found"));
    }
    for path in ["/connectors//", "//connectors", "/connectors//status"] {
        assert_eq!(api.status("GET", path, &[]).await, 404, "{path}");
    }
    let malformed = api.ask("GET", "/connectors/%zz", &[]).await;
    assert_eq!(malformed.status, 400);
    assert_eq!(malformed.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_created_connector_is_where_the_client_has_reached_us() {
    let api = Api::new(&[]);
    let body = r#"{"name":"a b/c","initial_state":"STOPPED","config":{
        "connector.class":"WebSocketSource","kafka.topic":"t","websocket.url":"ws://127.0.0.1:1"}}"#;
    let answer = api.send("POST", "/connectors", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let location = "https://example.com:1/connectors/a%20b/c";
    assert_eq!(answer.header("location"), Some(location));
    let deleted = api.status("DELETE", "/connectors/a%20b%2Fc", &[]).await;
    assert_eq!(deleted, 204);
}

#[tokio::test]
async fn connectors_with_config_providers_echo_what_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let secrets = folder.path().join("s.properties");
    std::fs::write(&secrets, "topic=hunter2\nsize=hunter3\n").expect("a file");
    let api = Api::new(&[
        ("config.providers", "file"),
        (
            "config.providers.file.class",
            "org.apache.kafka.common.config.provider.FileConfigProvider",
        ),
    ]);
    let at = |key: &str| format!("${{file:{}:{key}}}", secrets.display());
    let body = |size: &str| {
        json!({
            "connector.class": "WebSocketSource",
            "kafka.topic": at("topic"),
            "websocket.url": "ws://127.0.0.1:1",
            "websocket.message.queue.size": size,
        })
        .to_string()
    };
    let path = "/connectors/c/config";
    let refused = api.send("PUT", path, &body(&at("size"))).await;
    assert_eq!(refused.status, 400);
    assert!(!refused.body.contains("hunter"), "{}", refused.body);
    let created = api.send("PUT", path, &body("10")).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.json()["config"]["kafka.topic"], at("topic"));
    assert_eq!(api.status("DELETE", "/connectors/c", &[]).await, 204);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_starts_or_is_stuck_is_not_healthy() {
    let api = Api::starting(&[]);
    let health = || async {
        let answer = api.ask("GET", "/health", &[]).await;
        let said = answer.json();
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        (answer.status, text("status"), text("message"))
    };
    let starting = (503, "starting", "Worker is still starting up.");
    let (status, name, message) = health().await;
    assert_eq!((status, name.as_str(), message.as_str()), starting);
    api.rest.herder.ready();
    assert_eq!(health().await.0, 200);
    let change = api.rest.herder.change("").await.expect("no end");
    let (status, name, message) = health().await;
    assert_eq!((status, name.as_str()), (500, "unhealthy"));
    assert!(
        message.starts_with("Worker was unable to handle this request"),
        "{message}"
    );
    drop(change);
    assert_eq!(health().await.0, 200);
}

#[tokio::test]
async fn probes_tell_the_stage_of_the_worker_s_life() {
    let api = Api::starting(&[]);
    let stage = |path: &'static str| {
        let answer = api.ask("GET", path, &[HTML]);
        async move {
            let answer = answer.await;
            (answer.status, answer.json()["status"].clone())
        }
    };
    assert_eq!(stage("/live").await, (200, json!("live")));
    assert_eq!(stage("/ready").await, (503, json!("starting")));
    api.rest.herder.ready();
    assert_eq!(stage("/ready").await, (200, json!("ready")));
    // A change that takes long is the worker's health, but nobody shall
    // restart it for that.
    let change = api.rest.herder.change("c").await.expect("no end");
    assert_eq!(stage("/ready").await, (200, json!("ready")));
    drop(change);
    api.rest.herder.shut_down().await;
    assert_eq!(stage("/ready").await, (503, json!("stopping")));
    assert_eq!(stage("/live").await, (200, json!("live")));
    assert_eq!(api.status("HEAD", "/ready", &[]).await, 503);
    assert_eq!(api.status("POST", "/live", &[]).await, 405);
}

#[tokio::test]
async fn a_patch_cannot_give_another_name_or_none() {
    let api = Api::new(&[]);
    let created = api
        .send(
            "POST",
            "/connectors",
            &watching::connector("ws://127.0.0.1:1/", "t"),
        )
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    let path = "/connectors/c/config";
    let other = api.send("PATCH", path, r#"{"name": "d"}"#).await;
    assert_eq!(other.status, 400, "{}", other.body);
    assert_eq!(
        other.message(),
        "Connector name configuration (d) doesn't match connector name in the URL (c)"
    );
    let none = api.send("PATCH", path, r#"{"name": null}"#).await;
    assert_eq!(none.status, 400, "{}", none.body);
    let same = r#"{"name": "c", "websocket.message.queue.size": "7"}"#;
    let same = api.send("PATCH", path, same).await;
    assert_eq!(same.status, 200, "{}", same.body);
    let unknown = r#"{"name": "d"}"#;
    let unknown = api.send("PATCH", "/connectors/x/config", unknown).await;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
}

#[tokio::test]
async fn health_and_loggers_answer_as_connect_s() {
    let api = Api::new(&[]);
    assert_eq!(
        api.ask("GET", "/health", &[]).await.json()["status"],
        "healthy"
    );
    let path = "/admin/loggers/my.own";
    assert_eq!(
        api.ask("GET", path, &[]).await.message(),
        "Logger my.own not found."
    );
    let set = api.send("PUT", path, r#"{"level":"debug"}"#).await;
    assert_eq!(set.json(), json!(["my.own"]));
    let shown = api.ask("GET", path, &[]).await.json();
    assert_eq!(shown["level"], "DEBUG");
    assert!(
        shown["last_modified"]
            .as_u64()
            .is_some_and(|ms| ms > 1_700_000_000_000)
    );
    let all = api.ask("GET", "/admin/loggers/", &[]).await.json();
    assert_eq!(all["my.own"], shown);
    let cluster = format!("{path}?scope=CLUSTER");
    let answer = api.send("PUT", &cluster, r#"{"level":"WARN"}"#).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    for (body, status, message) in [
        (r#"{"level":"LOUD"}"#, 404, "invalid log level 'LOUD'."),
        (r#"{"level":5}"#, 404, "invalid log level '5'."),
        (
            "{}",
            400,
            "Desired 'level' parameter was not specified in request.",
        ),
    ] {
        let answer = api.send("PUT", path, body).await;
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (status, message)
        );
    }
    assert_eq!(api.send("PUT", path, "[]").await.status, 500);
}
