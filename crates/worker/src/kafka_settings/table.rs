//! Every setting of Kafka's producer and admin client (3.9 and 4.1), the
//! consumer's that matter to reading a topic, and what becomes of each.

use super::check::Kind::{self, Bool, Double, Int, List, Long, Secret, Text};
use super::draft::Draft;

/// What becomes of a setting.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// librdkafka has it by the same name, with the same meaning.
    Same,
    /// librdkafka has it, perhaps by another name, in narrower bounds than
    /// Java; that is said where a value is changed.
    Clamped {
        native: &'static str,
        /// What Java refuses to go below.
        java_min: Option<i64>,
        min: i64,
        max: i64,
    },
    /// It takes a little work; the error says what is wrong with the value.
    Converted(fn(&mut Draft<'_>, &str) -> Result<(), String>),
    /// It is translated with others: SASL and TLS.
    Together,
    /// It has no effect; that is said unless the value is one of these.
    Ignored {
        unless: &'static [&'static str],
        why: &'static str,
    },
    /// It cannot be obeyed, unless the value is one of these.
    Refused {
        unless: &'static [&'static str],
        why: &'static str,
    },
}

/// One setting.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) how: How,
}

const fn same(name: &'static str, kind: Kind) -> Row {
    Row {
        name,
        kind,
        how: How::Same,
    }
}

const fn clamped(
    name: &'static str,
    kind: Kind,
    java_min: Option<i64>,
    native: &'static str,
    min: i64,
    max: i64,
) -> Row {
    Row {
        name,
        kind,
        how: How::Clamped {
            native,
            java_min,
            min,
            max,
        },
    }
}

const fn converted(
    name: &'static str,
    kind: Kind,
    convert: fn(&mut Draft<'_>, &str) -> Result<(), String>,
) -> Row {
    Row {
        name,
        kind,
        how: How::Converted(convert),
    }
}

const fn together(name: &'static str, kind: Kind) -> Row {
    Row {
        name,
        kind,
        how: How::Together,
    }
}

const fn ignored(
    name: &'static str,
    kind: Kind,
    unless: &'static [&'static str],
    why: &'static str,
) -> Row {
    Row {
        name,
        kind,
        how: How::Ignored { unless, why },
    }
}

const fn refused(
    name: &'static str,
    kind: Kind,
    unless: &'static [&'static str],
    why: &'static str,
) -> Row {
    Row {
        name,
        kind,
        how: How::Refused { unless, why },
    }
}

const MAX_INT: i64 = 2_147_483_647;
const NO_JVM: &str = "this worker has no JVM";
const JMX: &str = "this worker's metrics are at GET /metrics";
const KERBEROS: &str = "Kerberos (GSSAPI) is not built in";
const LOGIN: &str = "librdkafka decides when to log in again";
const OPENSSL: &str = "OpenSSL's defaults apply";
const NO_CLASSES: &str = "this worker cannot load Java classes";
const CONSUMES: &str = "this command reads without a group and commits nothing";

/// The row of a setting.
pub(super) fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

/// All settings.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    same("bootstrap.servers", List),
    same("client.id", Text),
    converted("acks", Text, acks),
    converted("batch.size", Int, batch_size),
    converted("buffer.memory", Long, buffer_memory),
    converted("max.request.size", Int, max_request_size),
    converted("compression.type", Text, compression),
    converted("compression.gzip.level", Int, gzip_level),
    converted("compression.lz4.level", Int, lz4_level),
    converted("compression.zstd.level", Int, zstd_level),
    converted("enable.idempotence", Bool, idempotence),
    clamped("linger.ms", Long, Some(0), "linger.ms", 0, 900_000),
    clamped("max.in.flight.requests.per.connection", Int, Some(1), "max.in.flight.requests.per.connection", 1, 1_000_000),
    clamped("retries", Int, Some(0), "retries", 0, MAX_INT),
    clamped("retry.backoff.ms", Long, Some(0), "retry.backoff.ms", 1, 300_000),
    clamped("retry.backoff.max.ms", Long, Some(0), "retry.backoff.max.ms", 1, 300_000),
    clamped("request.timeout.ms", Int, Some(0), "request.timeout.ms", 1, 900_000),
    converted("delivery.timeout.ms", Int, delivery_timeout),
    ignored("max.block.ms", Long, &["9223372036854775807"], "what happens when the producer is full is websocket.buffer.overflow's"),
    converted("partitioner.class", Text, partitioner),
    refused("partitioner.ignore.keys", Bool, &["false"], "keys decide the partition here"),
    ignored("partitioner.adaptive.partitioning.enable", Bool, &["true", "false"], "records without a key stick to a partition for a while"),
    ignored("partitioner.availability.timeout.ms", Long, &["0"], "records without a key stick to a partition for a while"),
    refused("transactional.id", Text, &[""], "a task with exactly.once.support=required has its own"),
    clamped("transaction.timeout.ms", Int, None, "transaction.timeout.ms", 1_000, MAX_INT),
    refused("transaction.two.phase.commit.enable", Bool, &["false"], "transactions end with the records of one task"),
    refused("key.serializer", Text, &["org.apache.kafka.common.serialization.ByteArraySerializer"], "converters make the bytes: set key.converter"),
    refused("value.serializer", Text, &["org.apache.kafka.common.serialization.ByteArraySerializer"], "converters make the bytes: set value.converter"),
    refused("interceptor.classes", List, &[""], NO_CLASSES),
    // Connections and metadata.
    clamped("metadata.max.age.ms", Long, Some(0), "metadata.max.age.ms", 1, 86_400_000),
    ignored("metadata.max.idle.ms", Long, &["300000"], "librdkafka keeps a topic's metadata while it is used"),
    converted("metadata.recovery.strategy", Text, lower::<METADATA_RECOVERY>),
    clamped("metadata.recovery.rebootstrap.trigger.ms", Long, Some(0), "metadata.recovery.rebootstrap.trigger.ms", 0, MAX_INT),
    clamped("connections.max.idle.ms", Long, None, "connections.max.idle.ms", 0, MAX_INT),
    clamped("reconnect.backoff.ms", Long, Some(0), "reconnect.backoff.ms", 0, 3_600_000),
    clamped("reconnect.backoff.max.ms", Long, Some(0), "reconnect.backoff.max.ms", 0, 3_600_000),
    clamped("send.buffer.bytes", Int, Some(-1), "socket.send.buffer.bytes", 0, 100_000_000),
    clamped("receive.buffer.bytes", Int, Some(-1), "socket.receive.buffer.bytes", 0, 100_000_000),
    clamped("socket.connection.setup.timeout.ms", Long, None, "socket.connection.setup.timeout.ms", 1_000, MAX_INT),
    ignored("socket.connection.setup.timeout.max.ms", Long, &["30000"], "librdkafka's attempts all have socket.connection.setup.timeout.ms"),
    converted("client.dns.lookup", Text, lower::<DNS_LOOKUP>),
    same("client.rack", Text),
    // The admin client's.
    ignored("default.api.timeout.ms", Int, &["60000"], "a request of the admin client has up to a minute"),
    refused("bootstrap.controllers", List, &[""], "topics are created by brokers: set bootstrap.servers"),
    // Metrics.
    converted("enable.metrics.push", Bool, metrics_push),
    ignored("auto.include.jmx.reporter", Bool, &["true", "false"], JMX),
    ignored("metric.reporters", List, &["org.apache.kafka.common.metrics.JmxReporter"], JMX),
    ignored("metrics.num.samples", Int, &["2"], JMX),
    ignored("metrics.recording.level", Text, &["INFO"], JMX),
    ignored("metrics.sample.window.ms", Long, &["30000"], JMX),
    // Security.
    together("security.protocol", Text),
    ignored("security.providers", Text, &[], NO_JVM),
    together("sasl.mechanism", Text),
    together("sasl.jaas.config", Secret),
    refused("sasl.client.callback.handler.class", Text, &[""], NO_CLASSES),
    together("sasl.login.callback.handler.class", Text),
    refused("sasl.login.class", Text, &[""], NO_CLASSES),
    ignored("sasl.kerberos.kinit.cmd", Text, &["/usr/bin/kinit"], KERBEROS),
    ignored("sasl.kerberos.min.time.before.relogin", Long, &["60000"], KERBEROS),
    ignored("sasl.kerberos.service.name", Text, &[], KERBEROS),
    ignored("sasl.kerberos.ticket.renew.jitter", Double, &["0.05"], KERBEROS),
    ignored("sasl.kerberos.ticket.renew.window.factor", Double, &["0.8"], KERBEROS),
    ignored("sasl.login.connect.timeout.ms", Int, &[], LOGIN),
    ignored("sasl.login.read.timeout.ms", Int, &[], LOGIN),
    ignored("sasl.login.refresh.buffer.seconds", Int, &["300"], LOGIN),
    ignored("sasl.login.refresh.min.period.seconds", Int, &["60"], LOGIN),
    ignored("sasl.login.refresh.window.factor", Double, &["0.8"], LOGIN),
    ignored("sasl.login.refresh.window.jitter", Double, &["0.05"], LOGIN),
    ignored("sasl.login.retry.backoff.max.ms", Long, &["10000"], LOGIN),
    ignored("sasl.login.retry.backoff.ms", Long, &["100"], LOGIN),
    together("sasl.oauthbearer.token.endpoint.url", Text),
    together("sasl.oauthbearer.client.credentials.client.id", Text),
    together("sasl.oauthbearer.client.credentials.client.secret", Secret),
    together("sasl.oauthbearer.scope", Text),
    ignored("sasl.oauthbearer.clock.skew.seconds", Int, &["30"], "it is the broker that checks tokens"),
    ignored("sasl.oauthbearer.expected.audience", List, &[], "it is the broker that checks tokens"),
    ignored("sasl.oauthbearer.expected.issuer", Text, &[], "it is the broker that checks tokens"),
    together("sasl.oauthbearer.header.urlencode", Bool),
    ignored("sasl.oauthbearer.jwks.endpoint.refresh.ms", Long, &["3600000"], "it is the broker that checks tokens"),
    ignored("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Long, &["10000"], "it is the broker that checks tokens"),
    ignored("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Long, &["100"], "it is the broker that checks tokens"),
    ignored("sasl.oauthbearer.jwks.endpoint.url", Text, &[], "it is the broker that checks tokens"),
    ignored("sasl.oauthbearer.scope.claim.name", Text, &["scope"], "it is the broker that reads claims"),
    ignored("sasl.oauthbearer.sub.claim.name", Text, &["sub"], "it is the broker that reads claims"),
    refused("sasl.oauthbearer.jwt.retriever.class", Text, &["", "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", "org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever"], NO_CLASSES),
    refused("sasl.oauthbearer.jwt.validator.class", Text, &["", "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", "org.apache.kafka.common.security.oauthbearer.ClientJwtValidator"], NO_CLASSES),
    refused("sasl.oauthbearer.assertion.algorithm", Text, &["", "RS256"], "signed assertions are not supported by this worker; use client credentials"),
    refused("sasl.oauthbearer.assertion.claim.aud", Text, &[""], "signed assertions are not supported by this worker; use client credentials"),
    ignored("sasl.oauthbearer.assertion.claim.exp.seconds", Int, &["300"], "signed assertions are not supported by this worker"),
    refused("sasl.oauthbearer.assertion.claim.iss", Text, &[""], "signed assertions are not supported by this worker; use client credentials"),
    ignored("sasl.oauthbearer.assertion.claim.jti.include", Bool, &["false"], "signed assertions are not supported by this worker"),
    ignored("sasl.oauthbearer.assertion.claim.nbf.seconds", Int, &["60"], "signed assertions are not supported by this worker"),
    refused("sasl.oauthbearer.assertion.claim.sub", Text, &[""], "signed assertions are not supported by this worker; use client credentials"),
    refused("sasl.oauthbearer.assertion.file", Text, &[""], "signed assertions are not supported by this worker; use client credentials"),
    refused("sasl.oauthbearer.assertion.private.key.file", Text, &[""], "signed assertions are not supported by this worker; use client credentials"),
    refused("sasl.oauthbearer.assertion.private.key.passphrase", Secret, &[""], "signed assertions are not supported by this worker; use client credentials"),
    refused("sasl.oauthbearer.assertion.template.file", Text, &[""], "signed assertions are not supported by this worker; use client credentials"),
    together("ssl.truststore.type", Text),
    together("ssl.truststore.location", Text),
    together("ssl.truststore.password", Secret),
    together("ssl.truststore.certificates", Secret),
    together("ssl.keystore.type", Text),
    together("ssl.keystore.location", Text),
    together("ssl.keystore.password", Secret),
    together("ssl.keystore.key", Secret),
    together("ssl.keystore.certificate.chain", Secret),
    together("ssl.key.password", Secret),
    together("ssl.endpoint.identification.algorithm", Text),
    ignored("ssl.cipher.suites", List, &[], OPENSSL),
    ignored("ssl.enabled.protocols", List, &["TLSv1.2,TLSv1.3", "TLSv1.2", "TLSv1.3"], OPENSSL),
    ignored("ssl.protocol", Text, &["TLSv1.3", "TLSv1.2", "TLS"], OPENSSL),
    ignored("ssl.provider", Text, &[], NO_JVM),
    ignored("ssl.keymanager.algorithm", Text, &["SunX509"], NO_JVM),
    ignored("ssl.trustmanager.algorithm", Text, &["PKIX"], NO_JVM),
    ignored("ssl.secure.random.implementation", Text, &[], NO_JVM),
    refused("ssl.engine.factory.class", Text, &[""], NO_CLASSES),
    // The consumer's.
    same("auto.offset.reset", Text),
    same("isolation.level", Text),
    same("group.id", Text),
    same("check.crcs", Bool),
    clamped("fetch.max.wait.ms", Int, Some(0), "fetch.wait.max.ms", 0, 300_000),
    clamped("fetch.min.bytes", Int, Some(0), "fetch.min.bytes", 1, 100_000_000),
    clamped("fetch.max.bytes", Int, Some(0), "fetch.max.bytes", 0, 2_147_483_135),
    clamped("max.partition.fetch.bytes", Int, Some(0), "max.partition.fetch.bytes", 1, 1_000_000_000),
    ignored("allow.auto.create.topics", Bool, &["true", "false"], "reading creates no topic"),
    ignored("enable.auto.commit", Bool, &["true", "false"], CONSUMES),
    ignored("auto.commit.interval.ms", Int, &["5000"], CONSUMES),
    ignored("session.timeout.ms", Int, &["45000"], CONSUMES),
    ignored("heartbeat.interval.ms", Int, &["3000"], CONSUMES),
    ignored("max.poll.interval.ms", Int, &["300000"], CONSUMES),
    ignored("max.poll.records", Int, &["500"], CONSUMES),
    ignored("key.deserializer", Text, &[], "keys are printed as they are"),
    ignored("value.deserializer", Text, &[], "values are printed as they are"),
];

fn acks(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    let native = match value.to_ascii_lowercase().as_str() {
        "all" | "-1" => "-1",
        "0" => {
            draft.warnings.push(
                "acks=0: Kafka acknowledges nothing, so records may be lost without a trace"
                    .to_owned(),
            );
            "0"
        }
        "1" => "1",
        _ => return Err("String must be one of: all, -1, 0, 1".to_owned()),
    };
    draft.set("acks", native);
    Ok(())
}

fn at_least(value: &str, min: i64) -> Result<i64, String> {
    match value.parse() {
        Ok(number) if number >= min => Ok(number),
        _ => Err(format!("Value must be at least {min}")),
    }
}

fn at_most(number: i64, max: i64) -> Result<(), String> {
    if number > max {
        return Err(format!("Value must be no more than {max}"));
    }
    Ok(())
}

/// A request holds what waits while the one before is on its way; fewer
/// records in it would only cost time.
const MIN_BATCH_BYTES: i64 = 1_000_000;

fn batch_size(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    let bytes = at_least(value, 0)?;
    if bytes < MIN_BATCH_BYTES {
        draft.warnings.push(format!(
            "batch.size below {MIN_BATCH_BYTES} has no effect: a request takes what is waiting"
        ));
    }
    draft.set("batch.size", bytes.max(MIN_BATCH_BYTES).to_string());
    Ok(())
}

fn buffer_memory(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    let bytes = at_least(value, 0)?;
    // Our own bound: more would not be queued in any reasonable time.
    let bytes = draft.narrowed("buffer.memory", bytes, (0, MAX_INT));
    draft.buffer_memory_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    Ok(())
}

fn max_request_size(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    const LIMIT: i64 = 1_000_000_000;
    let bytes = at_least(value, 1_000)?;
    if bytes > LIMIT {
        return Err(format!("librdkafka's limit is {LIMIT}"));
    }
    draft.max_request_size_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    Ok(())
}

fn compression(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    let kind = value.to_ascii_lowercase();
    // librdkafka's bounds of all levels are those of lz4. Its -1 is each
    // kind's default, as Java's of gzip; zstd's own name for that is 0.
    let (default, min, max) = match kind.as_str() {
        "gzip" => (-1, 1, 9),
        "zstd" => (0, 1, 12),
        // It has no level, or one without such a name.
        "none" | "snappy" | "lz4" => (i64::MIN, 1, 12),
        _ => return Err("String must be one of: none, gzip, snappy, lz4, zstd".to_owned()),
    };
    let name = format!("compression.{kind}.level");
    let level = draft.value(&name);
    if let Some(level) = level.and_then(|given| given.value.parse::<i64>().ok()) {
        let native = if level == default {
            -1
        } else {
            draft.narrowed(&name, level, (min, max))
        };
        draft.set("compression.level", native.to_string());
    }
    draft.set("compression.type", kind);
    Ok(())
}

/// Levels are checked whatever `compression.type` is, and used by it.
fn gzip_level(_draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    match value.parse::<i64>() {
        Ok(-1 | 1..=9) => Ok(()),
        _ => Err("Value must be between 1 and 9 or equal to -1".to_owned()),
    }
}

fn lz4_level(_draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    at_most(at_least(value, 1)?, 17)
}

fn zstd_level(_draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    at_most(at_least(value, -131_072)?, 22)
}

#[allow(clippy::unnecessary_wraps)] // The table's signature.
fn idempotence(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    draft.set("enable.idempotence", value.to_ascii_lowercase());
    Ok(())
}

#[allow(clippy::unnecessary_wraps)] // The table's signature.
fn metrics_push(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    draft.set("enable.metrics.push", value.to_ascii_lowercase());
    Ok(())
}

fn delivery_timeout(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    let ms = at_least(value, 0)?;
    // Connect's own value is "never", which librdkafka writes as 0. A value
    // too small is refused when linger.ms and request.timeout.ms are known.
    let ms = if ms == MAX_INT { 0 } else { ms.max(1) };
    draft.set("message.timeout.ms", ms.to_string());
    Ok(())
}

fn partitioner(_draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    match value.rsplit('.').next().unwrap_or(value) {
        "" | "DefaultPartitioner" => Ok(()),
        _ => Err(
            "this worker partitions as Kafka's default does (murmur2 of the key) and cannot load \
             Java classes; remove the setting"
                .to_owned(),
        ),
    }
}

const METADATA_RECOVERY: usize = 0;
const DNS_LOOKUP: usize = 1;
const ENUMS: [(&str, &[&str]); 2] = [
    ("metadata.recovery.strategy", &["none", "rebootstrap"]),
    (
        "client.dns.lookup",
        &[
            "use_all_dns_ips",
            "resolve_canonical_bootstrap_servers_only",
        ],
    ),
];

/// One of a few words, in lower case.
fn lower<const ENUM: usize>(draft: &mut Draft<'_>, value: &str) -> Result<(), String> {
    let (native, words) = ENUMS[ENUM];
    let word = value.to_ascii_lowercase();
    if !words.contains(&word.as_str()) {
        return Err(format!("String must be one of: {}", words.join(", ")));
    }
    draft.set(native, word);
    Ok(())
}
