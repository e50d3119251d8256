//! `GET /metrics`: the beans in Prometheus' text format 0.0.4, under the names
//! that the reference's JMX exporter rules give, and what is ours.
//!
//! `kafka_connect_`, the bean's type and the attribute, joined by `_`; the
//! properties of a bean's name are labels. A text cannot be a value: those
//! that stay are labels of one series for each bean, `..._info`, and a state
//! is a series with the state as a label and the value 1.

use std::ptr;

use websocket_source::series::Kind;

use super::bean::{Attribute, Bean, Group, Shape, Value};
use super::own;
use super::reading::WorkerReading;
use super::text::Family;

/// Value of the `Content-Type` header for what `/metrics` answers.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn render(beans: &[Bean], version: &str, worker: &WorkerReading) -> String {
    let mut out = String::with_capacity(4096 + worker.connectors.len() * 8192);
    let mut groups: Vec<&'static Group> = Vec::new();
    for bean in beans {
        if bean.group.in_prometheus && !groups.iter().any(|known| ptr::eq(*known, bean.group)) {
            groups.push(bean.group);
        }
    }
    for group in groups {
        let of_group: Vec<&Bean> = beans
            .iter()
            .filter(|bean| ptr::eq(bean.group, group))
            .collect();
        group_families(&mut out, group, &of_group);
    }
    own::render(&mut out, version, worker);
    out
}

fn group_families(out: &mut String, group: &Group, beans: &[&Bean]) {
    let prefix = format!("kafka_connect_{}", underscored(group.kind));
    info_family(out, &prefix, group, beans);
    for (at, attribute) in group.attributes.iter().enumerate() {
        let kind = match attribute.shape {
            Shape::Info => continue,
            Shape::Counter => Kind::Counter,
            Shape::Gauge | Shape::State => Kind::Gauge,
        };
        let label = underscored(attribute.name);
        let name = format!("{prefix}_{label}");
        let mut family = Family::new(out, &name, kind, attribute.description);
        for bean in beans {
            match &bean.values[at] {
                Value::Long(value) => family.sample(&bean.labels, value),
                Value::Integer(value) => family.sample(&bean.labels, value),
                Value::Double(value) => family.sample(&bean.labels, value),
                Value::Boolean(value) => family.sample(&bean.labels, u8::from(*value)),
                Value::Text(text) => {
                    let mut labels = borrowed(bean);
                    labels.push((&label, text.clone()));
                    family.sample(&labels, 1);
                }
            }
        }
    }
}

/// One series for each bean with the texts that stay.
fn info_family(out: &mut String, prefix: &str, group: &Group, beans: &[&Bean]) {
    let is_info = |attribute: &Attribute| attribute.shape == Shape::Info;
    if !group.attributes.iter().any(is_info) {
        return;
    }
    let name = if prefix.ends_with("_info") {
        prefix.to_owned()
    } else {
        format!("{prefix}_info")
    };
    let help = "Always 1; what does not change is in the labels.";
    let mut family = Family::new(out, &name, Kind::Gauge, help);
    for bean in beans {
        let texts: Vec<(String, String)> = bean
            .attributes()
            .filter(|(attribute, _)| is_info(attribute))
            .filter_map(|(attribute, value)| match value {
                Value::Text(text) => Some((underscored(attribute.name), text.clone())),
                _ => None,
            })
            .collect();
        let mut labels = borrowed(bean);
        labels.extend(
            texts
                .iter()
                .map(|(name, text)| (name.as_str(), text.clone())),
        );
        family.sample(&labels, 1);
    }
}

fn borrowed(bean: &Bean) -> Vec<(&str, String)> {
    let labels = bean.labels.iter();
    labels.map(|(name, value)| (*name, value.clone())).collect()
}

fn underscored(name: &str) -> String {
    name.replace('-', "_")
}
