//! The rules of requests as a whole, without a network; what a connection adds
//! is in [`server`](super::server).

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use serde_json::Value;
use tempfile::TempDir;

use super::resource::Reached;
use super::*;
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
        let herder = Arc::new(Herder::new(config, SystemTrust::default(), offsets));
        let rest = Arc::new(Rest {
            herder,
            worker_id: "worker:1".to_owned(),
            cluster_id: OnceLock::new(),
            exposition: Mutex::new(Exposition::new()),
            login,
            loggers: Arc::new(Loggers::default()),
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

#[tokio::test]
async fn the_admin_resources_are_where_the_settings_put_them() {
    let loggers = "/admin/loggers";
    let off = Api::new(&[("admin.listeners", "")]);
    assert_eq!(off.status("GET", loggers, &[]).await, 404);
    let own = Api::new(&[("admin.listeners", "http://127.0.0.1:1")]);
    assert_eq!(own.status("GET", loggers, &[]).await, 404);
    for (path, status) in [(loggers, 200), ("/connectors", 404), ("/metrics", 404)] {
        let answer = ask(admin_site(&own.rest), "GET", path, &[], "").await;
        assert_eq!(answer.status, status, "{path}");
    }
}

fn with_login(more: &[(&str, &str)]) -> (Api, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (users, jaas) = (folder.path().join("users"), folder.path().join("jaas"));
    std::fs::write(&users, "alice=secret").expect("a file");
    let entry = format!(
        "KafkaConnect {{ PropertyFileLoginModule required file=\"{}\"; }};",
        users.display()
    );
    std::fs::write(&jaas, entry).expect("a file");
    let jaas = jaas.display().to_string();
    let login = [
        ("rest.extension.classes", "BasicAuthSecurityRestExtension"),
        ("rest.basic.auth.login.config", &jaas),
    ];
    (Api::new(&[&login[..], more].concat()), folder)
}

/// alice:secret
const ALICE: (&str, &str) = ("authorization", "Basic YWxpY2U6c2VjcmV0");
/// alice:wrong
const WRONG: (&str, &str) = ("authorization", "Basic YWxpY2U6d3Jvbmc=");

#[tokio::test]
async fn with_a_login_every_resource_asks_for_it() {
    let (api, _folder) = with_login(&[]);
    let paths = [
        "/",
        "/health",
        "/connectors",
        "/connectors/x/session",
        "/metrics",
        "/admin/loggers",
    ];
    for path in paths {
        for headers in [&[][..], &[WRONG]] {
            let answer = api.ask("GET", path, headers).await;
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.body, "User cannot access the resource.");
            assert_eq!(answer.header("www-authenticate"), None);
        }
        assert_ne!(api.status("GET", path, &[ALICE]).await, 401, "{path}");
    }
    let refused = api.ask("GET", "/connectors", &[]).await;
    assert_eq!(refused.header("content-type"), Some("application/json"));
    assert_eq!(api.status("OPTIONS", "/connectors", &[]).await, 401);
    assert_eq!(api.status("OPTIONS", "/connectors", &[ALICE]).await, 200);
    let malformed = [("authorization", "Basic %%%")];
    assert_eq!(api.status("GET", "/connectors", &malformed).await, 500);
}

#[tokio::test]
async fn the_login_comes_after_the_router_and_not_for_other_workers() {
    let (api, _folder) = with_login(&[("admin.listeners", "http://127.0.0.1:1")]);
    for (method, path, headers, status) in [
        ("GET", "/nowhere", &[][..], 404),
        ("DELETE", "/connectors", &[], 405),
        ("POST", "/connectors", &[TEXT], 415),
        ("GET", "/connectors", &[HTML], 406),
        ("POST", "/connectors/x/tasks", &[], 500),
        ("PUT", "/connectors/x/fence", &[TEXT], 500),
        ("GET", "/connectors/x/tasks", &[], 401),
    ] {
        assert_eq!(
            api.status(method, path, headers).await,
            status,
            "{method} {path}"
        );
    }
    let admin = ask(admin_site(&api.rest), "GET", "/admin/loggers", &[], "").await;
    assert_eq!(admin.status, 200, "the login is the main listeners'");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_answers() {
    let api = Api::new(&[
        ("access.control.allow.origin", "http://good.example"),
        ("access.control.allow.methods", "GET, PUT"),
    ]);
    let good = ("origin", "http://good.example");
    let allow = "access-control-allow-origin";
    for path in ["/connectors", "/nowhere"] {
        let answer = api.ask("GET", path, &[good]).await;
        assert_eq!(answer.header(allow), Some("http://good.example"));
        assert_eq!(answer.header("vary"), Some("Origin"));
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            Some("true")
        );
        assert_eq!(answer.header("access-control-max-age"), None);
    }
    let other = api
        .ask("GET", "/connectors", &[("origin", "http://bad.example")])
        .await;
    assert_eq!((other.status, other.header(allow)), (200, None));
    assert_eq!(api.ask("GET", "/connectors", &[]).await.header(allow), None);
}

#[tokio::test]
async fn a_preflight_goes_on_to_the_resource() {
    let api = Api::new(&[
        ("access.control.allow.origin", "*"),
        ("access.control.allow.methods", "GET,PUT"),
    ]);
    let origin = ("origin", "http://any.example");
    let put = ("access-control-request-method", "PUT");
    let known = ("access-control-request-headers", "content-type, Accept");
    let answer = api
        .ask("OPTIONS", "/connectors", &[origin, put, known])
        .await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "HEAD, POST, GET, OPTIONS")
    );
    for (name, value) in [
        ("access-control-allow-origin", Some("http://any.example")),
        ("access-control-max-age", Some("1800")),
        ("access-control-allow-methods", Some("GET,PUT")),
        (
            "access-control-allow-headers",
            Some("X-Requested-With,Content-Type,Accept,Origin"),
        ),
        ("vary", None),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let delete = ("access-control-request-method", "DELETE");
    let unknown = ("access-control-request-headers", "x-foo");
    for headers in [[origin, delete, known], [origin, put, unknown]] {
        let answer = api.ask("OPTIONS", "/connectors", &headers).await;
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn configured_headers_are_on_every_answer_of_the_main_listeners() {
    let api = Api::new(&[(
        "response.http.headers.config",
        r#"set X-A: 1, set X-A: 2, add X-B: 1, "add X-B: 2, 3", setDate Expires: 0, addDate X-Past: -99999999999999999"#,
    )]);
    for path in ["/", "/nowhere"] {
        let answer = api.ask("GET", path, &[]).await;
        let all = |name: &str| {
            let values = answer.headers.get_all(name).iter();
            values
                .map(|v| v.to_str().expect("text").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(all("x-a"), ["2"]);
        assert_eq!(all("x-b"), ["1", "2, 3"]);
        assert!(all("expires")[0].ends_with(" GMT"));
        assert_eq!(all("x-past"), ["Thu, 01 Jan 1970 00:00:00 GMT"]);
    }
    let admin = ask(admin_site(&api.rest), "GET", "/admin/loggers", &[], "").await;
    assert_eq!(admin.header("x-a"), None);
}
