//! Where librdkafka's bounds are narrower than Java's, and what Java refuses.

use super::tests::{accepted, errors, with};
use super::*;
use crate::test_map::map;

#[test]
fn a_value_that_librdkafka_cannot_have_is_narrowed_and_told_of() {
    for (name, value, native, used) in [
        ("linger.ms", "1000000", "linger.ms", "900000"),
        ("retry.backoff.ms", "0", "retry.backoff.ms", "1"),
        (
            "request.timeout.ms",
            "2147483647",
            "request.timeout.ms",
            "900000",
        ),
        (
            "socket.connection.setup.timeout.ms",
            "10",
            "socket.connection.setup.timeout.ms",
            "1000",
        ),
    ] {
        let settings = with(&[(name, value)], &[]).expect("valid");
        assert_eq!(settings.properties[native], used, "{name}");
        let told = settings.warnings.iter().any(|warning| {
            warning.starts_with(&format!("producer.{name}={value} "))
                && warning.ends_with(&format!(": {used} is used"))
        });
        assert!(told, "{name}: {:?}", settings.warnings);
    }
    let memory = accepted(&[("buffer.memory", "4294967296")]);
    assert_eq!(memory.buffer_memory_bytes, 2_147_483_647);
    assert!(
        memory.warnings[0].starts_with("producer.buffer.memory=4294967296 "),
        "{:?}",
        memory.warnings
    );
}

#[test]
fn compression_levels_are_java_s_within_librdkafka_s_bounds() {
    let level = |kind: &str, level: &str| {
        let name = format!("compression.{kind}.level");
        let settings = accepted(&[("compression.type", kind), (&name, level)]);
        let used = settings.properties["compression.level"].clone();
        (used, settings.warnings.len())
    };
    let used = |used: &str, warnings| (used.to_owned(), warnings);
    assert_eq!(level("gzip", "9"), used("9", 0));
    assert_eq!(level("gzip", "-1"), used("-1", 0), "its default");
    assert_eq!(level("lz4", "17"), used("12", 1));
    assert_eq!(level("zstd", "0"), used("-1", 0), "its default");
    assert_eq!(level("zstd", "22"), used("12", 1));
    assert_eq!(level("zstd", "-5"), used("1", 1));
    for (kind, value, why) in [
        ("gzip", "0", "Value must be between 1 and 9 or equal to -1"),
        ("gzip", "10", "Value must be between 1 and 9 or equal to -1"),
        ("lz4", "0", "Value must be at least 1"),
        ("lz4", "18", "Value must be no more than 17"),
        ("zstd", "-200000", "Value must be at least -131072"),
        ("zstd", "23", "Value must be no more than 22"),
    ] {
        // Java looks at all of them, whichever is used.
        assert_eq!(
            errors(&[(&format!("compression.{kind}.level"), value)]),
            format!(
                "Invalid value {value} for configuration producer.compression.{kind}.level: {why}"
            )
        );
    }
}

#[test]
fn what_java_refuses_is_refused_and_not_narrowed() {
    for (name, value, least) in [
        ("linger.ms", "-1", 0),
        ("max.in.flight.requests.per.connection", "0", 1),
        ("retries", "-1", 0),
        ("retry.backoff.ms", "-1", 0),
        ("request.timeout.ms", "-1", 0),
        ("metadata.max.age.ms", "-1", 0),
        ("reconnect.backoff.max.ms", "-1", 0),
        ("send.buffer.bytes", "-2", -1),
        ("buffer.memory", "-1", 0),
    ] {
        assert_eq!(
            errors(&[(name, value)]),
            format!(
                "Invalid value {value} for configuration producer.{name}: Value must be at least {least}"
            )
        );
    }
}

#[test]
fn a_delivery_that_would_time_out_before_its_request_is_refused_as_by_java() {
    let given = |timeout: &'static str| {
        [
            ("delivery.timeout.ms", timeout),
            ("linger.ms", "20"),
            ("request.timeout.ms", "1000"),
        ]
    };
    assert_eq!(
        accepted(&given("1020")).properties["message.timeout.ms"],
        "1020"
    );
    for timeout in ["0", "1019"] {
        assert_eq!(
            errors(&given(timeout)),
            "producer.delivery.timeout.ms should be equal to or larger than linger.ms + \
             request.timeout.ms"
        );
    }
}

#[test]
fn a_message_in_a_spool_is_given_up_neither_for_its_age_nor_after_so_many_tries() {
    let inputs = |has_spool, producer: &[(&str, &str)], connector: &[(&str, &str)]| {
        translate(&ProducerInputs {
            bootstrap_servers: "h:1",
            worker_client_id: "",
            worker_producer: &map(producer),
            connector_config: &map(connector),
            override_policy: &OverridePolicy::All,
            system_trust: &SystemTrust::default(),
            has_spool,
        })
        .expect("valid")
    };
    let java = [("delivery.timeout.ms", "120000"), ("retries", "3")];
    let kept = inputs(true, &java, &[]);
    assert_eq!(kept.properties["message.timeout.ms"], "0");
    assert_eq!(kept.properties["retries"], "2147483647");
    for (warning, given) in kept
        .warnings
        .iter()
        .zip(["producer.delivery.timeout.ms=120000", "producer.retries=3"])
    {
        let words = format!("{given} has no effect with a spool (websocket.spool.mode)");
        assert!(warning.starts_with(&words), "{warning}");
    }
    assert_eq!(kept.warnings.len(), 2);
    let own = [("producer.override.delivery.timeout.ms", "45000")];
    let overridden = inputs(true, &[java[0]], &own);
    assert_eq!(overridden.properties["message.timeout.ms"], "0");
    assert!(overridden.warnings[0].starts_with("producer.override.delivery.timeout.ms=45000 "));
    let without_end = [
        ("delivery.timeout.ms", "2147483647"),
        ("retries", "2147483647"),
    ];
    assert_eq!(inputs(true, &without_end, &[]).warnings, [""; 0]);
    let without = inputs(false, &java, &[]);
    assert_eq!(without.properties["message.timeout.ms"], "120000");
    assert_eq!(without.properties["retries"], "3");
    assert_eq!(without.warnings.len(), 1, "{:?}", without.warnings);
    assert!(without.warnings[0].contains("is lost with errors.tolerance=all"));
}
