//! What the JVM is told about the network holds for the connector: whom it
//! trusts, and its proxy.

use std::fs;
use std::path::Path;

use end_to_end::certificate::Certificate;
use end_to_end::connect::{Api, Builder, RealWorker, lines_of};
use end_to_end::kafka::{Kafka, Version, succeeded};
use end_to_end::process::command;
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;
use serde_json::json;

use crate::proxy::{OwnProxy, Proxy};
use crate::shared::{standalone, with_commits};

/// A truststore with this certificate, as the reference's troubleshooting has
/// users make one: it has the server's own.
fn truststore(certificate: &Path, folder: &Path) -> String {
    let store = folder.join("truststore.jks").display().to_string();
    let output = command("keytool")
        .args([
            "-import",
            "-trustcacerts",
            "-noprompt",
            "-alias",
            "ws",
            "-storepass",
            "changeit",
        ])
        .args(["-keystore", &store, "-file"])
        .arg(certificate)
        .output();
    succeeded(&output.expect("keytool runs"));
    store
}

/// The options of a JVM that has this truststore.
fn trusting(store: &str) -> Vec<String> {
    vec![
        format!("-Djavax.net.ssl.trustStore={store}"),
        "-Djavax.net.ssl.trustStorePassword=changeit".to_owned(),
    ]
}

fn start(version: Version, options: &[String]) -> RealWorker {
    let mut builder = with_commits(Builder::standalone(Kafka::shared(version)));
    for option in options {
        builder = builder.jvm_option(option.as_str());
    }
    builder.start()
}

/// Reads all that `server` sends by a worker, and what its topic has then.
fn delivered(worker: &impl Api, version: Version, name: &str, server: &Server) -> Vec<String> {
    worker.create(&Connector::new(name, server, name));
    worker.wait_for_sequence(name, 100);
    let records = Kafka::shared(version).read_all(name);
    worker.delete(name);
    records
}

#[test]
fn a_certificate_in_the_jvm_s_truststore_is_trusted_and_none_that_is_not() {
    const NAME: &str = "network-tls";
    let version = Version::V3_9;
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::create(folder.path());
    let server = Script::new(Library::Npm)
        .count(100)
        .secure(&certificate)
        .start();

    let stranger = standalone(version);
    let connector = Connector::new(NAME, &server, NAME).set("websocket.reconnect.enabled", "false");
    create_to_fail(stranger, &connector);
    let status = stranger.wait_for_task(NAME, "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    assert!(
        trace.contains("SSLHandshakeException") && trace.contains("javax.net.ssl.trustStore"),
        "{trace}"
    );
    stranger.delete(NAME);

    let store = truststore(&certificate.certificate, folder.path());
    let trusting = start(version, &trusting(&store));
    assert_complete(&delivered(&trusting, version, NAME, &server), 0..100);
}

fn create_to_fail(worker: &impl Api, connector: &Connector) {
    let body = json!({"name": connector.name(), "config": connector.config()});
    worker.expect(201, "POST", "/connectors", Some(&body));
}

fn port(server: &Server) -> u16 {
    let url = server.url();
    let authority = url.split('/').nth(2).expect("an authority");
    let (_, port) = authority.rsplit_once(':').expect("a port");
    port.parse().expect("a number")
}

#[test]
fn connections_go_through_the_jvm_s_proxy_but_those_to_hosts_that_need_none() {
    let version = Version::V4_1;
    let proxy = Proxy::start();
    let server = || Script::new(Library::Python).count(100).start();
    let (proxied, direct, socks) = (server(), server(), server());

    // By default a JVM connects to its own machine without a proxy.
    let mut options = proxy.options("http");
    let worker = start(version, &options);
    let records = delivered(&worker, version, "network-direct", &direct);
    assert_complete(&records, 0..100);
    assert!(!proxy.has_served("http", port(&direct)));
    drop(worker);

    options.push("-Dhttp.nonProxyHosts=".to_owned());
    let worker = start(version, &options);
    let records = delivered(&worker, version, "network-http", &proxied);
    assert_complete(&records, 0..100);
    assert!(proxy.has_served("http", port(&proxied)), "{}", proxy.log());
    drop(worker);

    let mut options = proxy.options("socks");
    options.push("-Dhttp.nonProxyHosts=".to_owned());
    let worker = start(version, &options);
    let records = delivered(&worker, version, "network-socks", &socks);
    assert_complete(&records, 0..100);
    assert!(proxy.has_served("socks", port(&socks)), "{}", proxy.log());
}

#[test]
fn a_truststore_that_cannot_be_read_fails_secure_connections_and_no_others() {
    const PLAIN: &str = "network-store-plain";
    const SECURE: &str = "network-store-secure";
    let version = Version::V3_9;
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("no-store.jks");
    fs::write(&store, "no store").expect("a file");
    let option = format!("-Djavax.net.ssl.trustStore={}", store.display());
    let worker = start(version, &[option]);
    let certificate = Certificate::create(folder.path());
    let secure = Script::new(Library::Npm).secure(&certificate).start();
    create_to_fail(&worker, &Connector::new(SECURE, &secure, SECURE));
    let trace = worker.trace(SECURE);
    assert!(trace.contains("javax.net.ssl.trustStore"), "{trace}");

    let plain = Script::new(Library::Npm).count(100).start();
    assert_complete(&delivered(&worker, version, PLAIN, &plain), 0..100);
    worker.wait_for_line(PLAIN, "Stopped - ");
    let warned = lines_of(&worker.log(), PLAIN, "truststore cannot be read");
    assert!(
        warned.len() == 1 && warned[0].contains("WARN"),
        "{warned:?}"
    );
    assert_eq!(secure.events("attempt").len(), 0);
}

/// The proxy sees no more than where to: TLS is spoken with the server, whose
/// certificate one has signed that the JVM trusts.
#[test]
fn secure_connections_go_through_the_proxy_of_https_and_trust_an_issuer() {
    const NAME: &str = "network-wss";
    let version = Version::V4_1;
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Certificate::create(folder.path());
    let proxy = Proxy::start();
    let server = Script::new(Library::Npm)
        .count(100)
        .secure(&certificate)
        .start();
    let mut options = trusting(&truststore(&certificate.authority, folder.path()));
    options.extend(proxy.options("https"));
    options.push("-Dhttp.nonProxyHosts=".to_owned());
    let worker = start(version, &options);
    assert_complete(&delivered(&worker, version, NAME, &server), 0..100);
    assert!(proxy.has_served("http", port(&server)), "{}", proxy.log());
}

/// One JVM has both: which way is a matter of each connector's host. A host
/// that only the proxy knows is not found on the way without it.
#[test]
fn a_pattern_of_hosts_without_proxy_holds_for_those_that_it_names() {
    let version = Version::V3_9;
    let proxy = OwnProxy::start();
    let mut options = proxy.options("http");
    // Java adds the names and addresses of the machine itself to them.
    options.push("-Dhttp.nonProxyHosts=*.example.com|*.direct.test".to_owned());
    let worker = start(version, &options);
    let server = || Script::new(Library::Npm).count(100).start();
    let to = |name: &str, server: &Server, host: &str| {
        let url = server.url().replace("localhost", host);
        Connector::new(name, server, name).set("websocket.url", &url)
    };
    // Java's URI has no host with an underscore in it.
    let proxied = [
        ("feed.proxied.test", server()),
        ("under_score.test", server()),
    ];
    let mut expected = Vec::new();
    for (host, server) in &proxied {
        let name = format!("network-to-{host}");
        worker.create(&to(&name, server, host));
        worker.wait_for_sequence(&name, 100);
        assert_complete(&Kafka::shared(version).read_all(&name), 0..100);
        expected.push(format!("{host}:{}", port(server)));
    }
    let own = server();
    worker.create(&to("network-to-own", &own, "localhost"));
    worker.wait_for_sequence("network-to-own", 100);
    let direct = to("network-direct-test", &own, "feed.direct.test");
    create_to_fail(&worker, &direct.set("websocket.reconnect.enabled", "false"));
    let trace = worker.trace("network-direct-test");
    assert!(trace.contains("feed.direct.test"), "{trace}");
    assert_eq!(proxy.asked_for(), expected);
}
