//! What a herder's answer may be instead of success, in Connect's words.

use std::collections::BTreeMap;

/// Why a request about connectors cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HerderError {
    /// No such connector.
    #[error("{0}")]
    NotFound(String),
    /// The connector exists already, or is in the wrong state.
    #[error("{0}")]
    Conflict(String),
    /// The configuration has errors.
    #[error("Connector configuration is invalid and contains the following {} error(s):\n{}\nYou can also find the above list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`", .0.len(), .0.join("\n"))]
    Invalid(Vec<String>),
    /// A value of the configuration is kept elsewhere and cannot be read.
    #[error("{0}")]
    Unresolved(String),
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// Offsets cannot be read or written, or the worker is going down.
    #[error("{0}")]
    Internal(String),
}

impl HerderError {
    /// Connect's words for a connector that is not there.
    pub fn not_found(name: &str) -> Self {
        Self::NotFound(format!("Connector {name} not found"))
    }

    /// Connect's words for a configuration of nobody knows what. Connect shows
    /// the values too, which may be secret.
    pub fn no_class(config: &BTreeMap<String, String>) -> Self {
        let names: Vec<&str> = config.keys().map(String::as_str).collect();
        Self::BadRequest(format!(
            "Connector config {{{}}} contains no connector type",
            names.join(", ")
        ))
    }
}
