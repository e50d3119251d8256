//! Who may use the REST API: logins and pages of other origins.

use std::fs;

use end_to_end::curl::curl;
use end_to_end::worker::{Builder, Worker};

const EXTENSION: &str =
    "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";
pub(crate) const PASSWORD: &str = "al1ce-secret";

/// A worker that asks for a login, and its JAAS file.
pub(crate) fn with_login() -> (Builder, String) {
    let worker = Worker::builder_without_kafka().set("rest.extension.classes", EXTENSION);
    let (users, jaas) = (
        worker.folder().join("users.properties"),
        worker.folder().join("jaas.conf"),
    );
    fs::write(&users, format!("alice={PASSWORD}\n")).expect("a file");
    let text = format!(
        "// as in Kafka's documentation\nKafkaConnect {{\n  \
         org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required\n  \
         file=\"{}\";\n}};\n",
        users.display()
    );
    fs::write(&jaas, text).expect("a file");
    (worker, jaas.display().to_string())
}

#[test]
fn the_jaas_file_of_a_script_for_java_lets_its_users_in() {
    let (worker, jaas) = with_login();
    let options = format!("-Xmx256m -Djava.security.auth.login.config={jaas}");
    let worker = worker.environment("KAFKA_OPTS", &options).start();
    for path in ["/", "/connectors", "/metrics", "/admin/loggers", "/health"] {
        let url = worker.url(path);
        let refused = curl(&[&url]);
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.body, "User cannot access the resource.");
        assert_eq!(curl(&["-u", "alice:wrong", &url]).status, 401, "{path}");
        let user = format!("alice:{PASSWORD}");
        assert_eq!(curl(&["-u", &user, &url]).status, 200, "{path}");
    }
    assert_eq!(
        curl(&["-X", "OPTIONS", &worker.url("/connectors")]).status,
        401
    );
    assert!(!worker.log().contains(PASSWORD));
}

#[test]
fn a_login_that_cannot_be_asked_for_is_no_start() {
    let (worker, jaas) = with_login();
    let worker = worker.set("rest.basic.auth.login.config", &jaas);
    fs::write(&jaas, "KafkaClient { a.B required; };").expect("a file");
    let (code, log) = worker.refused();
    assert_eq!(code, 2, "{log}");
    assert!(log.contains("no entry KafkaConnect"), "{log}");

    let (worker, _) = with_login();
    let (code, log) = worker.refused();
    assert_eq!(code, 2, "{log}");
    assert!(log.contains("KAFKA_OPTS"), "{log}");

    let other = Worker::builder_without_kafka().set("rest.extension.classes", "com.example.Audit");
    let (code, log) = other.refused();
    assert_eq!(code, 2, "{log}");
    assert!(log.contains("com.example.Audit"), "{log}");
}

#[test]
fn a_page_of_an_allowed_origin_may_read_and_change() {
    let worker = Worker::builder_without_kafka()
        .set("access.control.allow.origin", "http://console.example")
        .set("access.control.allow.methods", "GET,PUT")
        .set("response.http.headers.config", "set X-Frame-Options: DENY")
        .start();
    let url = worker.url("/connectors");
    let origin = "Origin: http://console.example";
    let allowed = curl(&["-H", origin, &url]);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        Some("http://console.example")
    );
    assert_eq!(allowed.header("x-frame-options"), Some("DENY"));
    let preflight = curl(&[
        "-X",
        "OPTIONS",
        "-H",
        origin,
        "-H",
        "Access-Control-Request-Method: PUT",
        &url,
    ]);
    assert_eq!(preflight.status, 200);
    assert_eq!(
        preflight.header("access-control-allow-methods"),
        Some("GET,PUT")
    );
    let other = curl(&["-H", "Origin: http://evil.example", &url]);
    assert_eq!(
        (other.status, other.header("access-control-allow-origin")),
        (200, None)
    );
}
