//! The expected texts are those of Connect's own classes, 3.9.1 and 4.1.1.

use super::*;
use crate::test_map::map;

const GROUPS: &str = "topic.creation.groups";
const FACTOR: &str = "topic.creation.default.replication.factor";
const PARTITIONS: &str = "topic.creation.default.partitions";

fn parsed(pairs: &[(&str, &str)]) -> Result<(TopicGroups, Vec<String>), String> {
    parse(&map(pairs))
}

/// With a complete default group of 1 and 1.
fn with(more: &[(&str, &str)]) -> Result<TopicGroups, String> {
    let all = [&[(FACTOR, "1"), (PARTITIONS, "1")], more].concat();
    parsed(&all).map(|parsed| parsed.0)
}

fn of(groups: &TopicGroups, topic: &str) -> String {
    groups.first_match(topic).to_string()
}

#[test]
fn nothing_is_created_if_nothing_is_said() {
    assert!(!is_used(&map(&[("kafka.topic", "t")])));
    assert!(is_used(&map(&[("topic.creation.x", "1")])));
}

#[test]
fn the_default_group_must_be_complete_once_anything_is_said() {
    let missing = |name: &str| {
        format!("Missing required configuration \"{name}\" which has no default value.")
    };
    for (given, name) in [
        (vec![(GROUPS, "")], FACTOR),
        (vec![("topic.creation.x", "1")], FACTOR),
        (vec![(PARTITIONS, "3")], FACTOR),
        (vec![(FACTOR, "1")], PARTITIONS),
        (
            vec![
                (GROUPS, "g"),
                ("topic.creation.g.include", "a"),
                ("topic.creation.g.partitions", "1"),
                ("topic.creation.g.replication.factor", "1"),
            ],
            FACTOR,
        ),
    ] {
        assert_eq!(parsed(&given).expect_err("incomplete"), missing(name));
    }
}

#[test]
fn numbers_are_refused_in_connect_s_words() {
    let factor = "Replication factor must be positive and not larger than the number of brokers in \
                  the Kafka cluster, or -1 to use the broker's default";
    let partitions = "Number of partitions must be positive, or -1 to use the broker's default";
    for (given, expected) in [
        (
            ("1", "0"),
            format!("Invalid value 0 for configuration partitions: {partitions}"),
        ),
        (
            ("1", "x"),
            format!("Invalid value x for configuration {PARTITIONS}: Not a number of type INT"),
        ),
        (
            ("1", ""),
            format!("Invalid value  for configuration {PARTITIONS}: Not a number of type INT"),
        ),
        (
            ("-2", "0"),
            format!("Invalid value -2 for configuration replication.factor: {factor}"),
        ),
        (
            ("40000", "1"),
            format!("Invalid value 40000 for configuration {FACTOR}: Not a number of type SHORT"),
        ),
    ] {
        let error = parsed(&[(FACTOR, given.0), (PARTITIONS, given.1)]).expect_err("wrong");
        assert_eq!(error, expected);
    }
    let groups = [
        (GROUPS, "h,g"),
        ("topic.creation.g.partitions", "x"),
        ("topic.creation.h.partitions", "0"),
    ];
    let expected = format!("Invalid value 0 for configuration partitions: {partitions}");
    assert_eq!(with(&groups).expect_err("h comes first"), expected);
}

#[test]
fn expressions_are_java_s() {
    for (setting, value, expected) in [
        (
            "include",
            "(",
            "Invalid value [(] for configuration include: Syntax error in regular expression: Unclosed \
             group near index 1\n(",
        ),
        (
            "exclude",
            "[,*",
            "Invalid value [[, *] for configuration exclude: Syntax error in regular expression: \
             Unclosed character class near index 0\n[\n^",
        ),
    ] {
        let name = format!("topic.creation.g.{setting}");
        let error = with(&[(GROUPS, "g"), (&name, value)]).expect_err("wrong");
        assert_eq!(error, expected);
    }
    // Those of the default group, and of groups that are not listed, are not read.
    let unread = [
        ("topic.creation.default.exclude", "("),
        ("topic.creation.unlisted.include", "("),
    ];
    assert!(with(&unread).is_ok());
}

#[test]
fn a_topic_belongs_to_the_first_group_that_matches_its_whole_name() {
    let groups = with(&[
        (GROUPS, "compacted, trades"),
        ("topic.creation.compacted.include", "a, b.*"),
        ("topic.creation.compacted.exclude", "b1"),
        ("topic.creation.compacted.cleanup.policy", " compact "),
        ("topic.creation.trades.include", "[b-d].*"),
        ("topic.creation.trades.partitions", "7"),
        ("topic.creation.default.compression.type", "lz4"),
    ]);
    let groups = groups.expect("valid");
    let name = |topic: &str| groups.first_match(topic).name.as_str();
    assert_eq!(["a", "b", "b2"].map(name), ["compacted"; 3]);
    assert_eq!(["b1", "c"].map(name), ["trades"; 2]);
    assert_eq!(["aa", "e", ""].map(name), ["default"; 3]);
    assert_eq!(
        of(&groups, "a"),
        "TopicCreationGroup{name='compacted', inclusionPattern=a|b.*, exclusionPattern=b1, \
         numPartitions=1, replicationFactor=1, otherConfigs={cleanup.policy= compact }}"
    );
    assert_eq!(
        groups.first_match("c").new_topic_text("c"),
        "(name=c, numPartitions=7, replicationFactor=1, replicasAssignments=null, configs={})"
    );
    assert_eq!(
        of(&groups, "e"),
        "TopicCreationGroup{name='default', inclusionPattern=.*, exclusionPattern=, numPartitions=1, \
         replicationFactor=1, otherConfigs={compression.type=lz4}}"
    );
}

#[test]
fn a_group_without_expressions_matches_nothing_and_default_need_not_be_listed() {
    let listed = [(GROUPS, "default,g"), (FACTOR, "-1"), (PARTITIONS, " 3 ")];
    let (groups, warnings) = parsed(&listed).expect("valid");
    assert_eq!(groups.first_match("t").name, "default");
    assert_eq!(warnings.len(), 1);
    let default = groups.first_match("t");
    assert_eq!((default.replication_factor, default.partitions), (-1, 3));
}

#[test]
fn what_a_provider_has_given_can_be_hidden() {
    let mut groups = with(&[("topic.creation.default.x", "s3cret")]).expect("valid");
    groups.hide(|text| text.replace("s3cret", "[hidden]"));
    let shown = format!(
        "{}{}",
        of(&groups, "t"),
        groups.first_match("t").new_topic_text("t")
    );
    assert!(
        shown.contains("[hidden]") && !shown.contains("s3cret"),
        "{shown}"
    );
    assert_eq!(groups.first_match("t").configs["x"], "s3cret");
}

#[test]
fn what_a_provider_has_given_is_hidden_in_a_broker_s_words() {
    let more = [
        ("topic.creation.default.retention.ms", " s3cret "),
        ("topic.creation.default.cleanup.policy", "compact,hunter2"),
        ("topic.creation.default.x", "plain"),
    ];
    let mut groups = with(&more).expect("valid");
    let before = groups.first_match("t").hide("Invalid value s3cret");
    assert_eq!(before, "Invalid value s3cret", "nobody said it is secret");
    groups.hide(|text| {
        let text = text.replace("s3cret", "${file:f:a}");
        text.replace("compact,hunter2", "${file:f:b}")
    });
    let shown = groups.first_match("t").hide(
        "Invalid value s3cret for configuration retention.ms; hunter2, plain and compact,hunter2",
    );
    assert_eq!(
        shown,
        "Invalid value ${file:f:a} for configuration retention.ms; ${file:f:b}, plain and ${file:f:b}"
    );
}

#[test]
fn debug_output_shows_no_values() {
    let groups = with(&[("topic.creation.default.x", "s3cret")]).expect("valid");
    let shown = format!("{groups:?}");
    assert!(
        shown.contains("\"x\"") && !shown.contains("s3cret"),
        "{shown}"
    );
}
