//! Config providers (KIP-297): values that are kept elsewhere, written
//! `${provider:[path:]key}` in the worker's file and in connectors'
//! configurations.
//!
//! Invariants: values are looked up late, each time they are needed, and are
//! held no longer than the configuration they are put into; no error, warning
//! or `Debug` output shows one; what no provider knows stays as it is written,
//! as with Kafka's `ConfigTransformer`; a file is read in bounded memory.

mod paths;
mod source;
mod variable;

use std::collections::BTreeMap;

use source::{ReadFiles, Source};
use variable::{Piece, pieces};

/// Why values cannot be looked up, without any value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid value for configuration {setting}: {why} (config provider {provider})")]
pub struct ProviderError {
    /// The setting whose value has the variable.
    pub setting: String,
    /// The provider's name.
    pub provider: String,
    /// What is wrong.
    pub why: String,
}

/// The worker's config providers by name.
#[derive(Clone, Debug, Default)]
pub struct Providers(BTreeMap<String, Source>);

impl Providers {
    /// The providers that a worker's settings define: `config.providers`,
    /// `config.providers.NAME.class` and `config.providers.NAME.param.*`.
    ///
    /// # Errors
    /// One text for each provider that cannot be made.
    pub fn from_worker(settings: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let mut providers = BTreeMap::new();
        let mut errors = Vec::new();
        let names = settings.get("config.providers").map_or("", String::as_str);
        for name in names.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            let prefix = format!("config.providers.{name}");
            let class = settings.get(&format!("{prefix}.class")).map(|c| c.trim());
            let Some(class) = class.filter(|class| !class.is_empty()) else {
                errors.push(format!(
                    "Missing required configuration \"{prefix}.class\" which has no default value."
                ));
                continue;
            };
            let parameter = |parameter: &str| {
                let value = settings.get(&format!("{prefix}.param.{parameter}"));
                value.map(String::as_str)
            };
            match Source::new(class, parameter) {
                Ok(source) => {
                    providers.insert(name.to_owned(), source);
                }
                Err(why) => errors.push(format!("Invalid config provider {name}: {why}")),
            }
        }
        if errors.is_empty() {
            Ok(Self(providers))
        } else {
            Err(errors)
        }
    }

    /// `settings` with the variables of all values looked up. A variable of
    /// an unknown provider, or without a value, stays as it is written.
    ///
    /// # Errors
    /// A provider cannot read what a variable names.
    pub fn resolve(
        &self,
        settings: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ProviderError> {
        let mut files = ReadFiles::default();
        let resolved = settings.iter().map(|(setting, value)| {
            let value = self.resolve_one(setting, value, &mut files)?;
            Ok((setting.clone(), value))
        });
        resolved.collect()
    }

    fn resolve_one(
        &self,
        setting: &str,
        value: &str,
        files: &mut ReadFiles,
    ) -> Result<String, ProviderError> {
        if self.0.is_empty() || !value.contains("${") {
            return Ok(value.to_owned());
        }
        let mut resolved = String::with_capacity(value.len());
        for piece in pieces(value) {
            let (variable, written) = match piece {
                Piece::Text(text) => {
                    resolved.push_str(text);
                    continue;
                }
                Piece::Variable(variable, written) => (variable, written),
            };
            let found = match self.0.get(variable.provider) {
                None => None,
                Some(source) => source
                    .get(variable.path, variable.key, files)
                    .map_err(|why| ProviderError {
                        setting: setting.to_owned(),
                        provider: variable.provider.to_owned(),
                        why,
                    })?,
            };
            resolved.push_str(found.as_deref().unwrap_or(written));
        }
        Ok(resolved)
    }

    /// What a user should know of variables that have stayed as written:
    /// Kafka says nothing, and the text is then taken for a value.
    pub fn warnings(
        &self,
        written: &BTreeMap<String, String>,
        resolved: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let mut warnings = Vec::new();
        for (setting, value) in written {
            let stays = |text: &str| resolved.get(setting).is_some_and(|r| r.contains(text));
            for piece in pieces(value) {
                let Piece::Variable(variable, text) = piece else {
                    continue;
                };
                // The text may be part of a secret that is no variable at all.
                let provider = variable.provider;
                if !self.0.contains_key(provider) {
                    warnings.push(format!(
                        "{setting} has a variable of a config provider that config.providers does \
                         not name; it stays as it is written"
                    ));
                } else if stays(text) {
                    warnings.push(format!(
                        "{setting} has a variable for which the config provider {provider} has no \
                         value; it stays as it is written"
                    ));
                }
            }
        }
        warnings
    }

    /// `text`, an error or a warning, with every value that [`resolve`] looked
    /// up replaced by how it is written in the configuration.
    ///
    /// [`resolve`]: Self::resolve
    pub fn hide(
        written: &BTreeMap<String, String>,
        resolved: &BTreeMap<String, String>,
        text: &str,
    ) -> String {
        let mut secrets: Vec<(&str, &str)> = written
            .iter()
            .filter_map(|(setting, written)| {
                let value = resolved.get(setting)?;
                (value != written && !value.trim().is_empty())
                    .then_some((value.trim(), written.as_str()))
            })
            .collect();
        // A value within another one must not spoil that one's replacement,
        // nor one within what another is replaced by.
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let (mut hidden, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(first) = rest.chars().next() {
            let found = secrets.iter().find(|(value, _)| rest.starts_with(value));
            let (length, shown) = match found {
                Some((value, written)) => (value.len(), *written),
                None => (first.len_utf8(), &rest[..first.len_utf8()]),
            };
            hidden.push_str(shown);
            rest = &rest[length..];
        }
        hidden
    }
}

#[cfg(test)]
mod tests;
