//! The definitions of all that a connector can be configured with.

use connect_api::config::{ConfigDef, ConfigKey, Default, Importance, Type};
use connect_api::connector::source_config_def;
use serde_json::{Value, json};
use websocket_source::settings::{Importance as OwnImportance, Kind, Row, TABLE};

use crate::files::Side;

/// The settings of every source connector, then the connector's own.
pub fn definitions() -> ConfigDef {
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
    def.keys.extend(TABLE.iter().map(own));
    def
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
