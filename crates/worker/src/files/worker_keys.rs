//! Which of Kafka Connect's worker settings do something here, and why the
//! others do not; `docs/worker-configuration.md` has the same for people.
//!
//! Invariant: no key is an error by its name, as in Connect; none that is
//! given and has no effect stays untold.

use std::collections::BTreeMap;

/// Settings that are read. A name that ends in a dot is a prefix.
pub(super) const KNOWN: [&str; 43] = [
    "bootstrap.servers",
    "client.id",
    "group.id",
    "key.converter",
    "key.converter.",
    "value.converter",
    "value.converter.",
    "header.converter",
    "header.converter.",
    "offset.storage.file.filename",
    "config.storage.file.filename",
    "auto.restart.enabled",
    "auto.restart.interval.ms",
    "offset.flush.interval.ms",
    "task.shutdown.graceful.timeout.ms",
    "listeners",
    "listeners.https.",
    "admin.listeners",
    "admin.listeners.https.",
    "rest.advertised.host.name",
    "rest.advertised.port",
    "rest.advertised.listener",
    "access.control.allow.origin",
    "access.control.allow.methods",
    "response.http.headers.config",
    "rest.extension.classes",
    "rest.basic.auth.login.config",
    "config.providers",
    "console.enabled",
    "console.messages",
    "config.providers.",
    "connector.client.config.override.policy",
    "jolokia.enabled",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "topic.creation.enable",
    "topic.tracking.enable",
    "topic.tracking.allow.reset",
    "producer.",
    "admin.",
    "sasl.",
    "ssl.",
];

const NO_JVM: &str = "this worker loads no Java classes; what it has is built in";
const NO_JMX: &str =
    "this worker has no JMX; its metrics are at /metrics and, with jolokia.enabled, at /jolokia";
const NO_SINKS: &str = "this worker runs source connectors only, which consume nothing";
const DISTRIBUTED: &str = "it is for distributed mode, and this worker is a standalone one";

/// Settings of Kafka Connect without an effect: name or prefix, the values
/// that ask for nothing more than what happens here anyway, and why another
/// one has no effect.
const WITHOUT_EFFECT: [(&str, &[&str], &str); 34] = [
    ("plugin.path", &[""], NO_JVM),
    ("plugin.discovery", &["hybrid_warn"], NO_JVM),
    ("key.converter.plugin.version", &[""], NO_JVM),
    ("value.converter.plugin.version", &[""], NO_JVM),
    ("header.converter.plugin.version", &[""], NO_JVM),
    ("metric.reporters", &[""], NO_JMX),
    ("auto.include.jmx.reporter", &["false"], NO_JMX),
    ("metrics.context.", &[""], NO_JMX),
    ("consumer.", &[], NO_SINKS),
    (
        "offset.flush.timeout.ms",
        &["5000"],
        "offsets are written to a local file, and nothing waits for it",
    ),
    (
        "client.dns.lookup",
        &["use_all_dns_ips"],
        "give it for the clients that connect, as producer.client.dns.lookup",
    ),
    ("session.timeout.ms", &[], DISTRIBUTED),
    ("heartbeat.interval.ms", &[], DISTRIBUTED),
    ("rebalance.timeout.ms", &[], DISTRIBUTED),
    ("request.timeout.ms", &[], DISTRIBUTED),
    ("retry.backoff.ms", &[], DISTRIBUTED),
    ("retry.backoff.max.ms", &[], DISTRIBUTED),
    ("reconnect.backoff.ms", &[], DISTRIBUTED),
    ("reconnect.backoff.max.ms", &[], DISTRIBUTED),
    ("metadata.max.age.ms", &[], DISTRIBUTED),
    ("metadata.recovery.", &[], DISTRIBUTED),
    ("connections.max.idle.ms", &[], DISTRIBUTED),
    ("send.buffer.bytes", &[], DISTRIBUTED),
    ("receive.buffer.bytes", &[], DISTRIBUTED),
    ("socket.connection.setup.timeout.", &[], DISTRIBUTED),
    ("connect.protocol", &[], DISTRIBUTED),
    ("scheduled.rebalance.max.delay.ms", &[], DISTRIBUTED),
    ("worker.", &[], DISTRIBUTED),
    ("exactly.once.source.support", &["disabled"], DISTRIBUTED),
    ("config.storage.", &[], DISTRIBUTED),
    ("offset.storage.", &[], DISTRIBUTED),
    ("status.storage.", &[], DISTRIBUTED),
    ("inter.worker.", &[], DISTRIBUTED),
    (
        "internal.",
        &[],
        "it is of Kafka Connect before 3.0; converters of offsets are not for choice",
    ),
];

/// Whether a setting is for the worker's own clients.
pub(super) fn is_security(name: &str) -> bool {
    name == "security.protocol" || name.starts_with("sasl.") || name.starts_with("ssl.")
}

fn is(name: &str, known: &str) -> bool {
    name == known || (known.ends_with('.') && name.starts_with(known))
}

/// What a user should know about keys that are given.
pub(super) fn warnings(map: &BTreeMap<String, String>) -> Vec<String> {
    let mut warnings: Vec<String> = map
        .iter()
        .filter_map(|(name, value)| warning(name, value.trim()))
        .collect();
    let has_security = |prefix: &str| map.contains_key(&format!("{prefix}security.protocol"));
    if has_security("") && !has_security("producer.") {
        warnings.push(
            "security.protocol is for the worker's own clients; connectors write with producer.* \
             settings: repeat it there as producer.security.protocol"
                .to_owned(),
        );
    }
    warnings
}

fn warning(name: &str, value: &str) -> Option<String> {
    let exact = WITHOUT_EFFECT.iter().find(|(known, _, _)| *known == name);
    let is_known = is_security(name) || KNOWN.iter().any(|known| is(name, known));
    if exact.is_none() && is_known {
        return None;
    }
    let prefixed = || WITHOUT_EFFECT.iter().find(|(known, _, _)| is(name, known));
    let without = exact.or_else(prefixed);
    if let Some((_, expected, why)) = without {
        let as_expected = expected.iter().any(|e| value.eq_ignore_ascii_case(e));
        return (!as_expected).then(|| format!("{name} has no effect: {why}"));
    }
    let near = KNOWN
        .iter()
        .find(|known| strsim::damerau_levenshtein(known, name) <= 2)
        .map(|known| format!("; did you mean {known}?"));
    let near = near.unwrap_or_default();
    Some(format!(
        "{name} is not a setting of this worker and has no effect{near}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(pairs: &[(&str, &str)]) -> Vec<String> {
        let map = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        warnings(&map.collect())
    }

    #[test]
    fn settings_with_an_effect_are_no_news() {
        let given = [
            ("value.converter.schemas.enable", "false"),
            ("config.providers.file.param.allowed.paths", "/x"),
            ("listeners.https.ssl.keystore.type", "PEM"),
            ("plugin.discovery", "HYBRID_WARN"),
            ("producer.linger.ms", "1"),
        ];
        assert_eq!(warned(&given), [""; 0]);
    }

    #[test]
    fn a_setting_without_effect_is_told_of_with_the_reason() {
        for (name, part) in [
            ("plugin.path", "no Java classes"),
            ("metric.reporters", "/metrics"),
            ("metrics.context.k8s", "jolokia.enabled"),
            ("offset.storage.topic", "distributed"),
            ("session.timeout.ms", "distributed"),
            ("consumer.max.poll.records", "source connectors only"),
            ("offset.flush.timeout.ms", "local file"),
        ] {
            let warnings = warned(&[(name, "x")]);
            assert!(
                warnings.len() == 1 && warnings[0].contains(part) && warnings[0].contains(name),
                "{warnings:?}"
            );
        }
    }

    #[test]
    fn every_setting_of_connect_s_standalone_worker_is_known() {
        // `StandaloneConfig` of 3.9.1 and 4.1.1, without ssl.* and sasl.*.
        let all = "access.control.allow.methods access.control.allow.origin admin.listeners \
            auto.include.jmx.reporter bootstrap.servers client.dns.lookup config.providers \
            connector.client.config.override.policy header.converter \
            header.converter.plugin.version key.converter key.converter.plugin.version listeners \
            metric.reporters metrics.num.samples metrics.recording.level metrics.sample.window.ms \
            offset.flush.interval.ms offset.flush.timeout.ms offset.storage.file.filename \
            plugin.discovery plugin.path response.http.headers.config rest.advertised.host.name \
            rest.advertised.listener rest.advertised.port rest.extension.classes \
            task.shutdown.graceful.timeout.ms topic.creation.enable topic.tracking.allow.reset \
            topic.tracking.enable value.converter value.converter.plugin.version";
        for name in all.split_whitespace() {
            let unknown = warned(&[(name, "x")]);
            let unknown = unknown.iter().any(|text| text.contains("not a setting"));
            assert!(!unknown, "{name}");
        }
    }

    #[test]
    fn the_documentation_has_every_setting() {
        let text = include_str!("../../../../docs/worker-configuration.md");
        let without = WITHOUT_EFFECT.iter().map(|(name, _, _)| name);
        for name in KNOWN.iter().chain(without) {
            let shown = match name.strip_suffix('.') {
                Some(prefix) => format!("`{prefix}.*`"),
                None => format!("`{name}`"),
            };
            assert!(text.contains(&shown), "{shown}");
        }
    }

    #[test]
    fn an_unknown_setting_is_told_of_with_what_may_be_meant() {
        let warnings = warned(&[("listener", "http://:1"), ("my.own", "1")]);
        assert!(
            warnings[0].ends_with("did you mean listeners?"),
            "{warnings:?}"
        );
        assert!(warnings[1].ends_with("has no effect"), "{warnings:?}");
    }

    #[test]
    fn security_of_the_worker_only_is_told_of() {
        assert_eq!(warned(&[("security.protocol", "SSL")]).len(), 1);
        let both = [
            ("security.protocol", "SSL"),
            ("producer.security.protocol", "SSL"),
        ];
        assert_eq!(warned(&both), [""; 0]);
    }
}
