//! Where and how the REST API listens: TLS, admin listeners, slow clients.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use end_to_end::certificate::{Certificate, openssl};
use end_to_end::curl::curl;
use end_to_end::rest::Answer;
use end_to_end::worker::Worker;
use end_to_end::{ports, process, tools};

const STORE_PASSWORD: &str = "store-secret";
const STOPPED: &str = r#"{"name":"a b","initial_state":"STOPPED","config":{
    "connector.class":"WebSocketSource","kafka.topic":"t","websocket.url":"ws://127.0.0.1:1"}}"#;

/// A server's certificate with its key, as PEM and as PKCS #12.
struct Stores {
    certificate: Certificate,
    pem: String,
    pkcs12: String,
}

impl Stores {
    fn create(folder: &Path) -> Self {
        let certificate = Certificate::create(folder);
        let pem = folder.join("server-all.pem");
        certificate.write_with_key(&pem);
        openssl(
            folder,
            &format!(
                "pkcs12 -export -in server.pem -inkey server-key.pem -out server.p12 -passout pass:{STORE_PASSWORD}"
            ),
        );
        Self {
            certificate,
            pem: pem.display().to_string(),
            pkcs12: folder.join("server.p12").display().to_string(),
        }
    }

    fn curl(&self, arguments: &[&str]) -> Answer {
        let authority = self.certificate.authority.display().to_string();
        curl(&[&["--cacert", &authority], arguments].concat())
    }
}

#[test]
fn https_is_served_from_a_pem_or_pkcs12_keystore() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = Stores::create(folder.path());
    for (location, password) in [(&stores.pem, ""), (&stores.pkcs12, STORE_PASSWORD)] {
        let port = ports::free();
        let url = format!("https://localhost:{port}");
        let worker = Worker::builder_without_kafka()
            .listener(&url)
            .set("listeners.https.ssl.keystore.location", location)
            .set("listeners.https.ssl.keystore.password", password)
            .start();
        assert_eq!(
            stores.curl(&[&format!("{url}/")]).json()["version"],
            "3.9.1"
        );
        let distrusted = curl(&[&format!("{url}/")]);
        assert_eq!(distrusted.status, 0, "nobody has signed it for the world");

        let json = "Content-Type: application/json";
        let created = stores.curl(&["-H", json, "-d", STOPPED, &format!("{url}/connectors")]);
        assert_eq!(created.status, 201, "{}", created.body);
        let location = format!("{url}/connectors/a%20b");
        assert_eq!(created.header("location"), Some(location.as_str()));
        assert_eq!(stores.curl(&[&location]).status, 200);
        let status = worker.get("/connectors/a%20b/status");
        let id = status["connector"]["worker_id"].as_str().expect("text");
        assert!(
            id.starts_with("127.0.0.1:"),
            "plain http is preferred: {id}"
        );
        assert!(!worker.log().contains(STORE_PASSWORD));
    }
}

#[test]
fn a_client_must_have_a_certificate_where_it_is_required() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = Stores::create(folder.path());
    let port = ports::free();
    let url = format!("https://localhost:{port}/");
    let authority = stores.certificate.authority.display().to_string();
    let _worker = Worker::builder_without_kafka()
        .listener(&format!("https://127.0.0.1:{port}"))
        .set("ssl.keystore.location", &stores.pem)
        .set("ssl.truststore.location", &authority)
        .set("ssl.client.auth", "required")
        .start();
    assert_eq!(stores.curl(&[&url]).status, 0);
    assert_eq!(stores.curl(&["--cert", &stores.pem, &url]).status, 200);
}

#[test]
fn an_https_listener_without_a_key_is_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("worker.properties");
    let converter = "org.apache.kafka.connect.storage.StringConverter";
    let settings = format!(
        "bootstrap.servers=x:1\nkey.converter={converter}\nvalue.converter={converter}\n\
         offset.storage.file.filename=o\nlisteners=https://127.0.0.1:0\n"
    );
    fs::write(&file, settings).expect("a file");
    let mut validate = process::command(tools::worker_binary());
    let output = validate.arg("validate").arg(&file).output();
    let output = output.expect("the worker runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("listeners.https.ssl.keystore.location"),
        "{said}"
    );

    let (code, log) = Worker::builder_without_kafka()
        .set("listeners", "https://127.0.0.1:0")
        .refused();
    assert_eq!(code, 2, "{log}");
    assert!(
        log.contains("listeners.https.ssl.keystore.location"),
        "{log}"
    );
}

#[test]
fn the_admin_resources_have_listeners_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = Stores::create(folder.path());
    let (plain, secure) = (ports::free(), ports::free());
    let listeners = format!("http://127.0.0.1:{plain},https://127.0.0.1:{secure}");
    let worker = Worker::builder_without_kafka()
        .set("admin.listeners", &listeners)
        .set("admin.listeners.https.ssl.keystore.location", &stores.pem)
        .start();
    let loggers = "/admin/loggers";
    for base in [
        format!("http://127.0.0.1:{plain}"),
        format!("https://localhost:{secure}"),
    ] {
        let root = stores.curl(&[&format!("{base}{loggers}")]).json();
        assert_eq!(root["root"]["level"], "INFO");
        assert_eq!(stores.curl(&[&format!("{base}/connectors")]).status, 404);
    }
    assert_eq!(worker.request("GET", loggers, None).status, 404);
    assert_eq!(worker.request("GET", "/connectors", None).status, 200);
}

#[test]
fn clients_that_do_not_go_on_hold_nobody_up() {
    let worker = Worker::builder_without_kafka().start();
    let address = worker.url("").replace("http://", "");
    let halves: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).expect("connected");
            let half = "POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
            stream.write_all(half.as_bytes()).expect("written");
            stream
        })
        .collect();
    assert_eq!(worker.request("GET", "/connectors", None).status, 200);
    drop(halves);
}
