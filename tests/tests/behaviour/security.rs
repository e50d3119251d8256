//! Kafkas that want TLS and a login, with the settings that Java's clients
//! have for it.

use end_to_end::kafka::Version;
use end_to_end::secured::{PASSWORD, STORE_PASSWORD, SecuredKafka, USER};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
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
    let kafka = SecuredKafka::start(version);
    let logins = logins(&kafka);
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
fn a_wrong_password_is_told_and_nothing_is_dropped() {
    let kafka = SecuredKafka::start(Version::V3_9);
    let server = Script::new(Library::Npm).count(10).start();
    let jaas = login("plain.PlainLoginModule", USER, "wrong-secret");
    let mut connector = Connector::new("numbers", &server, "nobody");
    for (key, value) in sasl(&kafka, "PLAIN", jaas, ("PEM", "authority.pem")) {
        connector = connector.set(&format!("producer.override.{key}"), &value);
    }
    let worker = Worker::builder(&kafka.kafka).connector(connector).start();

    let line = worker.wait_for_line("Authentication failed");
    assert!(line.contains("WARN") || line.contains("ERROR"), "{line}");
    worker.wait_for_received("numbers", 10);
    let session = worker.session("numbers");
    assert_eq!(session["dropped_messages"]["overflow"], 0, "{session}");
    assert!(!worker.log().contains("wrong-secret"));
}
