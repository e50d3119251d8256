//! A validation as Connect's REST API shows it (`ConfigInfos`).

use serde_json::{Value, json};

use super::{Setting, Validation, definition_json};

impl Validation {
    /// `ConfigInfos` of the plugin called `name`.
    pub fn to_json(&self, name: &str) -> Value {
        let configs: Vec<Value> = self.settings.iter().map(config_info).collect();
        json!({
            "name": name,
            "error_count": self.errors().len(),
            "groups": self.groups,
            "configs": configs,
        })
    }
}

fn config_info(setting: &Setting) -> Value {
    json!({
        "definition": definition_json(&setting.key),
        "value": {
            "name": setting.key.name,
            "value": setting.shown,
            "recommended_values": setting.key.recommended,
            "errors": setting.errors,
            "visible": true,
        },
    })
}
