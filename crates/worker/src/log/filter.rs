//! The filter of `--log-level`. A bare word that is no level would be taken for
//! a component by the filter's own grammar and silence all others; here it is
//! an error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::LogError;

pub(super) fn parse(value: &str) -> Result<EnvFilter, LogError> {
    let refuse = |reason: String| LogError::Level {
        value: value.to_owned(),
        reason,
    };
    if value.trim().is_empty() {
        return Err(refuse("it is empty".to_owned()));
    }
    for directive in value.split(',').map(str::trim) {
        let level = directive.rsplit_once('=').map_or(directive, |(_, l)| l);
        if level.is_empty() || level.parse::<LevelFilter>().is_err() {
            return Err(refuse(format!("'{level}' is not a level")));
        }
    }
    let plain: String = value
        .split(',')
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(",");
    EnvFilter::try_new(plain).map_err(|error| refuse(error.to_string()))
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
        for value in ["", "warm", "info,", "info,Worker=loud", "Worker="] {
            let error = parse(value).unwrap_err().to_string();
            assert!(
                error.contains("--log-level") && error.contains("debug"),
                "{error}"
            );
        }
    }
}
