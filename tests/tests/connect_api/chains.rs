//! A connector's transforms and predicates as a worker lists, validates and
//! runs them.

use connect_api::chain::{Chain, definitions};
use connect_api::{predicate, transform};
use end_to_end::kafka::Version;
use end_to_end::reference::{Reference, ask, decode, encode};
use serde_json::{Value as Json, json};

use super::helpers::{Pairs, VERSIONS, bare, config, parsed, shown, validated};
use super::records;

const T: &str = "org.apache.kafka.connect.transforms.";

/// Connectors' configurations, most of them wrong in some way.
const CONNECTORS: [Pairs; 8] = [
    &[],
    &[("transforms", "")],
    &[
        ("transforms", "a, b"),
        (
            "transforms.a.type",
            "org.apache.kafka.connect.transforms.InsertField$Value",
        ),
        ("transforms.a.topic.field", "x"),
        ("transforms.b.type", "RegexRouter"),
        ("transforms.b.regex", "("),
        ("transforms.b.predicate", "p"),
        ("transforms.b.negate", "perhaps"),
        ("predicates", "p,q"),
        ("predicates.p.type", " TopicNameMatches "),
        ("predicates.p.pattern", ""),
        (
            "predicates.q.type",
            "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
        ),
    ],
    &[
        ("transforms", "a,a,b,c,d,e,f"),
        ("transforms.a.type", "org.example.No"),
        (
            "transforms.b.type",
            "org.apache.kafka.connect.transforms.InsertField",
        ),
        (
            "transforms.c.type",
            "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
        ),
        ("transforms.c.negate", "true"),
        ("transforms.e.type", "InsertField$Value"),
        (
            "transforms.f.type",
            "org.apache.kafka.connect.json.JsonConverter",
        ),
        ("predicates", "p,q"),
        ("predicates.p.type", "Filter"),
    ],
    &[
        ("transforms", "cast"),
        (
            "transforms.cast.type",
            "org.apache.kafka.connect.transforms.Cast$Key",
        ),
        ("transforms.cast.spec", "a:bytes"),
        ("transforms.cast.predicate", "none"),
    ],
    &[
        ("transforms", "extract,mask"),
        (
            "transforms.extract.type",
            "org.apache.kafka.connect.transforms.ExtractField$Key",
        ),
        ("transforms.extract.field.syntax.version", "V9"),
        (
            "transforms.mask.type",
            "org.apache.kafka.connect.transforms.MaskField$Value",
        ),
        ("transforms.mask.negate", "true"),
    ],
    &[
        ("transforms", "r"),
        (
            "transforms.r.type",
            "org.apache.kafka.connect.transforms.ReplaceField$Value",
        ),
        ("predicates", "r"),
        ("predicates.r.type", "Value"),
    ],
    &[
        ("transforms", "\u{1}a,b\u{0},c"),
        ("transforms.a.type", "\u{1}RegexRouter\u{1f}"),
        ("transforms.b.type", "\u{a0}RegexRouter"),
        (
            "transforms.c.type",
            "org.apache.kafka.connect.transforms.Cast$Key",
        ),
        (
            "transforms.c.spec",
            "\u{1}a\u{1}:\u{1}int8,b\u{a0}:\u{a0}int8",
        ),
    ],
];

/// Of a worker's definitions those that aliases add.
fn added(mut all: Vec<Json>) -> Vec<Json> {
    all.retain(|definition| {
        let group = definition["group"].as_str().unwrap_or_default();
        group.starts_with("Transforms: ") || group.starts_with("Predicates: ")
    });
    all
}

#[test]
fn aliases_define_and_refuse_what_they_do_in_a_worker() {
    // With 4.1's, whose worker has more settings, the scenario compares.
    let java = Reference::shared(Version::V3_9);
    for pairs in CONNECTORS {
        let config = config(pairs);
        let theirs = java.ask(&ask::enrich(&config)).unwrap();
        let def = definitions(&config);
        assert_eq!(added(shown(&def)), added(bare(theirs)), "{pairs:?}");
        let answer = java.ask(&ask::enrich_validate(&config)).unwrap();
        let mut theirs = validated(&answer);
        theirs.retain(|name, _| def.key(name).is_some());
        assert_eq!(parsed(&def.parse(&config)), theirs, "{pairs:?}");
        for value in answer.as_array().unwrap() {
            if let Some(key) = def.key(value["name"].as_str().unwrap()) {
                let recommended = key.recommended.iter().map(|class| format!("class {class}"));
                assert_eq!(json!(recommended.collect::<Vec<_>>()), value["recommended"]);
            }
        }
    }
}

#[test]
fn classes_are_listed_as_by_a_worker() {
    let transforms: Vec<&str> = transform::classes().collect();
    let predicates: Vec<&str> = predicate::classes().collect();
    for version in VERSIONS {
        let plugins = |kind| Reference::shared(version).ask(&ask::plugins(kind)).unwrap();
        assert_eq!(json!(transforms), plugins("transformation"), "{version:?}");
        assert_eq!(json!(predicates), plugins("predicate"), "{version:?}");
    }
}

#[test]
fn records_go_through_a_chain_as_in_a_worker() {
    let class = |name: &str| format!("{T}{name}");
    let (cast, hoist, value_to_key) = (
        class("Cast$Value"),
        class("HoistField$Value"),
        class("ValueToKey"),
    );
    let config = config(&[
        ("name", "c"),
        ("connector.class", "C"),
        ("transforms", "drop,hoist,route,key,cast"),
        ("transforms.drop.type", "Filter"),
        ("transforms.drop.predicate", "dead"),
        ("transforms.hoist.type", &hoist),
        ("transforms.hoist.field", "f"),
        ("transforms.hoist.predicate", "orders"),
        ("transforms.hoist.negate", " true "),
        ("transforms.route.type", "TimestampRouter"),
        ("transforms.key.type", &value_to_key),
        ("transforms.key.fields", "f"),
        ("transforms.key.predicate", "h"),
        ("transforms.key.negate", "TRUE"),
        ("transforms.cast.type", &cast),
        ("transforms.cast.spec", "f:string"),
        ("transforms.cast.predicate", "orders"),
        ("predicates", "dead,orders,h"),
        ("predicates.dead.type", "RecordIsTombstone"),
        ("predicates.orders.type", "TopicNameMatches"),
        ("predicates.orders.pattern", ".*orders.*"),
        ("predicates.h.type", "HasHeaderKey"),
        ("predicates.h.name", "h"),
    ]);
    let chain = Chain::new(&config).unwrap();
    let records = records::all();
    let questions: Vec<Json> = records
        .iter()
        .map(|record| ask::chain(&config, record))
        .collect();
    for version in VERSIONS {
        let (mut made, mut dropped) = (0, 0);
        let answers = Reference::shared(version).ask_all(&questions);
        for (record, answer) in records.iter().zip(answers) {
            let asked = encode::record(record);
            match (chain.apply(record.clone()), answer) {
                (Ok(None), Ok(Json::Null)) => dropped += 1,
                (Ok(Some(ours)), Ok(theirs)) => {
                    made += 1;
                    let theirs = encode::record(&decode::record(&theirs).unwrap());
                    let ours = encode::canonical(encode::record(&ours));
                    assert_eq!(ours, encode::canonical(theirs), "{version:?} {asked}");
                }
                (Err(ours), Err(theirs)) => {
                    assert_eq!(ours.error.class, theirs.class, "{version:?} {asked}");
                }
                (ours, theirs) => panic!("{version:?} {ours:?} {theirs:?} {asked}"),
            }
        }
        assert!(made > 300 && dropped > 50, "{made} made, {dropped} dropped");
    }
}
