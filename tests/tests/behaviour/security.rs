//! Kafkas that want TLS and a login, with the settings that Java's clients
//! have for it.

use std::fs;

use end_to_end::command;
use end_to_end::kafka::Version;
use end_to_end::secured::{PASSWORD, STORE_PASSWORD, SecuredKafka, USER};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::wait;
use end_to_end::worker::{Connector, Worker};

const MODULES: &str = "org.apache.kafka.common.security";

fn login(module: &str, user: &str, password: &str) -> String {
    format!("{MODULES}.{module} required username=\"{user}\" password=\"{password}\";")
}

/// `producer.override.*` of a connector.
type Overrides = Vec<(&'static str, String)>;

fn sasl(kafka: &SecuredKafka, mechanism: &str, jaas: String, trust: (&str, &str)) -> Overrides {
    let mut overrides = vec![
        ("bootstrap.servers", kafka.sasl()),
        ("security.protocol", "SASL_SSL".to_owned()),
        ("sasl.mechanism", mechanism.to_owned()),
        ("sasl.jaas.config", jaas),
        ("ssl.truststore.type", trust.0.to_owned()),
        ("ssl.truststore.location", kafka.file(trust.1)),
    ];
    if trust.0 != "PEM" {
        overrides.push(("ssl.truststore.password", STORE_PASSWORD.to_owned()));
    }
    overrides
}

fn mutual_tls(kafka: &SecuredKafka, store: (&str, &str)) -> Overrides {
    let mut overrides = vec![
        ("bootstrap.servers", kafka.mutual_tls()),
        ("security.protocol", "SSL".to_owned()),
        ("ssl.truststore.type", "PEM".to_owned()),
        ("ssl.truststore.location", kafka.file("authority.pem")),
        ("ssl.keystore.type", store.0.to_owned()),
        ("ssl.keystore.location", kafka.file(store.1)),
    ];
    if store.0 != "PEM" {
        overrides.push(("ssl.keystore.password", STORE_PASSWORD.to_owned()));
        overrides.push(("ssl.key.password", STORE_PASSWORD.to_owned()));
    }
    overrides
}

fn oauthbearer(kafka: &SecuredKafka) -> Overrides {
    let jaas = format!(
        "{MODULES}.oauthbearer.OAuthBearerLoginModule required clientId=\"{USER}\" \
         clientSecret=\"{PASSWORD}\" scope=\"produce\";"
    );
    let mut overrides = sasl(kafka, "OAUTHBEARER", jaas, ("PEM", "authority.pem"));
    let handler = format!("{MODULES}.oauthbearer.OAuthBearerLoginCallbackHandler");
    overrides.push(("sasl.login.callback.handler.class", handler));
    overrides.push((
        "sasl.oauthbearer.token.endpoint.url",
        kafka.token_endpoint(),
    ));
    overrides
}

fn logins(kafka: &SecuredKafka) -> Vec<(&'static str, Overrides)> {
    let plain = login("plain.PlainLoginModule", USER, PASSWORD);
    let scram = login("scram.ScramLoginModule", USER, PASSWORD);
    let (pem, pkcs12, jks) = (
        ("PEM", "authority.pem"),
        ("PKCS12", "trust.p12"),
        ("JKS", "trust.jks"),
    );
    vec![
        ("plain", sasl(kafka, "PLAIN", plain, pem)),
        (
            "scram-256",
            sasl(kafka, "SCRAM-SHA-256", scram.clone(), pkcs12),
        ),
        ("scram-512", sasl(kafka, "SCRAM-SHA-512", scram, jks)),
        ("oauthbearer", oauthbearer(kafka)),
        ("mtls-pkcs12", mutual_tls(kafka, ("PKCS12", "client.p12"))),
        ("mtls-pem", mutual_tls(kafka, ("PEM", "client-all.pem"))),
    ]
}

against_each_kafka!(every_login_and_store_of_java_s_clients_gets_in);

fn every_login_and_store_of_java_s_clients_gets_in(version: Version) {
    let kafka = SecuredKafka::shared(version);
    let logins = logins(kafka);
    let server = |_| Script::new(Library::Npm).count(200).start();
    let servers: Vec<_> = logins.iter().map(server).collect();
    let mut worker = Worker::builder(&kafka.kafka);
    for ((name, overrides), server) in logins.iter().zip(&servers) {
        let mut connector = Connector::new(name, server, name)
            .set("topic.creation.default.replication.factor", "1")
            .set("topic.creation.default.partitions", "1");
        for (key, value) in overrides {
            connector = connector
                .set(&format!("producer.override.{key}"), value)
                .set(&format!("admin.override.{key}"), value);
        }
        worker = worker.connector(connector);
    }
    let worker = worker.start();

    for (name, _) in &logins {
        worker.wait_for_acknowledged(name, 200);
        assert_complete(&kafka.kafka.read_all(name), 0..200);
        // By an admin client with the same login.
        worker.wait_for_line(&format!("Created topic '(name={name},"));
    }
    let log = worker.log();
    for secret in [PASSWORD, STORE_PASSWORD] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[test]
fn a_login_in_the_worker_s_file_is_that_of_its_producers_and_its_own_clients() {
    let secured = SecuredKafka::shared(Version::V3_9);
    let jaas = login("plain.PlainLoginModule", USER, PASSWORD);
    let login = sasl(secured, "PLAIN", jaas, ("PEM", "authority.pem"));
    let server = Script::new(Library::Npm).count(200).start();
    let mut worker = Worker::builder_without_kafka().connector(Connector::new(
        "numbers",
        &server,
        "worker-login",
    ));
    for (key, value) in &login {
        worker = worker.set(key, value);
        // As in Connect, the worker's own settings are not its producers'.
        if *key != "bootstrap.servers" {
            worker = worker.set(&format!("producer.{key}"), value);
        }
    }
    let worker = worker.start();
    worker.wait_for_acknowledged("numbers", 200);
    let records = secured.kafka.read_all("worker-login");
    assert_complete(&records, 0..200);
    assert_eq!(consumed(secured, "worker-login", &login), records);
    // The worker's own client asks for it.
    let id = wait::until("the cluster's id", || {
        worker.get("/")["kafka_cluster_id"]
            .as_str()
            .map(str::to_owned)
    });
    worker.wait_for_line(&format!("Kafka cluster ID: {id}"));
    assert!(!worker.log().contains(PASSWORD));
}

/// What `consume` prints of 200 records, with a file of client settings.
fn consumed(secured: &SecuredKafka, topic: &str, login: &Overrides) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("client.properties");
    let lines = login
        .iter()
        .map(|(key, value)| [key, "=", value, "\n"].concat());
    fs::write(&file, lines.collect::<String>()).expect("a file");
    let out = command::run(&[
        "consume",
        "--bootstrap-server",
        &secured.sasl(),
        "--consumer.config",
        file.to_str().expect("UTF-8"),
        "--topic",
        topic,
        "--from-beginning",
        "--max-messages=200",
        "--timeout-ms=30000",
    ]);
    out.succeeded().lines().map(str::to_owned).collect()
}

#[test]
fn a_wrong_password_is_told_and_nothing_is_dropped_or_written() {
    let secured = SecuredKafka::shared(Version::V3_9);
    secured.kafka.create_topic("nobody", 1);
    let server = Script::new(Library::Npm).count(10).start();
    let jaas = login("plain.PlainLoginModule", USER, "wrong-secret");
    let mut connector = Connector::new("numbers", &server, "nobody");
    for (key, value) in sasl(secured, "PLAIN", jaas, ("PEM", "authority.pem")) {
        connector = connector.set(&format!("producer.override.{key}"), &value);
    }
    let worker = Worker::builder(&secured.kafka).connector(connector).start();

    let line = worker.wait_for_line("Authentication failed");
    assert!(line.contains("WARN") || line.contains("ERROR"), "{line}");
    worker.wait_for_received("numbers", 10);
    let session = worker.session("numbers");
    let dropped = session["dropped_messages"].as_object().expect("counts");
    assert!(
        !dropped.is_empty() && dropped.values().all(|count| *count == 0),
        "{session}"
    );
    assert_eq!(
        worker.states("numbers"),
        ("RUNNING".to_owned(), "RUNNING".to_owned())
    );
    let written = "kafka_connect_source_task_metrics_source_record_write_total";
    assert_eq!(worker.metric(written, "numbers"), Some(0.0));
    assert_eq!(secured.kafka.records("nobody"), 0);
    assert!(!worker.log().contains("wrong-secret"));
}
