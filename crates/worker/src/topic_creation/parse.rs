//! Reads `topic.creation.*` (`SourceConnectorConfig`, `TopicCreationConfig`).

use std::collections::BTreeMap;
use std::str::FromStr;

use connect_api::config::with_prefix;
use connect_api::java::Regex;

use super::{TopicGroup, TopicGroups};

/// What the names of all these settings begin with.
pub const PREFIX: &str = "topic.creation.";
const DEFAULT_GROUP: &str = "default";
/// A group's settings that are not its topics'.
const OWN: [&str; 4] = ["include", "exclude", "replication.factor", "partitions"];

type Config = BTreeMap<String, String>;

/// Whether a configuration says anything of this kind; from then on the group
/// `default` has to be complete.
pub fn is_used(config: &Config) -> bool {
    config.keys().any(|name| name.starts_with(PREFIX))
}

/// The groups of a configuration that says anything about topics ([`is_used`]);
/// with them come warnings.
///
/// # Errors
/// What Connect's classes find wrong first, in their words.
pub fn parse(config: &Config) -> Result<(TopicGroups, Vec<String>), String> {
    let default = group(config, DEFAULT_GROUP, None)?;
    let names = list(config.get("topic.creation.groups").map(String::as_str));
    let mut warnings = Vec::new();
    if names.contains(&DEFAULT_GROUP) {
        warnings.push(
            "'default' topic creation group always exists and does not need to be listed explicitly"
                .to_owned(),
        );
    }
    let listed = names.into_iter().filter(|name| *name != DEFAULT_GROUP);
    let listed = listed
        .map(|name| group(config, name, Some(&default)))
        .collect::<Result<_, _>>()?;
    Ok((TopicGroups { listed, default }, warnings))
}

/// A value of Kafka's type LIST.
fn list(text: Option<&str>) -> Vec<&str> {
    match text.map(str::trim) {
        None | Some("") => Vec::new(),
        Some(text) => text.split(',').map(str::trim).collect(),
    }
}

/// One group. What it does not say is as in the group `default`, which itself
/// has to say it, and matches everything.
fn group(config: &Config, name: &str, default: Option<&TopicGroup>) -> Result<TopicGroup, String> {
    let own = with_prefix(config, &format!("{PREFIX}{name}."));
    let (include, exclude) = match default {
        Some(_) => (expression(&own, "include")?, expression(&own, "exclude")?),
        // What a user writes there is not even read.
        None => (".*".to_owned(), String::new()),
    };
    let replication_factor = number(
        &own,
        name,
        ("replication.factor", "SHORT"),
        default.map(|default| default.replication_factor),
        "Replication factor must be positive and not larger than the number of brokers in the Kafka \
         cluster, or -1 to use the broker's default",
    )?;
    let partitions = number(
        &own,
        name,
        ("partitions", "INT"),
        default.map(|default| default.partitions),
        "Number of partitions must be positive, or -1 to use the broker's default",
    )?;
    let mut configs = own;
    configs.retain(|setting, _| !OWN.contains(&setting.as_str()));
    let shown: Vec<String> = configs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    Ok(TopicGroup {
        name: name.to_owned(),
        partitions,
        replication_factor,
        shown_configs: format!("{{{}}}", shown.join(", ")),
        configs,
        hidden: Vec::new(),
        include,
        exclude,
    })
}

/// A list of regular expressions as one.
fn expression(own: &Config, setting: &str) -> Result<String, String> {
    let expressions = list(own.get(setting).map(String::as_str));
    let wrong = |why: String| {
        format!(
            "Invalid value [{}] for configuration {setting}: Syntax error in regular expression: {why}",
            expressions.join(", ")
        )
    };
    for expression in &expressions {
        Regex::new(expression).map_err(|error| wrong(error.to_string()))?;
    }
    let whole = expressions.join("|");
    Regex::new(&whole).map_err(|error| wrong(error.to_string()))?;
    Ok(whole)
}

/// -1, or a number from 1 on.
fn number<T>(
    own: &Config,
    group: &str,
    (setting, kind): (&str, &str),
    default: Option<T>,
    why: &str,
) -> Result<T, String>
where
    T: FromStr + Copy + Into<i64>,
{
    let Some(text) = own.get(setting) else {
        return default.ok_or_else(|| {
            format!(
                "Missing required configuration \"{PREFIX}{group}.{setting}\" which has no default value."
            )
        });
    };
    let text = text.trim();
    let Ok(number) = text.parse::<T>() else {
        return Err(format!(
            "Invalid value {text} for configuration {PREFIX}{group}.{setting}: Not a number of type {kind}"
        ));
    };
    match number.into() {
        -1 | 1.. => Ok(number),
        // The validator knows the setting without its group.
        number => Err(format!(
            "Invalid value {number} for configuration {setting}: {why}"
        )),
    }
}
