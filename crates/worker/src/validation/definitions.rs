//! The definitions of all that a connector can be configured with.

use connect_api::config::{ConfigDef, ConfigKey, Default, Importance, Type};
use connect_api::connector::{dead_letter_config_def, source_config_def};
use connect_api::converter;
use serde_json::{Value, json};
use websocket_source::settings::{Importance as OwnImportance, Kind, Row, TABLE};

use super::Config;
use crate::files::Side;

/// The connector's own settings, then those of every source connector: as
/// `GET /connector-plugins/…/config` has them.
pub fn definitions() -> ConfigDef {
    let mut keys = own_definitions();
    keys.extend(common_definitions());
    ConfigDef { keys }
}

/// The connector's own settings, and those that no source connector of Connect
/// has.
pub(super) fn own_definitions() -> Vec<ConfigKey> {
    let own = TABLE.iter().map(own);
    own.chain(dead_letter_config_def().keys).collect()
}

/// The settings of every source connector, with the converters there are.
pub(super) fn common_definitions() -> Vec<ConfigKey> {
    let mut def = source_config_def();
    for key in &mut def.keys {
        let side = Side::ALL
            .into_iter()
            .find(|side| side.setting() == key.name);
        if let Some(side) = side {
            *key = key
                .clone()
                .found_by(move |class| side.full_name(class).map(str::to_owned));
        }
    }
    def.keys
}

/// The converters that a configuration names, each with its definitions and
/// what the configuration has for them, without the prefix.
pub(super) fn converters(config: &Config) -> Vec<(Side, ConfigDef, Config)> {
    let named = Side::ALL.into_iter().filter_map(|side| {
        let class = side.full_name(config.get(side.setting())?.trim()).ok()?;
        let def = converter::config_def(class)?;
        let prefix = format!("{}.", side.setting());
        let own = config.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), value.clone()))
        });
        let mut own: Config = own.collect();
        // The worker sets it.
        own.insert("converter.type".to_owned(), side.kind().to_owned());
        Some((side, def, own))
    });
    named.collect()
}

/// A row of the connector's table in Kafka's terms. What its value must be is
/// the table's own to check.
fn own(row: &Row) -> ConfigKey {
    let kind = match row.kind {
        Kind::String | Kind::OneOf(_) => Type::String,
        Kind::Password => Type::Password,
        Kind::Boolean => Type::Boolean,
        Kind::Int(..) => Type::Int,
        Kind::Long(_) => Type::Long,
    };
    let default = match (row.required, row.default) {
        (true, _) => Default::Required,
        (false, None) => Default::Null,
        (false, Some(text)) => Default::Text(text.to_owned()),
    };
    let importance = match row.importance {
        OwnImportance::High => Importance::High,
        OwnImportance::Medium => Importance::Medium,
        OwnImportance::Low => Importance::Low,
    };
    let mut key = ConfigKey::new(row.name, kind, default, importance, row.documentation);
    key.secret = row.secret;
    if let Kind::OneOf(words) = row.kind {
        key.recommended = words.iter().map(ToString::to_string).collect();
    }
    key
}

/// `ConfigKeyInfo`.
pub fn definition_json(key: &ConfigKey) -> Value {
    let default = match &key.default {
        Default::Required | Default::Null => None,
        Default::Text(text) => Some(text),
    };
    json!({
        "name": key.name,
        "type": key.kind.name(),
        "required": key.default == Default::Required,
        "default_value": default,
        "importance": key.importance.name(),
        "documentation": key.documentation,
        "group": key.group,
        "width": key.width.name(),
        "display_name": key.display_name,
        "dependents": key.dependents,
        "order": key.order,
    })
}
