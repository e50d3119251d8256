//! Who sees what: admin listeners, logins, CORS, configured headers.

use tempfile::TempDir;

use super::{Api, HTML, TEXT, ask};
use crate::rest::admin_site;

#[tokio::test]
async fn the_admin_resources_are_where_the_settings_put_them() {
    let loggers = "/admin/loggers";
    let off = Api::new(&[("admin.listeners", "")]);
    assert_eq!(off.status("GET", loggers, &[]).await, 404);
    let own = Api::new(&[
        ("admin.listeners", "http://127.0.0.1:1"),
        ("jolokia.enabled", "true"),
    ]);
    assert_eq!(own.status("GET", loggers, &[]).await, 404);
    for (path, status) in [
        (loggers, 200),
        ("/connectors", 404),
        ("/metrics", 404),
        ("/jolokia", 404),
    ] {
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
async fn with_a_login_every_resource_but_the_probes_asks_for_it() {
    let (api, _folder) = with_login(&[("jolokia.enabled", "true")]);
    let paths = [
        "/",
        "/health",
        "/connectors",
        "/connectors/x/session",
        "/metrics",
        "/jolokia",
        "/jolokia/version",
        "/admin/loggers",
        "/ui/",
        "/ui/api/overview",
    ];
    for path in paths {
        for headers in [&[][..], &[WRONG]] {
            let answer = api.ask("GET", path, headers).await;
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.body, "User cannot access the resource.");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Basic realm="), "{path}: {challenge}");
        }
        assert_ne!(api.status("GET", path, &[ALICE]).await, 401, "{path}");
    }
    for path in ["/live", "/ready"] {
        for headers in [&[][..], &[WRONG], &[ALICE]] {
            let answer = api.ask("GET", path, headers).await;
            assert_eq!(answer.status, 200, "{path}");
        }
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
