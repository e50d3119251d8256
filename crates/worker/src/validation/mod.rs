//! What a connector can be configured with, and what is wrong with a
//! configuration (`AbstractHerder.validateConnectorConfig`).
//!
//! Invariants: what creating a connector refuses is what validating it shows;
//! a secret is in neither; a [`Plan`] exists only if nothing is wrong.

mod clients;
mod definitions;
mod exactly_once;
mod infos;
mod plan;

use std::collections::BTreeMap;

use connect_api::config::{ConfigKey, ConfigValue};

pub use clients::TopicPlan;
pub use definitions::{definition_json, definitions};
pub use exactly_once::ExactlyOncePlan;
pub use infos::NULL_VALUE;
pub use plan::{CONNECTOR_CLASS, CONNECTOR_VERSION, Plan, is_our_class, unknown_class};

use crate::files::WorkerConfig;
use crate::kafka_settings::SystemTrust;
use crate::providers::Providers;

/// A connector's configuration.
pub type Config = BTreeMap<String, String>;

/// One setting of a validated configuration.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is.
    pub key: ConfigKey,
    /// Its value, or its default, as it may be shown; `None` is null.
    pub shown: Option<String>,
    /// What is wrong with it.
    pub errors: Vec<String>,
}

/// What a configuration comes to.
#[derive(Debug)]
pub struct Validation {
    /// The settings in Connect's order.
    pub settings: Vec<Setting>,
    /// The groups in Connect's order.
    pub groups: Vec<String>,
    /// What is worth telling but no error.
    pub warnings: Vec<String>,
    /// What the task needs, or why it cannot be started although every
    /// setting is valid by itself.
    plan: Option<Result<Plan, String>>,
    /// Why a value that is kept elsewhere cannot be read.
    unresolved: Option<String>,
}

/// Why there is no [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A value that is kept elsewhere cannot be read.
    Unresolved {
        /// Which, and why.
        why: String,
        /// That and what else is wrong; an answer to a validation shows the
        /// same.
        errors: Vec<String>,
    },
    /// Settings are wrong; an answer to a validation shows the same.
    Invalid(Vec<String>),
    /// Connect finds this out when it creates the connector, so no answer to
    /// a validation shows it.
    Unstartable(String),
}

impl Refusal {
    /// All that is wrong.
    pub fn into_errors(self) -> Vec<String> {
        match self {
            Self::Invalid(errors) | Self::Unresolved { errors, .. } => errors,
            Self::Unstartable(error) => vec![error],
        }
    }
}

impl Validation {
    /// All errors in the settings' order.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.settings.iter().flat_map(|setting| &setting.errors);
        errors.cloned().collect()
    }

    /// What the connector's task needs.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn into_plan(self) -> Result<Plan, Refusal> {
        let errors = self.errors();
        if let Some(why) = self.unresolved {
            return Err(Refusal::Unresolved { why, errors });
        }
        match self.plan {
            Some(Ok(mut plan)) if errors.is_empty() => {
                plan.warnings = self.warnings;
                Ok(plan)
            }
            Some(Err(error)) if errors.is_empty() => Err(Refusal::Unstartable(error)),
            _ => Err(Refusal::Invalid(errors)),
        }
    }

    /// What the connector's task needs, if nothing is wrong.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        let plan = self.plan.as_ref()?.as_ref().ok();
        plan.filter(|_| self.errors().is_empty())
    }

    /// Adds an error to the setting of this name, or to the connector's class
    /// where there is no such setting.
    pub(crate) fn refuse(&mut self, name: &str, error: String) {
        let at = |wanted: &str| {
            let mut settings = self.settings.iter();
            settings.position(|setting| setting.key.name == wanted)
        };
        if let Some(at) = at(name).or_else(|| at("connector.class")) {
            self.settings[at].errors.push(error);
        }
    }
}

/// Validates a configuration against a worker. The variables of config
/// providers are looked up, and never shown.
pub fn validate(written: &Config, worker: &WorkerConfig, trust: &SystemTrust) -> Validation {
    let (resolved, unresolved) = match worker.providers.resolve(written) {
        Ok(resolved) => (resolved, None),
        Err(error) => (written.clone(), Some(error)),
    };
    let mut validation = plan::validate(&resolved, worker, trust);
    if let Some(error) = unresolved {
        validation.plan = None;
        let setting = error.setting.clone();
        validation.refuse(&setting, error.to_string());
        validation.unresolved = Some(error.to_string());
    }
    for warning in &mut validation.warnings {
        *warning = Providers::hide(written, &resolved, warning);
    }
    let unknown = worker.providers.warnings(written, &resolved);
    validation.warnings.extend(unknown);
    match &mut validation.plan {
        Some(Ok(Plan {
            topics: Some(topics),
            ..
        })) => {
            let hidden = |text: &str| Providers::hide(written, &resolved, text);
            topics.groups.hide(hidden);
        }
        Some(Err(error)) => *error = Providers::hide(written, &resolved, error),
        _ => {}
    }
    for setting in &mut validation.settings {
        for error in &mut setting.errors {
            *error = Providers::hide(written, &resolved, error);
        }
        let name = &setting.key.name;
        if resolved.get(name) != written.get(name) {
            setting.shown = setting.shown.take().and(written.get(name).cloned());
        }
    }
    validation
}

/// Checks a configuration and compiles it.
///
/// # Errors
/// All that is wrong, in Connect's words where it has some, without secrets.
pub fn check(config: &Config, worker: &WorkerConfig, trust: &SystemTrust) -> Result<Plan, Refusal> {
    validate(config, worker, trust).into_plan()
}

/// A value as a validate answer may show it.
fn shown(key: &ConfigKey, value: &ConfigValue) -> Option<String> {
    match value {
        ConfigValue::Null => None,
        _ if key.secret => Some("[hidden]".to_owned()),
        value if key.name == "websocket.url" => {
            Some(websocket_source::settings::redact(&value.to_string()))
        }
        value => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests;
