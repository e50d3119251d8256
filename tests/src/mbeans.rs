//! What a worker's beans are, read from a Java one over JMX and from ours over
//! `/jolokia`, in one shape.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kafka::{self, Version};
use crate::tools;
use crate::worker::Worker;

/// An attribute: the simple name of its Java class, and its value as text.
pub type Attribute = (String, String);

/// Attributes by name, by the canonical names of their beans.
pub type Beans = BTreeMap<String, BTreeMap<String, Attribute>>;

/// Reads the beans of a pattern from the JVM whose JMX port this is.
pub fn of_java(version: Version, port: u16, pattern: &str) -> Beans {
    let mut beans = Beans::new();
    for line in read_mbeans(version, port, &[pattern]).lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [bean, attribute, class, value] = parts[..] else {
            panic!("not four columns: {line}");
        };
        let attributes = beans.entry(bean.to_owned()).or_default();
        attributes.insert(attribute.to_owned(), (class.to_owned(), value.to_owned()));
    }
    beans
}

/// Calls an operation without parameters of each bean of a pattern; there must
/// be such beans, and they must have it.
pub fn invoke(version: Version, port: u16, pattern: &str, operation: &str) {
    let called = read_mbeans(version, port, &["--invoke", operation, pattern]);
    assert!(!called.is_empty(), "no bean is {pattern}");
}

fn read_mbeans(version: Version, port: u16, arguments: &[&str]) -> String {
    let program = tools::repository().join("tests/kafka/ReadMBeans.java");
    let mut java = kafka::java(version, 64);
    java.arg(program).arg(port.to_string()).args(arguments);
    kafka::succeeded(&java.output().expect("java runs"))
}

/// Reads the beans of a pattern from our worker, which must have
/// `jolokia.enabled`.
pub fn of_ours(worker: &Worker, pattern: &str) -> Beans {
    let body = json!({"type": "read", "mbean": pattern});
    let answer = worker.request("POST", "/jolokia", Some(&body)).json();
    assert_eq!(answer["status"], 200, "{answer}");
    let beans = answer["value"].as_object().expect("beans");
    let of_bean = |(bean, attributes): (&String, &Value)| {
        let attributes = attributes.as_object().expect("attributes").iter();
        let typed = attributes.map(|(name, value)| (name.clone(), typed(value)));
        (bean.clone(), typed.collect())
    };
    beans.iter().map(of_bean).collect()
}

/// JSON tells a long from a double by its point; what is no number at all is
/// a double.
fn typed(value: &Value) -> Attribute {
    let class = match value {
        Value::Null => return ("Double".to_owned(), "NaN".to_owned()),
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Double",
        Value::Number(_) => "Long",
        Value::String(text) => return ("String".to_owned(), text.clone()),
        Value::Array(_) | Value::Object(_) => panic!("no value of an attribute: {value}"),
    };
    (class.to_owned(), value.to_string())
}
