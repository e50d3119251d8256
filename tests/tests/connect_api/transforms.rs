//! Transforms and predicates against Java's, on generated records.

use connect_api::record::{Predicate, Record, Transform};
use connect_api::{predicate, transform};
use end_to_end::kafka::Version;
use end_to_end::reference::{Answer, Exception, Reference, ask, decode, encode};
use serde_json::Value as Json;

use super::helpers::{Pairs, bare, config, parsed, shown, validated};
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

fn refused(class: &str, errors: &[String], answers: Vec<Answer>) {
    for answer in answers {
        let (thrown, message) = thrown(answer.expect_err("Java refuses it too"));
        assert!(
            thrown == "org.apache.kafka.common.config.ConfigException",
            "{class}: {thrown} {message}"
        );
        assert_eq!(Some(&message), errors.first(), "{class}");
    }
}

/// Compares all records and gives the number of those that were not refused.
fn compare(class: &str, pairs: &[(&str, &str)], records: &[Record]) -> usize {
    let config = config(pairs);
    let java = Reference::shared(Version::V3_9);
    let ask = |record: &Record| ask::transform(class, &config, record);
    let transform = match transform::create(class, &config) {
        Ok(transform) => transform,
        Err(errors) => {
            refused(class, &errors, java.ask_all(&[ask(&records[0])]));
            return 0;
        }
    };
    let answers = java.ask_all(&records.iter().map(ask).collect::<Vec<_>>());
    let mut made = 0;
    for (record, answer) in records.iter().zip(answers) {
        let (theirs, ours) = (java_made(answer), we_made(&*transform, record.clone()));
        made += usize::from(theirs.is_ok());
        assert_eq!(ours, theirs, "{class} {pairs:?} {}", encode::record(record));
    }
    made
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
    let place = TRANSFORMS
        .iter()
        .position(|(known, _)| *known == name)
        .unwrap();
    let configs = TRANSFORMS[place].1;
    for class in forms(name) {
        let valid = |pairs: &&Pairs| transform::create(&class, &config(pairs)).is_ok();
        let (valid, refused): (Vec<&Pairs>, Vec<&Pairs>) = configs.iter().partition(valid);
        for pairs in refused {
            compare(&class, pairs, &records::all()[..1]);
        }
        // All records, each of the valid configurations a part of them.
        let each = records::ALL.div_ceil(valid.len());
        let parts = valid.iter().zip(records::all().chunks(each));
        let made: usize = parts
            .map(|(pairs, records)| compare(&class, pairs, records))
            .sum();
        assert!(made >= 250, "{class}: only {made} records");
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
    let java = Reference::shared(Version::V3_9);
    for (name, configs) in PREDICATES {
        let class = format!("org.apache.kafka.connect.transforms.predicates.{name}");
        let records = records::all();
        for pairs in configs {
            let config = config(pairs);
            let ask = |record: &Record| ask::predicate(&class, &config, record);
            let predicate: Box<dyn Predicate> = match predicate::create(&class, &config) {
                Ok(predicate) => predicate,
                Err(errors) => {
                    refused(&class, &errors, java.ask_all(&[ask(&records[0])]));
                    continue;
                }
            };
            let answers = java.ask_all(&records.iter().map(ask).collect::<Vec<_>>());
            for (record, answer) in records.iter().zip(answers) {
                let ours = Json::Bool(predicate.test(record));
                assert_eq!(Ok(ours), answer, "{class} {pairs:?} {}", record.topic);
            }
        }
    }
}

#[test]
fn definitions_are_java_s() {
    let java = Reference::shared(Version::V3_9);
    let transforms = transform::classes().map(|class| (class, transform::config_def(class)));
    let predicates = predicate::classes().map(|class| (class, predicate::config_def(class)));
    for (class, def) in transforms.chain(predicates) {
        let theirs = bare(java.ask(&ask::config_def(class)).unwrap());
        assert_eq!(shown(&def.unwrap()), theirs, "{class}");
    }
}

#[test]
fn settings_are_validated_as_java_does() {
    let java = Reference::shared(Version::V3_9);
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
        assert_eq!(ours, theirs, "{class} {pairs:?}");
    }
}
