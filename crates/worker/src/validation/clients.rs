//! The Kafka clients of a connector: its producer, and the admin client that
//! creates its topics.

use connect_api::config::{ConfigKey, Default, Importance, Type};

use super::{Config, Setting, Validation};
use crate::files::WorkerConfig;
use crate::kafka_settings::{
    ADMIN_OVERRIDE_PREFIX, NativeProperties, PRODUCER_OVERRIDE_PREFIX, ProducerInputs,
    ProducerSettings, SystemTrust, admin_properties, translate,
};
use crate::topic_creation::{self, TopicGroups};

/// How a connector's topics are created.
#[derive(Clone, Debug)]
pub struct TopicPlan {
    /// With which settings.
    pub groups: TopicGroups,
    /// librdkafka's properties of the admin client; may hold secrets.
    pub admin: NativeProperties,
}

/// Appends what the configuration overrides of a client's settings to the
/// others, as Connect does.
fn append_overrides(config: &Config, prefix: &str, validation: &mut Validation) {
    for name in config.keys().filter(|key| key.starts_with(prefix)) {
        let mut key = ConfigKey::new(name, Type::String, Default::Null, Importance::Low, "");
        // Any of them may be a password.
        key.secret = true;
        validation.settings.push(Setting {
            shown: Some("[hidden]".to_owned()),
            errors: Vec::new(),
            key,
        });
    }
}

/// Puts the errors of a client's settings at the overrides that they name.
fn refuse_overrides(prefix: &str, errors: Vec<String>, validation: &mut Validation) {
    for error in errors {
        let overrides = validation.settings.iter().map(|setting| &setting.key.name);
        let named = overrides
            .filter(|name| name.starts_with(prefix) && error.contains(name.as_str()))
            .max_by_key(|name| name.len())
            .cloned();
        validation.refuse(named.as_deref().unwrap_or("connector.class"), error);
    }
}

/// The admin client of a connector whose configuration says how topics are
/// created; of one that does not, whose overrides are of no use elsewhere.
pub(super) fn offsets_admin(
    config: &Config,
    worker: &WorkerConfig,
    trust: &SystemTrust,
    validation: &mut Validation,
) -> NativeProperties {
    if topic_creation::is_used(config) {
        // What is wrong or worth telling has been told.
        return admin_properties(worker, config, trust).map_or_else(
            |_| NativeProperties::default(),
            |(properties, _)| properties,
        );
    }
    append_overrides(config, ADMIN_OVERRIDE_PREFIX, validation);
    admin(config, worker, trust, true, validation)
}

/// Translates the admin client's settings; only the connector's part counts
/// where it is not `needed`.
fn admin(
    config: &Config,
    worker: &WorkerConfig,
    trust: &SystemTrust,
    needed: bool,
    validation: &mut Validation,
) -> NativeProperties {
    match admin_properties(worker, config, trust) {
        Ok((admin, warnings)) => {
            validation.warnings.extend(warnings);
            admin
        }
        Err(mut found) => {
            let is_override = |error: &String| error.contains(ADMIN_OVERRIDE_PREFIX);
            found.errors.retain(|error| needed || is_override(error));
            refuse_overrides(ADMIN_OVERRIDE_PREFIX, found.errors, validation);
            NativeProperties::default()
        }
    }
}

/// How topics are created, if the connector says so and the worker allows it.
/// What is wrong with the groups is told when the connector is created, and by
/// no validation, as in Connect.
pub(super) fn topics(
    config: &Config,
    worker: &WorkerConfig,
    trust: &SystemTrust,
    validation: &mut Validation,
) -> Result<Option<TopicPlan>, String> {
    if !topic_creation::is_used(config) {
        return Ok(None);
    }
    append_overrides(config, ADMIN_OVERRIDE_PREFIX, validation);
    // Without a use for the client only the connector's part counts.
    let admin = admin(
        config,
        worker,
        trust,
        worker.topic_creation_enable,
        validation,
    );
    if !worker.topic_creation_enable {
        validation.warnings.push(
            "topic.creation.* has no effect: the worker has topic.creation.enable=false".to_owned(),
        );
        return Ok(None);
    }
    let (groups, warnings) = topic_creation::parse(config)?;
    validation.warnings.extend(warnings);
    Ok(Some(TopicPlan { groups, admin }))
}

/// Translates the producer's settings; overrides are appended to the others,
/// as Connect does.
pub(super) fn producer(
    config: &Config,
    worker: &WorkerConfig,
    trust: &SystemTrust,
    has_spool: bool,
    validation: &mut Validation,
) -> Option<ProducerSettings> {
    append_overrides(config, PRODUCER_OVERRIDE_PREFIX, validation);
    let translated = translate(&ProducerInputs {
        bootstrap_servers: &worker.bootstrap_servers,
        worker_client_id: &worker.client_id,
        worker_producer: &worker.producer,
        connector_config: config,
        override_policy: &worker.override_policy,
        system_trust: trust,
        has_spool,
    });
    match translated {
        Ok(producer) => Some(producer),
        Err(found) => {
            refuse_overrides(PRODUCER_OVERRIDE_PREFIX, found.errors, validation);
            None
        }
    }
}
