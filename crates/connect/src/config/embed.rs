//! Definitions inside of others, as transforms' settings appear in a
//! connector's.
//!
//! Invariant: an embedded setting's validator goes on to show the name that
//! the setting has by itself, as Kafka's does.

use std::cmp::Ordering;

use super::{ConfigDef, ConfigKey, Default};

impl ConfigDef {
    /// The settings in the order in which Kafka shows and embeds them
    /// (`ConfigDef.sortedConfigs`): by group and place, then those that must
    /// be given, then by importance and name.
    pub fn sorted(&self) -> Vec<&ConfigKey> {
        let mut groups: Vec<&str> = Vec::new();
        for group in self.keys.iter().filter_map(|key| key.group.as_deref()) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        let place = |key: &ConfigKey| {
            let group = key.group.as_deref();
            group.map(|group| groups.iter().position(|known| *known == group))
        };
        let mut sorted: Vec<&ConfigKey> = self.keys.iter().collect();
        sorted.sort_by(|a, b| {
            place(a)
                .cmp(&place(b))
                .then(a.order.cmp(&b.order))
                .then_with(|| by_default(a, b))
                .then(a.importance.cmp(&b.importance))
                .then_with(|| a.name.cmp(&b.name))
        });
        sorted
    }

    /// Adds another definition's settings, each with `prefix` before its name,
    /// in `group` and from place `first` on (`ConfigDef.embed`).
    pub fn embed(&mut self, prefix: &str, group: &str, first: i32, child: &Self) {
        for (order, key) in (first..).zip(child.sorted()) {
            let mut key = key.clone();
            key.name = format!("{prefix}{}", key.name);
            key.group = Some(match &key.group {
                Some(own) => format!("{group}: {own}"),
                None => group.to_owned(),
            });
            key.order = order;
            for dependent in &mut key.dependents {
                dependent.insert_str(0, prefix);
            }
            self.keys.push(key);
        }
    }
}

fn by_default(a: &ConfigKey, b: &ConfigKey) -> Ordering {
    let has = |key: &ConfigKey| key.default != Default::Required;
    has(a).cmp(&has(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigValue, Importance, Type};
    use std::collections::BTreeMap;

    #[test]
    fn embedded_settings_are_sorted_and_prefixed_but_validators_show_the_own_name() {
        let key = |name: &str, default, importance| {
            ConfigKey::new(name, Type::String, default, importance, "")
        };
        let child = ConfigDef::default()
            .define(key("b", Default::Null, Importance::High))
            .define(key("a", Default::Null, Importance::High))
            .define(
                key("z", Default::Required, Importance::Low).valid(|value| match value {
                    ConfigValue::Null => Err("no".to_owned()),
                    _ => Ok(()),
                }),
            );
        let mut def = ConfigDef::default();
        def.embed("t.", "T: t", 1, &child);
        let shown: Vec<_> = def
            .keys
            .iter()
            .map(|k| (k.name.as_str(), k.order))
            .collect();
        assert_eq!(shown, [("t.z", 1), ("t.a", 2), ("t.b", 3)]);
        assert_eq!(def.keys[0].group.as_deref(), Some("T: t"));
        assert_eq!(def.keys[0].display_name, "z");
        assert_eq!(
            def.parse(&BTreeMap::new())[0].errors,
            [
                "Missing required configuration \"t.z\" which has no default value.",
                "Invalid value null for configuration z: no"
            ]
        );
    }
}
