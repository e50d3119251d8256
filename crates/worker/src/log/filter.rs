//! The filter of `--log-level`. A bare word that is no level would be taken for
//! a component by the filter's own grammar and silence all others; here it is
//! an error.

use super::LogError;
use super::loggers::LoggerLevel;

/// Levels by component; without a component, that of all others.
pub(super) type Directives = Vec<(Option<String>, LoggerLevel)>;

pub(super) fn parse(value: &str) -> Result<Directives, LogError> {
    let refuse = |reason: String| LogError::Level {
        value: value.to_owned(),
        reason,
    };
    if value.trim().is_empty() {
        return Err(refuse("it is empty".to_owned()));
    }
    let directive = |directive: &str| {
        let (component, level) = match directive.trim().rsplit_once('=') {
            Some((component, level)) => (Some(component), level),
            None => (None, directive.trim()),
        };
        let level = level
            .parse()
            .map_err(|()| refuse(format!("'{level}' is not a level")))?;
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-');
        match component {
            Some(name) if name.is_empty() || !name.chars().all(is_name) => {
                Err(refuse(format!("'{name}' is not a component")))
            }
            name => Ok((name.map(str::to_owned), level)),
        }
    };
    value.split(',').map(directive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_components_are_taken() {
        for value in ["info", "WARN", "off", "info, WebSocketSourceTask=debug"] {
            assert!(parse(value).is_ok(), "{value}");
        }
    }

    #[test]
    fn a_misspelt_level_is_named() {
        for value in [
            "",
            "warm",
            "info,",
            "info,Worker=loud",
            "Worker=",
            "=info",
            "[a]=info",
        ] {
            let error = parse(value).unwrap_err().to_string();
            assert!(
                error.contains("--log-level") && error.contains("debug"),
                "{error}"
            );
        }
    }
}
