//! Validators that several settings share; the texts are those of the classes
//! of the same names inside Kafka's `ConfigDef` and `connect.transforms.util`.

use super::ConfigValue;

/// Why a value is not allowed.
pub type Verdict = Result<(), String>;

fn verdict(ok: bool, why: impl FnOnce() -> String) -> Verdict {
    if ok { Ok(()) } else { Err(why()) }
}

/// `NonEmptyListValidator`.
pub fn non_empty_list(value: &ConfigValue) -> Verdict {
    let ok = matches!(value, ConfigValue::List(values) if !values.is_empty());
    verdict(ok, || "Empty list".to_owned())
}

/// `NonEmptyString`: null passes.
pub fn non_empty_string(value: &ConfigValue) -> Verdict {
    let empty = matches!(value, ConfigValue::Text(text) if text.is_empty());
    verdict(!empty, || "String must be non-empty".to_owned())
}

/// `NonNullValidator`.
pub fn non_null(value: &ConfigValue) -> Verdict {
    let ok = *value != ConfigValue::Null;
    verdict(ok, || "entry must be non null".to_owned())
}

/// `ValidString.in`.
pub fn one_of(
    allowed: &'static [&'static str],
) -> impl Fn(&ConfigValue) -> Verdict + Send + Sync + 'static {
    move |value| {
        let ok = matches!(value, ConfigValue::Text(text) if allowed.contains(&text.as_str()));
        verdict(ok, || {
            format!("String must be one of: {}", allowed.join(", "))
        })
    }
}

/// `CaseInsensitiveValidString.in`; `allowed` is in upper case.
pub fn one_of_ignoring_case(
    allowed: &'static [&'static str],
) -> impl Fn(&ConfigValue) -> Verdict + Send + Sync + 'static {
    move |value| {
        let ok = matches!(value, ConfigValue::Text(text)
            if allowed.contains(&text.to_uppercase().as_str()));
        verdict(ok, || {
            let allowed = allowed.join(", ");
            format!("String must be one of (case insensitive): {allowed}")
        })
    }
}

/// `Range.atLeast`.
pub fn at_least(min: i64) -> impl Fn(&ConfigValue) -> Verdict + Send + Sync + 'static {
    move |value| {
        verdict(*value != ConfigValue::Null, || {
            "Value must be non-null".to_owned()
        })?;
        null_or_at_least(min)(value)
    }
}

/// The same, but null passes.
pub fn null_or_at_least(min: i64) -> impl Fn(&ConfigValue) -> Verdict + Send + Sync + 'static {
    move |value| {
        let below = matches!(value, ConfigValue::Number(number) if *number < min);
        verdict(!below, || format!("Value must be at least {min}"))
    }
}

/// Aliases of transforms and predicates (`ConnectorConfig.aliasValidator`).
pub fn unique_aliases(value: &ConfigValue) -> Verdict {
    non_null(value)?;
    let ConfigValue::List(aliases) = value else {
        return Ok(());
    };
    let mut sorted: Vec<&String> = aliases.iter().collect();
    sorted.sort();
    let twice = sorted.windows(2).any(|pair| pair[0] == pair[1]);
    verdict(!twice, || "Duplicate alias provided.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_why_not() {
        let text = |text: &str| ConfigValue::Text(text.to_owned());
        let list = |names: &[&str]| {
            ConfigValue::List(names.iter().map(|name| (*name).to_owned()).collect())
        };
        assert!(
            non_empty_list(&ConfigValue::Null).is_err() && non_empty_list(&list(&["a"])).is_ok()
        );
        assert!(
            non_empty_string(&ConfigValue::Null).is_ok() && non_empty_string(&text("")).is_err()
        );
        assert_eq!(
            one_of(&["a", "b"])(&text("A")),
            Err("String must be one of: a, b".to_owned())
        );
        assert!(one_of_ignoring_case(&["V1"])(&text("v1")).is_ok());
        assert!(one_of_ignoring_case(&["V1"])(&ConfigValue::Null).is_err());
        assert!(
            unique_aliases(&list(&["a", "b", "a"])).is_err() && unique_aliases(&list(&[])).is_ok()
        );
    }
}
