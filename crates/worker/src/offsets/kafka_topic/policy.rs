//! Whether the topic keeps offsets: it has to be compacted, and nothing else.
//!
//! A topic that deletes old records forgets the offset of a stream that is
//! quiet for long, and its task would begin anew. Invariants: the topic is
//! created compacted by whoever writes first; one that is known not to be
//! compacted is not written to by a task; as in Connect
//! (`TopicAdmin.verifyTopicCleanupPolicyOnlyCompact`) a policy that must not
//! be looked at keeps nobody from going on.

use std::sync::Arc;
use std::time::Duration;

use super::{OffsetsTopic, OffsetsTopicError};
use crate::producer::{TopicCreator, Unread, topic_setting};

const SETTING: &str = "cleanup.policy";

impl OffsetsTopic {
    /// Has the topic created if it is not there. Blocks, for `wait` at most.
    ///
    /// # Errors
    /// It is not there and cannot be created, or not in time.
    pub fn create(
        &self,
        creator: &Arc<TopicCreator>,
        wait: Duration,
    ) -> Result<(), OffsetsTopicError> {
        match creator.create_now(&self.name, wait) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.unanswered(wait, "it was looked for".to_owned())),
            Err(why) => Err(OffsetsTopicError::Client(why)),
        }
    }

    /// Checks that the topic is compacted. Blocks, for `wait` at most, and ends
    /// soon after `is_stopped`. What is worth telling if that is not known.
    ///
    /// # Errors
    /// It is not, or the brokers do not answer in time.
    pub fn check_compacted(
        &self,
        wait: Duration,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Option<String>, OffsetsTopicError> {
        match topic_setting(&self.properties, (&self.name, SETTING), wait, is_stopped) {
            Ok(policy) => self.judge_policy(&policy).map(|()| None),
            Err(Unread::Unanswered(last)) => Err(self.unanswered(wait, last)),
            Err(Unread::Refused(why)) => Ok(Some(format!(
                "offsets.storage.topic: {0}: its {SETTING} cannot be read ({why}); make sure that it is \
                 compact, or grant DescribeConfigs on the topic {0} to this user",
                self.name
            ))),
        }
    }

    fn judge_policy(&self, policy: &str) -> Result<(), OffsetsTopicError> {
        let mut policies = policy.split(',').map(str::trim);
        if policies.all(|one| one.eq_ignore_ascii_case("compact")) {
            return Ok(());
        }
        Err(OffsetsTopicError::NotCompacted {
            topic: self.name.clone(),
            policy: policy.to_owned(),
        })
    }

    fn unanswered(&self, wait: Duration, last: String) -> OffsetsTopicError {
        OffsetsTopicError::Unanswered {
            topic: self.name.clone(),
            waited_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offsets::kafka_topic::topic_on as topic;

    #[test]
    fn only_compaction_alone_keeps_offsets() {
        let topic = topic("localhost:1");
        assert_eq!(topic.judge_policy("compact"), Ok(()));
        for policy in ["delete", "compact,delete", "delete, compact", ""] {
            let error = topic.judge_policy(policy).expect_err("refused");
            let text = error.to_string();
            assert!(!error.is_passing(), "{text}");
            assert!(text.contains("offsets.storage.topic: offsets"), "{text}");
            assert!(text.contains("cleanup.policy=compact"), "{text}");
        }
    }

    #[test]
    fn brokers_that_are_away_may_tell_later() {
        let silent = topic("127.0.0.1:9").check_compacted(Duration::ZERO, &|| true);
        assert!(silent.is_err_and(|error| error.is_passing()));
    }
}
