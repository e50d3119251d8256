//! Why a topic cannot be created, in Connect's words (`TopicAdmin`).

use crate::producer::native::event::Answer;
use crate::producer::native::{Code, describe};
use crate::topic_creation::TopicGroup;

/// Errors that pass: those of Java's `RetriableException` and librdkafka's own
/// of that kind. Java's client tries them again by itself.
const PASSING: [Code; 34] = [
    Code::RD_KAFKA_RESP_ERR_INVALID_MSG,
    Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    Code::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    Code::RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
    Code::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    Code::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
    Code::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    Code::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    Code::RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    Code::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
    Code::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
    Code::RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND,
    Code::RD_KAFKA_RESP_ERR_INVALID_FETCH_SESSION_EPOCH,
    Code::RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND,
    Code::RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
    Code::RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
    Code::RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_ELECTION_NOT_NEEDED,
    Code::RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
    Code::RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
    Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID,
    Code::RD_KAFKA_RESP_ERR__TIMED_OUT,
    Code::RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
    Code::RD_KAFKA_RESP_ERR__TRANSPORT,
    Code::RD_KAFKA_RESP_ERR__RESOLVE,
    Code::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
    Code::RD_KAFKA_RESP_ERR__WAIT_COORD,
    Code::RD_KAFKA_RESP_ERR__WAIT_CACHE,
];

/// Whether the same request may succeed a little later.
pub(super) fn is_passing(code: Code) -> bool {
    PASSING.contains(&code)
}

/// Why a topic could not be looked for: the message of Connect's exception,
/// and what caused it.
pub(super) fn describing(topic: &str, brokers: &str, (code, why): &Answer) -> String {
    let text = match code {
        Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
        | Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED => {
            format!("Not authorized to describe topic(s) '{topic}' on the brokers {brokers}")
        }
        Code::RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION
        | Code::RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE => format!(
            "Unable to describe topic(s) '{topic}' since the brokers at {brokers} do not support \
             the DescribeTopics API."
        ),
        _ => format!("Error while attempting to describe topics '{topic}'"),
    };
    format!("{text}{}", caused_by(*code, why))
}

/// Why a topic of this group could not be created. Brokers repeat values of
/// settings; what a config provider has given is hidden.
pub(super) fn creating(topic: &str, group: &TopicGroup, (code, why): &Answer) -> String {
    let why = &group.hide(why);
    let text = match code {
        // Connect takes these for a broker that creates topics by itself, and
        // then finds that it has not.
        Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
        | Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        | Code::RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION
        | Code::RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE => {
            return format!(
                "Task failed to create new topic {}. Ensure that the task is authorized to create \
                 topics or that the topic exists and restart the task",
                group.new_topic_text(topic)
            );
        }
        Code::RD_KAFKA_RESP_ERR_INVALID_CONFIG => {
            format!("Unable to create topic(s) '{topic}': {why}")
        }
        Code::RD_KAFKA_RESP_ERR__TIMED_OUT | Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT => {
            format!(
                "Timed out while checking for or creating topic(s) '{topic}'. This could indicate \
                 a connectivity issue, unavailable topic partitions, or if this is your first use \
                 of the topic it may have taken too long to create."
            )
        }
        _ => format!("Error while attempting to create/find topic(s) '{topic}'"),
    };
    format!("{text}{}", caused_by(*code, why))
}

fn caused_by(code: Code, why: &str) -> String {
    format!("\nCaused by: {}: {why}", exception(code))
}

/// The class of Java's exception for a broker's error
/// (`org.apache.kafka.common.protocol.Errors`).
fn exception(code: Code) -> String {
    let class = match code {
        Code::RD_KAFKA_RESP_ERR__TIMED_OUT | Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT => {
            "TimeoutException".to_owned()
        }
        Code::RD_KAFKA_RESP_ERR_INVALID_CONFIG => "InvalidConfigurationException".to_owned(),
        Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED => {
            "ClusterAuthorizationException".to_owned()
        }
        Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED => {
            "TopicAuthorizationException".to_owned()
        }
        Code::RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION => "InvalidTopicException".to_owned(),
        // The others are called after their errors, as
        // INVALID_REPLICATION_FACTOR; those of librdkafka itself have none.
        _ => match describe(code).0 {
            name if name.starts_with('_') => "KafkaException".to_owned(),
            name => format!("{}Exception", camel_case(&name)),
        },
    };
    let package = match class.as_str() {
        "KafkaException" => "org.apache.kafka.common",
        _ => "org.apache.kafka.common.errors",
    };
    format!("{package}.{class}")
}

fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(usize::from(!word.is_empty()));
        format!("{first}{}", rest.to_ascii_lowercase())
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::topic_creation::{TopicGroups, parse};

    /// The group `default` alone, with a setting of its topics.
    fn default_groups(setting: &str, value: &str) -> TopicGroups {
        let config = [
            ("partitions", "1"),
            ("replication.factor", "1"),
            (setting, value),
        ];
        let config = config.map(|(k, v)| (format!("topic.creation.default.{k}"), v.to_owned()));
        parse(&BTreeMap::from(config)).expect("valid").0
    }

    #[test]
    fn a_broker_s_words_show_no_value_of_a_config_provider() {
        let mut groups = default_groups("retention.ms", "s3cret");
        groups.hide(|text| text.replace("s3cret", "${file:f:k}"));
        for code in [
            Code::RD_KAFKA_RESP_ERR_INVALID_CONFIG,
            Code::RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
        ] {
            let why = "Invalid value s3cret for configuration retention.ms".to_owned();
            let told = creating("t", groups.first_match("t"), &(code, why));
            assert!(
                told.contains("retention.ms") && !told.contains("s3cret"),
                "{told}"
            );
        }
    }

    #[test]
    fn exceptions_have_java_s_names() {
        for (code, class) in [
            (
                Code::RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
                "org.apache.kafka.common.errors.InvalidReplicationFactorException",
            ),
            (
                Code::RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                "org.apache.kafka.common.errors.PolicyViolationException",
            ),
            (
                Code::RD_KAFKA_RESP_ERR_INVALID_CONFIG,
                "org.apache.kafka.common.errors.InvalidConfigurationException",
            ),
            (
                Code::RD_KAFKA_RESP_ERR__TRANSPORT,
                "org.apache.kafka.common.KafkaException",
            ),
        ] {
            assert_eq!(exception(code), class);
        }
    }

    #[test]
    fn failures_are_told_in_connect_s_words() {
        let groups = default_groups("retention.ms", "1");
        let group = groups.first_match("t");
        let told = |code: Code| creating("t", group, &(code, "why".to_owned()));
        let other = told(Code::RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR);
        assert_eq!(
            other,
            "Error while attempting to create/find \
             topic(s) 't'\nCaused by: org.apache.kafka.common.errors.InvalidReplicationFactorException: \
             why"
        );
        let config = told(Code::RD_KAFKA_RESP_ERR_INVALID_CONFIG);
        assert!(
            config.contains("Unable to create topic(s) 't': why"),
            "{config}"
        );
        let refused = told(Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
        assert!(
            refused.starts_with("Task failed to create new topic (name=t, numPartitions=1, ")
                && refused.contains("). Ensure that"),
            "{refused}"
        );
    }
}
