//! Transforms and predicates against Java's of each version, on generated
//! records.

use std::collections::BTreeMap;

use connect_api::record::{Predicate, Record, Transform};
use connect_api::{predicate, transform};
use end_to_end::reference::{Answer, Exception, Reference, ask, decode, encode};
use serde_json::Value as Json;

use super::helpers::{Pairs, VERSIONS, bare, config, parsed, shown, validated};
use super::known::Seen;
use super::records;
use super::transform_cases::{PREDICATES, TRANSFORMS};

/// What one side made of a record, or class and message of what it threw.
type Made = Result<Json, (String, String)>;

fn thrown(exception: Exception) -> (String, String) {
    (exception.class, exception.message.unwrap_or_default())
}

/// Bytes are shown by their address, which means nothing.
fn without_addresses(message: &str) -> String {
    let address = regex::Regex::new(r"\[B@[0-9a-f]+").unwrap();
    address.replace_all(message, "[B").into_owned()
}

fn java_made(answer: Answer) -> Made {
    match answer {
        Ok(Json::Null) => Ok(Json::Null),
        Ok(json) => {
            let record = decode::record(&json).unwrap();
            Ok(encode::canonical(encode::record(&record)))
        }
        Err(exception) => {
            let (class, message) = thrown(exception);
            Err((class, without_addresses(&message)))
        }
    }
}

fn we_made(transform: &dyn Transform, record: Record) -> Made {
    match transform.apply(record) {
        Ok(None) => Ok(Json::Null),
        Ok(Some(record)) => Ok(encode::canonical(encode::record(&record))),
        Err(error) => Err((error.class.to_owned(), error.message)),
    }
}

/// What Java says to a configuration that we refuse: its one error.
fn refused(seen: &mut Seen, class: &str, errors: &[String], question: &Json) {
    let theirs = Reference::shared(seen.version).ask(question);
    let theirs = theirs.map_err(thrown).map(drop);
    let exception = "org.apache.kafka.common.config.ConfigException".to_owned();
    let ours = Err((exception, errors.first().cloned().unwrap_or_default()));
    seen.same(class, "refusal", &ours, &theirs, &"");
}

/// Compares all records and gives the number of those that were not refused.
fn compare(seen: &mut [Seen], class: &str, pairs: &[(&str, &str)], records: &[Record]) -> usize {
    let config = config(pairs);
    let ask = |record: &Record| ask::transform(class, &config, record);
    let transform = match transform::create(class, &config) {
        Ok(transform) => transform,
        Err(errors) => {
            for seen in seen {
                refused(seen, class, &errors, &ask(&records[0]));
            }
            return 0;
        }
    };
    let made = |record: &Record| we_made(&*transform, record.clone());
    let ours: Vec<Made> = records.iter().map(made).collect();
    let questions: Vec<Json> = records.iter().map(ask).collect();
    let settings: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    let at = format!("record by {}", settings.join(","));
    for seen in seen {
        let answers = Reference::shared(seen.version).ask_all(&questions);
        for ((ours, answer), question) in ours.iter().zip(answers).zip(&questions) {
            seen.same(class, &at, ours, &java_made(answer), question);
        }
    }
    ours.iter().filter(|made| made.is_ok()).count()
}

fn forms(name: &str) -> Vec<String> {
    let class = format!("org.apache.kafka.connect.transforms.{name}");
    let forms = [
        class.clone(),
        format!("{class}$Key"),
        format!("{class}$Value"),
    ];
    forms
        .into_iter()
        .filter(|class| transform::resolve(class).is_some())
        .collect()
}

fn run(name: &str) {
    let mut seen = VERSIONS.map(Seen::new);
    let known = TRANSFORMS.iter().find(|(known, _)| *known == name);
    let configs = known.expect("a transform").1;
    for class in forms(name) {
        let valid = |pairs: &&Pairs| transform::create(&class, &config(pairs)).is_ok();
        let (valid, refused): (Vec<&Pairs>, Vec<&Pairs>) = configs.iter().partition(valid);
        for pairs in refused {
            compare(&mut seen, &class, pairs, &records::all()[..1]);
        }
        // All records, each of the valid configurations a part of them.
        let each = records::ALL.div_ceil(valid.len());
        let parts = valid.iter().zip(records::all().chunks(each));
        let made: usize = parts
            .map(|(pairs, records)| compare(&mut seen, &class, pairs, records))
            .sum();
        assert!(made >= 250, "{class}: only {made} records");
    }
    for seen in seen {
        seen.all_of(name, &["refusal", "record *"]);
    }
}

macro_rules! compared {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            run($name);
        })*
    };
}

compared! {
    cast_is_java_s "Cast"
    drop_headers_is_java_s "DropHeaders"
    extract_field_is_java_s "ExtractField"
    filter_is_java_s "Filter"
    flatten_is_java_s "Flatten"
    header_from_is_java_s "HeaderFrom"
    hoist_field_is_java_s "HoistField"
    insert_field_is_java_s "InsertField"
    insert_header_is_java_s "InsertHeader"
    mask_field_is_java_s "MaskField"
    regex_router_is_java_s "RegexRouter"
    replace_field_is_java_s "ReplaceField"
    set_schema_metadata_is_java_s "SetSchemaMetadata"
    timestamp_converter_is_java_s "TimestampConverter"
    timestamp_router_is_java_s "TimestampRouter"
    value_to_key_is_java_s "ValueToKey"
}

#[test]
fn predicates_are_java_s() {
    let mut seen = VERSIONS.map(Seen::new);
    for (name, configs) in PREDICATES {
        let class = format!("org.apache.kafka.connect.transforms.predicates.{name}");
        for pairs in configs {
            compare_predicate(&mut seen, &class, pairs);
        }
    }
    for seen in seen {
        for (name, _) in PREDICATES {
            seen.all_of(name, &["refusal", "record"]);
        }
    }
}

fn compare_predicate(seen: &mut [Seen], class: &str, pairs: Pairs) {
    let (config, records) = (config(pairs), records::all());
    let ask = |record: &Record| ask::predicate(class, &config, record);
    let predicate: Box<dyn Predicate> = match predicate::create(class, &config) {
        Ok(predicate) => predicate,
        Err(errors) => {
            for seen in seen {
                refused(seen, class, &errors, &ask(&records[0]));
            }
            return;
        }
    };
    let questions: Vec<Json> = records.iter().map(ask).collect();
    for seen in seen {
        let answers = Reference::shared(seen.version).ask_all(&questions);
        for (record, answer) in records.iter().zip(answers) {
            let ours = Ok(Json::Bool(predicate.test(record)));
            let asked = (pairs, &record.topic);
            seen.same(class, "record", &ours, &answer, &asked);
        }
    }
}

#[test]
fn definitions_are_java_s() {
    for version in VERSIONS {
        let java = Reference::shared(version);
        let mut seen = Seen::new(version);
        let transforms = transform::classes().map(|class| (class, transform::config_def(class)));
        let predicates = predicate::classes().map(|class| (class, predicate::config_def(class)));
        for (class, def) in transforms.chain(predicates) {
            let theirs = bare(java.ask(&ask::config_def(class)).unwrap());
            let ours = shown(&def.unwrap());
            let order = |all: &[Json], others: &[Json]| {
                let name = |one: &Json| one["name"].to_string();
                let others: Vec<String> = others.iter().map(name).collect();
                let mut both: Vec<String> = all.iter().map(name).collect();
                both.retain(|name| others.contains(name));
                both
            };
            let (our_order, order) = (order(&ours, &theirs), order(&theirs, &ours));
            seen.same(class, "order", &our_order, &order, &"");
            let (ours, theirs) = (by_name(ours), by_name(theirs));
            for name in ours.keys().chain(theirs.keys()) {
                let at = format!("definition {name}");
                seen.same(class, &at, &ours.get(name), &theirs.get(name), &"");
            }
        }
        seen.all_of("*", &["definition *"]);
    }
}

fn by_name(definitions: Vec<Json>) -> BTreeMap<String, Json> {
    let name = |one: &Json| one["name"].as_str().expect("a name").to_owned();
    let named = definitions.into_iter().map(|one| (name(&one), one));
    named.collect()
}

#[test]
fn settings_are_validated_as_java_does() {
    for version in VERSIONS {
        let java = Reference::shared(version);
        let mut seen = Seen::new(version);
        let cases = TRANSFORMS.iter().flat_map(|(name, configs)| {
            let class = forms(name).pop().unwrap();
            configs.iter().map(move |pairs| (class.clone(), *pairs))
        });
        for (class, pairs) in cases {
            let config = config(pairs);
            let answer = java.ask(&ask::validate(&class, &config)).unwrap();
            let theirs = validated(&answer);
            let def = transform::config_def(&class).unwrap();
            let ours = parsed(&def.parse(&config));
            for name in ours.keys().chain(theirs.keys()) {
                let at = format!("value {name}");
                seen.same(&class, &at, &ours.get(name), &theirs.get(name), &pairs);
            }
        }
        seen.all_of("*", &["value *"]);
    }
}
