//! Settings as users write them, and whether librdkafka takes what becomes
//! of them.

use rdkafka::ClientConfig;
use rdkafka::producer::BaseProducer;

use super::*;
use crate::oauth::TokenSource;
use crate::test_map::map;

pub(super) fn with(
    worker: &[(&str, &str)],
    connector: &[(&str, &str)],
) -> Result<ProducerSettings, ClientSettingsErrors> {
    translate(&ProducerInputs {
        bootstrap_servers: "localhost:9092",
        worker_client_id: "",
        worker_producer: &map(worker),
        connector_config: &map(connector),
        override_policy: &OverridePolicy::All,
        system_trust: &SystemTrust::default(),
        has_spool: false,
    })
}

pub(super) fn errors(worker: &[(&str, &str)]) -> String {
    with(worker, &[]).expect_err("errors").to_string()
}

/// Translates and has librdkafka make a client of it, which connects nowhere
/// before it is polled.
pub(super) fn accepted(worker: &[(&str, &str)]) -> ProducerSettings {
    let settings = with(worker, &[]).expect("valid");
    let properties = BTreeMap::clone(&settings.properties);
    let config: ClientConfig = properties.into_iter().collect();
    if let Err(error) = config.create::<BaseProducer>() {
        panic!("{worker:?}: {error}");
    }
    settings
}

#[test]
fn connects_defaults_are_set() {
    let settings = accepted(&[]);
    let expected = map(&[
        ("acks", "-1"),
        ("bootstrap.servers", "localhost:9092"),
        ("client.id", "connect-websocket"),
        ("enable.idempotence", "true"),
        ("linger.ms", DEFAULT_LINGER_MS),
        ("max.in.flight.requests.per.connection", "5"),
    ]);
    assert_eq!(settings.properties, expected.into());
    assert_eq!(
        settings.max_request_size_bytes,
        DEFAULT_MAX_REQUEST_SIZE_BYTES
    );
    assert_eq!(settings.buffer_memory_bytes, DEFAULT_BUFFER_MEMORY_BYTES);
    assert_eq!(settings.warnings, [""; 0]);
}

/// An admin client's properties and warnings, or errors.
fn admin(worker: &[(&str, &str)], connector: &[(&str, &str)]) -> Result<ClientProperties, String> {
    let string = "org.apache.kafka.connect.storage.StringConverter";
    let mut all = map(&[
        ("key.converter", string),
        ("value.converter", string),
        ("offset.storage.file.filename", "f"),
        ("bootstrap.servers", "a:1"),
    ]);
    all.extend(map(worker));
    let worker = WorkerConfig::from_map(&all).unwrap_or_else(|error| panic!("{error}"));
    let translated = admin_properties(&worker, &map(connector), &SystemTrust::default());
    translated.map_err(|error| error.to_string())
}

#[test]
fn an_admin_client_has_the_worker_s_security_its_admin_settings_and_the_overrides() {
    let worker = [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        (
            "sasl.jaas.config",
            "PlainLoginModule required username=\"u\" password=\"p\";",
        ),
        ("admin.retry.backoff.ms", "7"),
        ("admin.retries", "3"),
        ("admin.listeners", "http://127.0.0.1:1"),
        ("producer.linger.ms", "9"),
        ("ssl.keystore.location", "of-the-listeners"),
        ("ssl.client.auth", "none"),
    ];
    let connector = [
        ("admin.override.retries", "5"),
        ("producer.override.acks", "1"),
    ];
    let (properties, warnings) = admin(&worker, &connector).expect("valid");
    for (name, value) in [
        ("bootstrap.servers", "a:1"),
        ("sasl.username", "u"),
        ("retry.backoff.ms", "7"),
        ("retries", "5"),
        ("client.id", "connect-websocket-admin"),
    ] {
        assert_eq!(properties[name], value, "{name}");
    }
    assert!(!properties.contains_key("linger.ms") && !properties.contains_key("acks"));
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn what_is_wrong_with_an_admin_client_is_named_as_it_was_given() {
    let no_effect = [("admin.default.api.timeout.ms", "7"), ("admin.foo", "x")];
    let (_, warnings) = admin(&no_effect, &[]).expect("valid");
    assert!(
        warnings.len() == 2
            && warnings[0].starts_with("admin.default.api.timeout.ms has no effect")
            && warnings[1].starts_with("admin.foo "),
        "{warnings:?}"
    );
    let policy = [("connector.client.config.override.policy", "None")];
    let overrides = [("admin.override.retries", "5")];
    let error = admin(&policy, &overrides).expect_err("not allowed");
    assert!(error.contains("admin.override.retries"), "{error}");
}

#[test]
fn the_connectors_overrides_win_over_the_workers_settings() {
    let settings = with(
        &[
            ("linger.ms", "7"),
            ("batch.size", "2000000"),
            ("bootstrap.servers", "a:1"),
        ],
        &[
            ("producer.override.linger.ms", " 9 "),
            ("websocket.url", "ws://h"),
        ],
    );
    let settings = settings.expect("valid");
    assert_eq!(settings.properties["linger.ms"], "9");
    assert_eq!(settings.properties["batch.size"], "2000000");
    assert_eq!(settings.properties["bootstrap.servers"], "a:1");
}

#[test]
fn javas_settings_become_librdkafkas() {
    let settings = accepted(&[
        ("acks", "1"),
        ("buffer.memory", "33554432"),
        ("max.request.size", "5000000"),
        ("compression.type", "zstd"),
        ("compression.zstd.level", "7"),
        ("delivery.timeout.ms", "2147483647"),
        ("request.timeout.ms", "30000"),
        ("retries", "2147483647"),
        ("retry.backoff.ms", "200"),
        ("send.buffer.bytes", "-1"),
        ("receive.buffer.bytes", "65536"),
        ("connections.max.idle.ms", "-1"),
        ("metadata.max.age.ms", "1000"),
        ("client.dns.lookup", "use_all_dns_ips"),
        ("metadata.recovery.strategy", "REBOOTSTRAP"),
        ("socket.connection.setup.timeout.ms", "2000"),
        (
            "partitioner.class",
            "org.apache.kafka.clients.producer.internals.DefaultPartitioner",
        ),
        ("max.block.ms", "9223372036854775807"),
        (
            "key.serializer",
            "org.apache.kafka.common.serialization.ByteArraySerializer",
        ),
        ("enable.metrics.push", "False"),
    ]);
    let p = &settings.properties;
    assert_eq!(
        (
            settings.buffer_memory_bytes,
            settings.max_request_size_bytes
        ),
        (33_554_432, 5_000_000)
    );
    assert_eq!(
        (
            p["compression.type"].as_str(),
            p["compression.level"].as_str()
        ),
        ("zstd", "7")
    );
    assert_eq!(
        (
            p["message.timeout.ms"].as_str(),
            p["retry.backoff.ms"].as_str()
        ),
        ("0", "200")
    );
    assert_eq!(p["socket.send.buffer.bytes"], "0");
    assert_eq!(p["connections.max.idle.ms"], "0");
    assert_eq!(p["socket.connection.setup.timeout.ms"], "2000");
    assert_eq!(settings.warnings, [""; 0]);
}

#[test]
fn the_client_id_is_the_worker_s_its_producers_or_the_connector_s() {
    let client_id = |worker: &str, producer: &[(&str, &str)], connector: &[(&str, &str)]| {
        let settings = translate(&ProducerInputs {
            bootstrap_servers: "h:1",
            worker_client_id: worker,
            worker_producer: &map(producer),
            connector_config: &map(connector),
            override_policy: &OverridePolicy::All,
            system_trust: &SystemTrust::default(),
            has_spool: false,
        });
        settings.expect("valid").properties["client.id"].clone()
    };
    let (producer, connector) = (("client.id", "p"), ("producer.override.client.id", "c"));
    assert_eq!(client_id("", &[], &[]), "connect-websocket");
    assert_eq!(client_id("w", &[], &[]), "w");
    assert_eq!(client_id("w", &[producer], &[]), "p");
    assert_eq!(client_id("w", &[producer], &[connector]), "c");
}

#[test]
fn idempotence_brings_its_conditions_along() {
    let settings = accepted(&[("enable.idempotence", "true")]);
    assert_eq!(
        settings.properties["max.in.flight.requests.per.connection"],
        "5"
    );
    for (name, value) in [
        ("enable.idempotence", "false"),
        ("acks", "1"),
        ("retries", "0"),
        ("max.in.flight.requests.per.connection", "6"),
    ] {
        let properties = accepted(&[(name, value)]).properties;
        assert_eq!(properties["enable.idempotence"], "false", "{name}");
    }
    let error = errors(&[
        ("enable.idempotence", "true"),
        ("acks", "1"),
        ("max.in.flight.requests.per.connection", "6"),
    ]);
    assert!(
        error.contains("Must set acks to all") && error.contains("at most 5"),
        "{error}"
    );
}

#[test]
fn wrong_values_are_reported_all_at_once_in_kafkas_words() {
    let error = errors(&[("linger.ms", "soon"), ("acks", "2"), ("batch.size", "-5")]);
    let lines: Vec<_> = error.lines().collect();
    assert!(lines.contains(
        &"Invalid value soon for configuration producer.linger.ms: Not a number of type LONG"
    ));
    assert!(lines.contains(
        &"Invalid value 2 for configuration producer.acks: String must be one of: all, -1, 0, 1"
    ));
    assert_eq!(lines.len(), 3, "{error}");
}

#[test]
fn nothing_is_swallowed() {
    let settings = with(
        &[
            ("linger.msec", "5"),
            ("no.such.thing", "1"),
            ("max.block.ms", "1000"),
            ("ssl.provider", "X"),
        ],
        &[],
    );
    let warnings = settings.expect("valid").warnings;
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(
        warnings[0].contains("did you mean linger.ms?"),
        "{warnings:?}"
    );
    for name in [
        "transactional.id",
        "interceptor.classes",
        "ssl.engine.factory.class",
    ] {
        assert!(errors(&[(name, "x")]).contains(name));
    }
    assert!(
        errors(&[(
            "partitioner.class",
            "org.apache.kafka.clients.producer.RoundRobinPartitioner"
        )])
        .contains("partitioner.class")
    );
}

/// Settings of which every value is obeyed without a trace: there is no JMX
/// reporter, records without a key stick to a partition whatever brokers do,
/// nothing creates a topic, and nothing is committed.
const OBEYED_EITHER_WAY: [&str; 4] = [
    "auto.include.jmx.reporter",
    "partitioner.adaptive.partitioning.enable",
    "allow.auto.create.topics",
    "enable.auto.commit",
];

#[test]
fn every_setting_has_an_effect_or_is_told_of_or_refused_by_name() {
    let unchanged = with(&[], &[]).expect("valid");
    for row in table::TABLE {
        // Those of SASL and TLS count together.
        if matches!(row.how, table::How::Together) || OBEYED_EITHER_WAY.contains(&row.name) {
            continue;
        }
        let named = format!("producer.{}", row.name);
        let values = [
            "true",
            "false",
            "1",
            "12345",
            "2000000",
            "0.5",
            "gzip",
            "rebootstrap",
            "use_all_dns_ips",
            "x",
        ];
        let seen = values.iter().any(|value| {
            // A value of another type says nothing.
            if row.kind.check(row.name, value).is_err() {
                return false;
            }
            match with(&[(row.name, value)], &[]) {
                Ok(settings) => {
                    settings.warnings.iter().any(|text| text.contains(&named))
                        || settings.properties != unchanged.properties
                        || settings.max_request_size_bytes != unchanged.max_request_size_bytes
                        || settings.buffer_memory_bytes != unchanged.buffer_memory_bytes
                }
                Err(error) => {
                    let text = error.to_string();
                    // Why a value is wrong is another matter than having none.
                    text.contains(&named) && !text.contains("must be one of")
                }
            }
        });
        assert!(seen, "{} is swallowed", row.name);
    }
}

#[test]
fn the_override_policy_is_obeyed() {
    let result = translate(&ProducerInputs {
        bootstrap_servers: "h:1",
        worker_client_id: "me",
        worker_producer: &map(&[("acks", "1")]),
        connector_config: &map(&[("producer.override.acks", "all")]),
        override_policy: &OverridePolicy::None,
        system_trust: &SystemTrust::default(),
        has_spool: false,
    });
    let error = result.expect_err("refused").to_string();
    assert!(
        error.contains("The 'None' policy does not allow 'acks'"),
        "{error}"
    );
}

#[test]
fn sasl_is_read_from_the_jaas_configuration() {
    let plain = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p\";";
    let settings = accepted(&[
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.jaas.config", plain),
    ]);
    assert_eq!(settings.properties["sasl.username"], "u");
    assert_eq!(settings.properties["sasl.password"], "p");
    accepted(&[
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        (
            "sasl.jaas.config",
            &plain.replace("plain.Plain", "scram.Scram"),
        ),
    ]);
}

#[test]
fn oauthbearer_has_unsecured_tokens_for_development() {
    let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
    let oauth = [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "OAUTHBEARER"),
    ];
    let unsecured = format!("{module} unsecuredLoginStringClaim_sub=\"alice\";");
    let mut given = oauth.to_vec();
    given.push(("sasl.jaas.config", &unsecured));
    let settings = accepted(&given);
    assert_eq!(
        settings.properties["sasl.oauthbearer.config"],
        "principal=alice"
    );
    assert!(settings.warnings[0].contains("development"));
}

#[test]
fn a_token_endpoint_with_credentials_in_it_is_refused_without_showing_them() {
    let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \
                  clientId=\"alice\" clientSecret=\"x\";";
    for url in [
        "https://alice:hunter2@idp.example.com/token",
        "https://hunter2@idp.example.com/token",
        "https://:hunter2@idp.example.com",
        "https://idp.example.com:hunter2/token",
        "https://alice:hunter2",
        "hunter2://idp.example.com",
    ] {
        let errors = errors(&[
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "OAUTHBEARER"),
            ("sasl.oauthbearer.token.endpoint.url", url),
            ("sasl.jaas.config", module),
        ]);
        let named = errors.contains("sasl.oauthbearer.token.endpoint.url");
        assert!(named && !errors.contains("hunter2"), "{errors}");
    }
}

#[test]
fn oauthbearer_asks_an_identity_provider_with_the_names_of_either_kafka() {
    let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
    let url = "https://idp.example.com/token";
    let oauth = [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.token.endpoint.url", url),
    ];
    let options = format!("{module} clientId=\"alice\" clientSecret=\"s3cret\" scope=\"produce\";");
    let bare = format!("{module};");
    let mut before = oauth.to_vec();
    before.push(("sasl.jaas.config", &options));
    let mut since_4_1 = oauth.to_vec();
    since_4_1.extend([
        ("sasl.jaas.config", bare.as_str()),
        ("sasl.oauthbearer.client.credentials.client.id", "alice"),
        (
            "sasl.oauthbearer.client.credentials.client.secret",
            "s3cret",
        ),
        ("sasl.oauthbearer.scope", "produce"),
    ]);
    for given in [&before, &since_4_1] {
        let settings = accepted(given);
        let config = &settings.properties["sasl.oauthbearer.config"];
        let source = TokenSource::from_config(config).expect("a source");
        assert_eq!(source.endpoint, url);
        assert_eq!(source.client_id, "alice");
        assert_eq!(source.client_secret, "s3cret");
        assert_eq!(source.scope.as_deref(), Some("produce"));
        assert!(!source.encodes_credentials);
    }

    since_4_1.retain(|(name, _)| !name.ends_with("client.id"));
    let missing = errors(&since_4_1);
    assert!(
        missing.contains("sasl.oauthbearer.client.credentials.client.id"),
        "{missing}"
    );
    assert!(!missing.contains("s3cret"), "{missing}");
    let mut file = oauth.to_vec();
    file[2].1 = "file:///token";
    file.push(("sasl.jaas.config", &options));
    assert!(errors(&file).contains("http:// or https://"));
}

#[test]
fn security_that_cannot_work_is_refused_with_the_cure_and_without_the_secret() {
    let wrong = [
        (vec![("security.protocol", "TLS")], "SASL_SSL"),
        (
            vec![("security.protocol", "SASL_SSL")],
            "GSSAPI is Kafka's default",
        ),
        (
            vec![
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "PLAIN"),
            ],
            "sasl.jaas.config",
        ),
        (
            vec![
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "PLAIN"),
                (
                    "sasl.jaas.config",
                    "x.ScramLoginModule required password=\"hunter2\";",
                ),
            ],
            "goes with a PlainLoginModule",
        ),
        (
            vec![
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "PLAIN"),
                (
                    "sasl.jaas.config",
                    "x.PlainLoginModule required username=\"hunter2\"",
                ),
            ],
            "semicolon",
        ),
        (
            vec![
                ("security.protocol", "SSL"),
                ("ssl.truststore.location", "/no/such/file"),
            ],
            "producer.ssl.truststore.location",
        ),
        (
            vec![
                ("security.protocol", "SSL"),
                ("ssl.keystore.key", "hunter2"),
            ],
            "go together",
        ),
        (
            vec![
                ("security.protocol", "SSL"),
                ("ssl.truststore.certificates", "hunter2"),
            ],
            "PEM",
        ),
    ];
    for (settings, part) in wrong {
        let error = errors(&settings);
        assert!(
            error.contains(part) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn debug_output_shows_no_secret() {
    let settings = with(
        &[
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "PLAIN"),
            (
                "sasl.jaas.config",
                "PlainLoginModule required username=\"u\" password=\"hunter2\";",
            ),
        ],
        &[],
    );
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_consumers_settings_are_translated_and_a_producers_defaults_are_not_among_them() {
    let given = map(&[
        ("fetch.max.wait.ms", "10"),
        ("group.id", "g"),
        ("isolation.level", "read_committed"),
    ]);
    let (properties, warnings) =
        client_properties("h:1", &given, &SystemTrust::default()).expect("valid");
    let expected = map(&[
        ("bootstrap.servers", "h:1"),
        ("fetch.wait.max.ms", "10"),
        ("group.id", "g"),
        ("isolation.level", "read_committed"),
    ]);
    assert_eq!((properties, warnings), (expected.into(), Vec::new()));
}

/// The names of `ProducerConfig.configNames()` in Kafka 3.9.1 and 4.1.1.
#[test]
fn every_setting_of_javas_producer_has_a_row() {
    let missing: Vec<_> = include_str!("producer_config_names.txt")
        .lines()
        .filter(|name| table::row(name).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
    let mut names: Vec<_> = table::TABLE.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names
        .windows(2)
        .for_each(|pair| assert_ne!(pair[0], pair[1]));
}
