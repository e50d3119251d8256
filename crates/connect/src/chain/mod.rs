//! The transforms of a connector, one after another, each for the records that
//! its predicate holds for (`TransformationStage`, KIP-66 and KIP-585).
//!
//! Invariants: a chain is made of a configuration as a whole or not at all;
//! what one stage drops or refuses, no later one sees.

mod definitions;

use std::collections::BTreeMap;

pub use definitions::definitions;
pub(crate) use definitions::{Kind, aliases};

use crate::config::{ConfigDef, ConfigKey, Default, Importance, Type, validators, with_prefix};
use crate::java::trim;
use crate::record::{DataError, Predicate, Record, Transform};
use crate::{predicate, transform};

type Config = BTreeMap<String, String>;

/// A connector's transforms.
#[derive(Debug, Default)]
pub struct Chain {
    stages: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    class: &'static str,
    transform: Box<dyn Transform>,
    predicate: Option<Box<dyn Predicate>>,
    negate: bool,
}

/// Which transform refused a record, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// The full name of its class, which dead-letter headers show.
    pub class: &'static str,
    /// Why.
    pub error: DataError,
}

impl Chain {
    /// Makes the chain of a connector's whole configuration, of which only
    /// `transforms`, `predicates` and what begins with these and a dot counts.
    ///
    /// # Errors
    /// All that is wrong, in Kafka's words: first what its validation finds
    /// and, if that finds nothing, what it says when the connector starts.
    pub fn new(config: &Config) -> Result<Self, Vec<String>> {
        let mut def = base();
        def.keys.extend(definitions(config).keys);
        let errors: Vec<String> = def
            .parse(config)
            .into_iter()
            .flat_map(|p| p.errors)
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut chain = Self::default();
        let mut errors = Vec::new();
        for alias in aliases(config, Kind::Transform) {
            match Stage::new(&alias, config) {
                Ok(stage) => chain.stages.push(stage),
                Err(more) => errors.extend(more),
            }
        }
        if errors.is_empty() {
            Ok(chain)
        } else {
            Err(errors)
        }
    }

    /// Whether it leaves every record as it is.
    pub const fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// The changed record, or `None` if a stage dropped it.
    ///
    /// # Errors
    /// A stage refused the record.
    pub fn apply(&self, mut record: Record) -> Result<Option<Record>, Refusal> {
        for stage in &self.stages {
            let predicate = stage.predicate.as_deref();
            if predicate.is_some_and(|predicate| predicate.test(&record) == stage.negate) {
                continue;
            }
            match stage.transform.apply(record) {
                Ok(Some(changed)) => record = changed,
                Ok(None) => return Ok(None),
                Err(error) => {
                    return Err(Refusal {
                        class: stage.class,
                        error,
                    });
                }
            }
        }
        Ok(Some(record))
    }
}

/// The lists of aliases, as far as they can be wrong.
fn base() -> ConfigDef {
    let list = |name: &str| {
        let none = Default::Text(String::new());
        ConfigKey::new(name, Type::List, none, Importance::Low, "")
            .valid(validators::unique_aliases)
    };
    ConfigDef::default()
        .define(list("transforms"))
        .define(list("predicates"))
}

impl Stage {
    fn new(alias: &str, config: &Config) -> Result<Self, Vec<String>> {
        let mut own = with_prefix(config, &format!("transforms.{alias}."));
        let named = own.remove("predicate");
        let negate = own.remove("negate");
        let class = own
            .get("type")
            .and_then(|class| transform::resolve(trim(class)));
        let class = class.ok_or_else(|| vec!["Not a Transformation".to_owned()])?;
        let transform = transform::create(class, &own)?;
        let predicate = match named {
            Some(named) => Some(make_predicate(&named, config)?),
            None => None,
        };
        Ok(Self {
            class,
            transform,
            predicate,
            negate: negate.is_some_and(|negate| negate.eq_ignore_ascii_case("true")),
        })
    }
}

fn make_predicate(alias: &str, config: &Config) -> Result<Box<dyn Predicate>, Vec<String>> {
    let prefix = format!("predicates.{alias}.");
    if !aliases(config, Kind::Predicate)
        .iter()
        .any(|known| known == alias)
    {
        return Err(vec![format!("Unknown configuration '{prefix}type'")]);
    }
    let own = with_prefix(config, &prefix);
    let class = own.get("type").map(|class| trim(class));
    predicate::create(class.unwrap_or_default(), &own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Value;

    fn config(pairs: &[(&str, &str)]) -> Config {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn record(topic: &str, value: Value) -> Record {
        Record {
            topic: topic.to_owned(),
            partition: None,
            key_schema: None,
            key: Value::Null,
            value_schema: None,
            value,
            timestamp_ms: Some(0),
            headers: Vec::new(),
        }
    }

    #[test]
    fn stages_follow_each_other_where_their_predicates_hold() {
        let chain = Chain::new(&config(&[
            ("transforms", "drop, route, name"),
            ("transforms.drop.type", "Filter"),
            ("transforms.drop.predicate", "dead"),
            (
                "transforms.route.type",
                "org.apache.kafka.connect.transforms.RegexRouter",
            ),
            ("transforms.route.regex", "(a)(.*)"),
            ("transforms.route.replacement", "b$2"),
            (
                "transforms.name.type",
                "org.apache.kafka.connect.transforms.HoistField$Value",
            ),
            ("transforms.name.field", "f"),
            ("transforms.name.predicate", "b"),
            ("transforms.name.negate", "true"),
            ("predicates", "dead,b"),
            ("predicates.dead.type", "RecordIsTombstone"),
            ("predicates.b.type", "TopicNameMatches"),
            ("predicates.b.pattern", "b.*"),
        ]))
        .unwrap();
        assert_eq!(chain.apply(record("x", Value::Null)), Ok(None));
        let changed = chain.apply(record("ax", Value::Int8(1))).unwrap().unwrap();
        assert_eq!(
            (changed.topic.as_str(), changed.value),
            ("bx", Value::Int8(1))
        );
        let changed = chain.apply(record("x", Value::Int8(1))).unwrap().unwrap();
        assert_eq!(
            changed.value,
            Value::Map(vec![(Value::text("f"), Value::Int8(1))])
        );
    }

    #[test]
    fn classes_are_trimmed_as_java_does() {
        let chain = Chain::new(&config(&[
            ("transforms", "f"),
            ("transforms.f.type", "\u{1} Filter\u{0}"),
            ("transforms.f.predicate", "p"),
            ("predicates", "p"),
            ("predicates.p.type", "\u{1f}TopicNameMatches\t"),
            ("predicates.p.pattern", "x"),
        ]))
        .unwrap();
        assert_eq!(chain.apply(record("x", Value::Null)), Ok(None));
        // What is blank to Unicode only is part of the name.
        let raw = config(&[("transforms", "f"), ("transforms.f.type", "\u{a0}Filter")]);
        assert_eq!(definitions(&raw).keys.len(), 1);
    }

    #[test]
    fn a_refusal_names_the_transform() {
        let chain = Chain::new(&config(&[
            ("transforms", "m"),
            (
                "transforms.m.type",
                "org.apache.kafka.connect.transforms.MaskField$Value",
            ),
            ("transforms.m.fields", "f"),
        ]))
        .unwrap();
        let refusal = chain.apply(record("t", Value::Int8(1))).unwrap_err();
        assert_eq!(
            refusal.class,
            "org.apache.kafka.connect.transforms.MaskField$Value"
        );
        assert_eq!(
            refusal.to_string(),
            "Only Map objects supported in absence of schema for [mask fields], found: java.lang.Byte"
        );
    }

    #[test]
    fn all_errors_come_at_once_and_those_of_the_start_after_them() {
        let errors = |pairs: &[(&str, &str)]| -> Vec<String> {
            let errors = Chain::new(&config(pairs)).unwrap_err();
            let cut = |error: String| error.split(" This worker").next().unwrap().to_owned();
            errors.into_iter().map(cut).collect()
        };
        assert_eq!(
            errors(&[
                ("transforms", "a,a,b,c"),
                ("transforms.a.type", "No"),
                ("transforms.b.type", "RecordIsTombstone"),
                ("transforms.c.negate", "true"),
            ]),
            [
                "Invalid value [a, a, b, c] for configuration transforms: Duplicate alias provided.",
                "Invalid value No for configuration transforms.a.type: Class No could not be found.",
                "Class class org.apache.kafka.connect.transforms.predicates.RecordIsTombstone does not implement the Transformation interface",
                "Missing required configuration \"transforms.c.type\" which has no default value.",
                "Config 'transforms.c.negate' was provided but there is no config 'transforms.c.predicate' defining a predicate to be negated.",
            ]
        );
        assert_eq!(
            errors(&[
                ("transforms", "a,b"),
                (
                    "transforms.a.type",
                    "org.apache.kafka.connect.transforms.InsertField$Value"
                ),
                ("transforms.b.type", "Filter"),
                ("transforms.b.predicate", "p"),
            ]),
            [
                "No field insertion configured",
                "Unknown configuration 'predicates.p.type'"
            ]
        );
    }
}
