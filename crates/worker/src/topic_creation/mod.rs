//! With which settings a connector's topics are created (KIP-158;
//! `TopicCreationGroup` and `TopicCreation` in Connect).
//!
//! Here is what a configuration says; `producer::creation` does it. Invariants:
//! the groups are tried in the order of `topic.creation.groups`, the group
//! `default` matches what no other does; an error is the one that Connect's
//! own classes give first.

mod parse;

use std::collections::BTreeMap;
use std::fmt;

use connect_api::java::Regex;

pub use parse::{PREFIX, is_used, parse};

/// A group of topics and what they are created with.
#[derive(Clone)]
pub struct TopicGroup {
    /// Its name.
    pub name: String,
    /// `partitions`; -1 is the broker's default.
    pub partitions: i32,
    /// `replication.factor`; -1 is the broker's default.
    pub replication_factor: i16,
    /// The settings of the topics.
    pub configs: BTreeMap<String, String>,
    /// The same as a log line may show them, as Java prints a map.
    pub shown_configs: String,
    /// Values among them that a config provider has given, and what is shown in
    /// their place; the longest first.
    hidden: Vec<(String, String)>,
    /// Which topics it takes, a valid expression.
    include: String,
    /// Which of them it does not.
    exclude: String,
}

impl TopicGroup {
    fn matches(&self, topic: &str) -> bool {
        // Each topic is asked for once, while a compiled expression would take
        // its memory as long as the connector lives.
        let is = |expression: &str| Regex::new(expression).is_ok_and(|regex| regex.matches(topic));
        !is(&self.exclude) && is(&self.include)
    }

    /// `text`, such as a broker's words, with what a config provider has given
    /// replaced by how it is written in the configuration.
    pub fn hide(&self, text: &str) -> String {
        let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(first) = rest.chars().next() {
            let mut hidden = self.hidden.iter();
            let (length, part) = match hidden.find(|(value, _)| rest.starts_with(value)) {
                Some((value, written)) => (value.len(), written.as_str()),
                None => (first.len_utf8(), &rest[..first.len_utf8()]),
            };
            shown.push_str(part);
            rest = &rest[length..];
        }
        shown
    }

    /// Learns what is to be hidden.
    fn learn(&mut self, hidden: &impl Fn(&str) -> String) {
        self.shown_configs = hidden(&self.shown_configs);
        for value in self.configs.values() {
            let written = hidden(value.trim());
            if written == value.trim() {
                continue;
            }
            // Brokers name a list's entries one by one.
            let parts = value.split(',').chain([value.as_str()]).map(str::trim);
            let parts = parts.filter(|part| !part.is_empty());
            self.hidden
                .extend(parts.map(|part| (part.to_owned(), written.clone())));
        }
        // A value within another one must not spoil that one's replacement.
        self.hidden
            .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    }

    /// A topic of this group, as Java prints a `NewTopic`.
    pub fn new_topic_text(&self, topic: &str) -> String {
        format!(
            "(name={topic}, numPartitions={}, replicationFactor={}, replicasAssignments=null, configs={})",
            self.partitions, self.replication_factor, self.shown_configs
        )
    }
}

impl fmt::Debug for TopicGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicGroup")
            .field("name", &self.name)
            .field("partitions", &self.partitions)
            .field("replication_factor", &self.replication_factor)
            .field("configs", &self.configs.keys())
            .field("include", &self.include)
            .field("exclude", &self.exclude)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TopicGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TopicCreationGroup{{name='{}', inclusionPattern={}, exclusionPattern={}, numPartitions={}, \
             replicationFactor={}, otherConfigs={}}}",
            self.name,
            self.include,
            self.exclude,
            self.partitions,
            self.replication_factor,
            self.shown_configs
        )
    }
}

/// A connector's groups.
#[derive(Clone, Debug)]
pub struct TopicGroups {
    /// Those of `topic.creation.groups`, in order.
    listed: Vec<TopicGroup>,
    default: TopicGroup,
}

impl TopicGroups {
    /// The group that a topic belongs to.
    pub fn first_match(&self, topic: &str) -> &TopicGroup {
        let mut listed = self.listed.iter();
        listed
            .find(|group| group.matches(topic))
            .unwrap_or(&self.default)
    }

    /// Changes the texts for log lines, which may hold what a config provider
    /// has given, and has the groups hide it in others ([`TopicGroup::hide`]).
    pub fn hide(&mut self, hidden: impl Fn(&str) -> String) {
        for group in self.listed.iter_mut().chain([&mut self.default]) {
            group.learn(&hidden);
        }
    }
}

#[cfg(test)]
mod tests;
