//! Values as Kafka's `ConfigDef` reads them.

/// The types of `ConfigDef` that settings of clients have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bool,
    Int,
    Long,
    Double,
    Secret,
    List,
}

impl Kind {
    /// Checks a trimmed value; the error is `ConfigDef`'s.
    pub(super) fn check(self, label: &str, value: &str) -> Result<(), String> {
        let why = match self {
            Self::Text | Self::Secret | Self::List => return Ok(()),
            Self::Bool if matches!(value.to_ascii_lowercase().as_str(), "true" | "false") => {
                return Ok(());
            }
            Self::Int if value.parse::<i32>().is_ok() => return Ok(()),
            Self::Long if value.parse::<i64>().is_ok() => return Ok(()),
            Self::Double if value.parse::<f64>().is_ok() => return Ok(()),
            Self::Bool => "Expected value to be either true or false",
            Self::Int => "Not a number of type INT",
            Self::Long => "Not a number of type LONG",
            Self::Double => "Not a number of type DOUBLE",
        };
        Err(invalid(label, value, why))
    }
}

/// Kafka's text for a value that cannot be used.
pub(super) fn invalid(label: &str, value: &str, why: &str) -> String {
    format!("Invalid value {value} for configuration {label}: {why}")
}
