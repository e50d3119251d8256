//! The settings that several transforms have.

use crate::config::{ConfigKey, Default, Importance, Type, validators};

/// The name of the setting that most transforms of structs have.
pub(super) const REPLACE_NULL: &str = "replace.null.with.default";

/// Whether a field that is null is read as its default.
pub(super) fn replace_null() -> ConfigKey {
    ConfigKey::new(
        REPLACE_NULL,
        Type::Boolean,
        Default::Text("true".to_owned()),
        Importance::Medium,
        "Whether a field that is null and has a default is read as that default (true) or stays null (false).",
    )
}

/// A LIST without a default that must have entries.
pub(super) fn required_list(name: &str, doc: &str) -> ConfigKey {
    ConfigKey::new(name, Type::List, Default::Required, Importance::High, doc)
        .valid(validators::non_empty_list)
}
