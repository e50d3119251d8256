//! The one model of what is measured: beans, as JMX has them, each of a group
//! that says once what its attributes are. `/metrics` and `/jolokia` are two
//! views of it.
//!
//! Invariant: a bean has a value for each attribute of its group, in the
//! group's order.

use std::fmt;

/// What an attribute's value is, as the bean of the real worker types it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `java.lang.Long`.
    Long(i64),
    /// `java.lang.Integer`.
    Integer(i32),
    /// `java.lang.Double`; NaN where nothing was measured.
    Double(f64),
    /// `java.lang.Boolean`.
    Boolean(bool),
    /// `java.lang.String`.
    Text(String),
}

impl Value {
    /// The simple name of its class in Java.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Long(_) => "Long",
            Self::Integer(_) => "Integer",
            Self::Double(_) => "Double",
            Self::Boolean(_) => "Boolean",
            Self::Text(_) => "String",
        }
    }

    /// A count as a double, which most of Kafka's metrics are.
    pub(super) fn count(count: u64) -> Self {
        Self::Double(count as f64)
    }

    /// A count as a long.
    pub(super) fn long(count: u64) -> Self {
        Self::Long(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// How an attribute appears in Prometheus' format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A number that only grows; its name ends in `-total`.
    Counter,
    /// Any other number.
    Gauge,
    /// A text that stays as it is: a label of the group's `_info`.
    Info,
    /// A text that changes: a series of its own with the text as a label.
    State,
}

/// An attribute of all beans of a group.
#[derive(Debug)]
pub struct Attribute {
    /// Its name, as Connect has it.
    pub name: &'static str,
    pub(super) shape: Shape,
    /// What it says, for people.
    pub description: &'static str,
}

/// The beans of one `type`.
#[derive(Debug)]
pub struct Group {
    /// The domain of their names.
    pub domain: &'static str,
    /// Their `type`.
    pub kind: &'static str,
    /// The class that implements them on the real worker.
    pub class: &'static str,
    /// Whether they are in `/metrics` under their own names.
    pub(super) in_prometheus: bool,
    /// Their attributes.
    pub attributes: &'static [Attribute],
}

/// A name of a bean (`javax.management.ObjectName`): a domain and properties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// What stands before the colon.
    pub domain: String,
    /// Keys and values as they are written, quotes included, in the order in
    /// which the name was made.
    pub properties: Vec<(String, String)>,
}

impl ObjectName {
    /// The name with its properties in the order of their keys.
    pub fn canonical(&self) -> String {
        let mut sorted: Vec<_> = self.properties.iter().collect();
        sorted.sort();
        written(&self.domain, sorted)
    }

    /// The properties of the canonical name.
    pub fn canonical_properties(&self) -> String {
        let canonical = self.canonical();
        canonical[self.domain.len() + 1..].to_owned()
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.domain, self.properties.iter().collect()))
    }
}

fn written(domain: &str, properties: Vec<&(String, String)>) -> String {
    let pairs = properties
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"));
    format!("{domain}:{}", pairs.collect::<Vec<_>>().join(","))
}

/// A value of a property as Kafka writes it (`Sanitizer.jmxSanitize`): quoted
/// if there is anything in it that may mean something in a name.
pub(super) fn sanitized(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-%. \t".contains(c);
    if value.chars().all(plain) {
        value.to_owned()
    } else {
        quoted(value)
    }
}

/// `ObjectName.quote`.
pub(super) fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '"' | '*' | '?' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// One thing that is measured, as it is now.
#[derive(Clone, Debug)]
pub struct Bean {
    /// Its name.
    pub name: ObjectName,
    /// What its values are.
    pub group: &'static Group,
    /// A value for each attribute of the group.
    pub values: Vec<Value>,
    /// What tells it from others of its group, unquoted: Prometheus' labels.
    pub(super) labels: Vec<(&'static str, String)>,
}

impl Bean {
    /// A bean of `group` that `labels` tell from the others, its name made of
    /// them.
    pub(super) fn new(
        group: &'static Group,
        labels: Vec<(&'static str, String)>,
        values: Vec<Value>,
    ) -> Self {
        debug_assert_eq!(group.attributes.len(), values.len(), "{}", group.kind);
        let of_labels = labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), sanitized(value)));
        let kind = ("type".to_owned(), group.kind.to_owned());
        let name = ObjectName {
            domain: group.domain.to_owned(),
            properties: [kind].into_iter().chain(of_labels).collect(),
        };
        Self {
            name,
            group,
            values,
            labels,
        }
    }

    /// Its attributes with their values.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static Attribute, &Value)> {
        self.group.attributes.iter().zip(&self.values)
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut found = self.attributes().filter(|(known, _)| known.name == name);
        found.next().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_properties_are_quoted_as_kafka_quotes_them() {
        for (given, expected) in [
            ("plain-1.2_3 4%", "plain-1.2_3 4%"),
            ("", ""),
            ("rd/x", "\"rd/x\""),
            ("a,b=c:d", "\"a,b=c:d\""),
            ("\u{e9}", "\"\u{e9}\""),
            ("a\"b*c?d\\e\nf", "\"a\\\"b\\*c\\?d\\\\e\\nf\""),
        ] {
            assert_eq!(sanitized(given), expected);
        }
    }

    #[test]
    fn a_canonical_name_has_its_keys_in_order() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let name = ObjectName {
            domain: "d".to_owned(),
            properties: vec![pair("type", "t"), pair("connector", "c")],
        };
        assert_eq!(name.to_string(), "d:type=t,connector=c");
        assert_eq!(name.canonical(), "d:connector=c,type=t");
        assert_eq!(name.canonical_properties(), "connector=c,type=t");
    }
}
