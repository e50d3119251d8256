//! Why a topic cannot be created, in Connect's words (`TopicAdmin`).

use crate::producer::native::event::Answer;
use crate::producer::native::{Code, describe};

/// Why a task cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::producer) struct Failure {
    /// The message of Connect's exception, and what caused it.
    pub(in crate::producer) text: String,
}

impl Failure {
    /// A topic that could not be looked for.
    pub(super) fn describing(topic: &str, brokers: &str, (code, why): &Answer) -> Self {
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
        let cause = caused_by(*code, why);
        Self {
            text: format!("{text}{cause}"),
        }
    }

    /// A topic that could not be created; `new_topic` is how Java prints it.
    pub(super) fn creating(topic: &str, new_topic: &str, (code, why): &Answer) -> Self {
        let text = match code {
            // Connect takes these for a broker that creates topics by itself,
            // and then finds that it has not.
            Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
            | Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            | Code::RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION
            | Code::RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE => {
                return Self {
                    text: format!(
                        "Task failed to create new topic {new_topic}. Ensure that the task is \
                         authorized to create topics or that the topic exists and restart the task"
                    ),
                };
            }
            Code::RD_KAFKA_RESP_ERR_INVALID_CONFIG => {
                format!("Unable to create topic(s) '{topic}': {why}")
            }
            Code::RD_KAFKA_RESP_ERR__TIMED_OUT | Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT => {
                format!(
                    "Timed out while checking for or creating topic(s) '{topic}'. This could \
                     indicate a connectivity issue, unavailable topic partitions, or if this is \
                     your first use of the topic it may have taken too long to create."
                )
            }
            _ => format!("Error while attempting to create/find topic(s) '{topic}'"),
        };
        let cause = caused_by(*code, why);
        Self {
            text: format!("{text}{cause}"),
        }
    }
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
    use super::*;

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
        let told = |code: Code| Failure::creating("t", "(name=t)", &(code, "why".to_owned())).text;
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
            refused.contains("Task failed to create new topic (name=t). Ensure"),
            "{refused}"
        );
    }
}
