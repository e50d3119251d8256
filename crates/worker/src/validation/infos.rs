//! A validation as Connect's REST API shows it (`ConfigInfos`).

use serde_json::{Value, json};

use super::{Setting, Validation, definition_json};

/// Connect's words for a setting that is given as null.
pub const NULL_VALUE: &str = "Null value can not be supplied as the configuration value.";

impl Validation {
    /// `ConfigInfos` of the plugin called `name`; `nulls` are settings that
    /// were given without a value.
    pub fn to_json(&self, name: &str, nulls: &[String]) -> Value {
        let null = |name: &String| {
            let errors = [NULL_VALUE];
            json!({
                "definition": null,
                "value": value(name, None, &[], &errors),
            })
        };
        let infos = self.settings.iter().map(config_info);
        let configs: Vec<Value> = nulls.iter().map(null).chain(infos).collect();
        json!({
            "name": name,
            "error_count": self.errors().len() + nulls.len(),
            "groups": self.groups,
            "configs": configs,
        })
    }
}

fn config_info(setting: &Setting) -> Value {
    let key = &setting.key;
    let errors: Vec<&str> = setting.errors.iter().map(String::as_str).collect();
    json!({
        "definition": definition_json(key),
        "value": value(&key.name, setting.shown.as_deref(), &key.recommended, &errors),
    })
}

/// `ConfigValueInfo`.
fn value(name: &str, shown: Option<&str>, recommended: &[String], errors: &[&str]) -> Value {
    json!({
        "name": name,
        "value": shown,
        "recommended_values": recommended,
        "errors": errors,
        "visible": true,
    })
}
