//! Java's client settings in librdkafka's terms.
//!
//! Users have settings with the names of Kafka's Java clients; here they are
//! checked with the errors of Kafka's `ConfigDef` and translated by one
//! [`table`]. Invariants: a setting is translated, told of by name, or
//! refused by name, never swallowed; all errors come at once; no error,
//! warning or `Debug` output shows a secret.

mod check;
mod draft;
mod jaas;
mod jks;
mod policy;
mod properties;
mod sasl;
mod stores;
mod table;
mod tls;
mod trust;

use std::collections::BTreeMap;

pub(crate) use jaas::parse as login_module;
pub use policy::OverridePolicy;
pub use properties::NativeProperties;
pub(crate) use stores::{Identity, identity as store_identity, trusted as store_trusted};
pub use trust::SystemTrust;

use crate::files::WorkerConfig;
use draft::Draft;

/// What librdkafka waits for more records before it sends. More come together
/// while the request before is on its way, so there is little to wait for.
pub const DEFAULT_LINGER_MS: &str = "1";
/// What a producer may have on its way if `buffer.memory` is not given: more
/// only adds latency and memory, not speed.
pub const DEFAULT_BUFFER_MEMORY_BYTES: usize = 4_000 * 1024;
/// Kafka's default of `max.request.size`.
pub const DEFAULT_MAX_REQUEST_SIZE_BYTES: usize = 1_048_576;

/// A connector's settings for its producer.
pub const PRODUCER_OVERRIDE_PREFIX: &str = "producer.override.";
/// A connector's settings for its admin client.
pub const ADMIN_OVERRIDE_PREFIX: &str = "admin.override.";
/// Connect's has the connector's name in it, so that no two could share one.
const ADMIN_CLIENT_ID: &str = "connect-websocket-admin";

/// librdkafka's properties, which may hold secrets, and warnings.
pub type ClientProperties = (NativeProperties, Vec<String>);

/// Where a producer's settings come from.
#[derive(Clone, Copy)]
pub struct ProducerInputs<'a> {
    /// The worker's `bootstrap.servers`.
    pub bootstrap_servers: &'a str,
    /// The worker's `client.id`; empty if it has none.
    pub worker_client_id: &'a str,
    /// The worker's `producer.*`, without the prefix.
    pub worker_producer: &'a BTreeMap<String, String>,
    /// The connector's whole configuration, `producer.override.*` in it.
    pub connector_config: &'a BTreeMap<String, String>,
    /// What connectors may override.
    pub override_policy: &'a OverridePolicy,
    /// What TLS trusts if nothing else is said.
    pub system_trust: &'a SystemTrust,
    /// The connector has a spool, and so gives up nothing for its age.
    pub has_spool: bool,
}

/// A producer's settings, translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerSettings {
    /// librdkafka's properties; may hold secrets.
    pub properties: NativeProperties,
    /// `max.request.size`.
    pub max_request_size_bytes: usize,
    /// `buffer.memory`.
    pub buffer_memory_bytes: usize,
    /// What is worth telling but no error.
    pub warnings: Vec<String>,
}

/// What is wrong with client settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .errors.join("\n"))]
pub struct ClientSettingsErrors {
    /// One text for each thing that is wrong.
    pub errors: Vec<String>,
}

/// Translates a producer's settings: Connect's own, then the worker's
/// `producer.*`, then the connector's `producer.override.*`.
///
/// # Errors
/// All that is wrong, in Kafka's words where it has some.
pub fn translate(inputs: &ProducerInputs<'_>) -> Result<ProducerSettings, ClientSettingsErrors> {
    let mut draft = Draft::new(inputs.system_trust);
    draft.has_spool = inputs.has_spool;
    draft.give(
        "bootstrap.servers",
        "bootstrap.servers",
        inputs.bootstrap_servers,
    );
    if !inputs.worker_client_id.is_empty() {
        draft.give("client.id", "client.id", inputs.worker_client_id);
    }
    for (name, value) in inputs.worker_producer {
        draft.give(name, &format!("producer.{name}"), value);
    }
    draft.overrides(
        PRODUCER_OVERRIDE_PREFIX,
        inputs.connector_config,
        *inputs.override_policy,
    );
    draft.connect_defaults();
    draft.translate()
}

/// Translates an admin client's settings into librdkafka's, as Connect puts
/// them together: the worker's own security, its `admin.*`, the connector's
/// `admin.override.*`. With them come warnings.
///
/// # Errors
/// All that is wrong, in Kafka's words where it has some.
pub fn admin_properties(
    worker: &WorkerConfig,
    connector_config: &BTreeMap<String, String>,
    system_trust: &SystemTrust,
) -> Result<ClientProperties, ClientSettingsErrors> {
    let mut draft = Draft::new(system_trust);
    draft.give("client.id", "client.id", ADMIN_CLIENT_ID);
    let servers = "bootstrap.servers";
    draft.give(servers, servers, &worker.bootstrap_servers);
    for (name, value) in &worker.client_security {
        draft.give(name, name, value);
    }
    for (name, value) in &worker.admin {
        draft.give(name, &format!("admin.{name}"), value);
    }
    draft.overrides(
        ADMIN_OVERRIDE_PREFIX,
        connector_config,
        worker.override_policy,
    );
    let mut translated = draft.translate()?;
    // The worker's ssl.* may be there for its https listeners.
    let of_listeners = |warning: &String| warning.starts_with("ssl.");
    translated.warnings.retain(|warning| !of_listeners(warning));
    Ok((translated.properties, translated.warnings))
}

/// Translates the settings of a consumer, given in Java's names, into
/// librdkafka's; with them come warnings.
///
/// # Errors
/// All that is wrong, in Kafka's words where it has some.
pub fn client_properties(
    bootstrap_servers: &str,
    settings: &BTreeMap<String, String>,
    system_trust: &SystemTrust,
) -> Result<ClientProperties, ClientSettingsErrors> {
    let mut draft = Draft::new(system_trust);
    for (name, value) in settings {
        draft.give(name, name, value);
    }
    draft.give("bootstrap.servers", "bootstrap.servers", bootstrap_servers);
    let translated = draft.translate()?;
    Ok((translated.properties, translated.warnings))
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;
