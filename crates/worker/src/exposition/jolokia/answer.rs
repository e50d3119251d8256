//! What is answered: the values of beans, their description, their names.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::request::{Attributes, Kind, Request};
use super::{Budget, Jolokia, Refusal};
use crate::exposition::bean::{Bean, Group, Value};
use crate::exposition::groups::KAFKA_MBEAN;
use crate::exposition::pattern::Pattern;

/// The version of the protocol: that of Jolokia 1.3 and later.
const PROTOCOL: &str = "7.2";

/// What it takes to show the values of a bean, in comparisons of names.
const SHOWING_COST: usize = 32;
/// What it takes to write a bean's canonical name, in the same.
const NAMING_COST: usize = 16;

/// The value of a request, if what is left of `budget` is enough for it.
pub(super) fn value(
    jolokia: &Jolokia<'_>,
    request: &Request,
    budget: &mut Budget,
) -> Result<Json, Refusal> {
    match (request.kind, &request.mbean) {
        (Kind::Read, Some(mbean)) => {
            let value = read(jolokia.beans, mbean, request, budget)?;
            Ok(inside(value, &request.path).unwrap_or(Json::Null))
        }
        (Kind::Search, Some(mbean)) => {
            let matching = matching(jolokia.beans, mbean, budget)?;
            budget.spend(matching.len(), NAMING_COST)?;
            let names = matching.into_iter().map(|bean| name(bean, request));
            Ok(Json::Array(names.map(Json::String).collect()))
        }
        (Kind::List, _) => {
            budget.spend(jolokia.beans.len(), NAMING_COST)?;
            list(jolokia.beans, &request.path)
        }
        _ => Ok(version(jolokia.version)),
    }
}

fn matching<'a>(
    beans: &'a [Bean],
    mbean: &Pattern,
    budget: &mut Budget,
) -> Result<Vec<&'a Bean>, Refusal> {
    budget.spend(beans.len(), mbean.cost())?;
    let matching = beans.iter().filter(|bean| mbean.matches(&bean.name));
    Ok(matching.collect())
}

fn name(bean: &Bean, request: &Request) -> String {
    if request.options.canonical_naming {
        bean.name.canonical()
    } else {
        bean.name.to_string()
    }
}

/// NaN, which JSON has not, is null, as Jolokia gives it.
fn json(value: &Value) -> Json {
    match value {
        Value::Long(number) => json!(number),
        Value::Integer(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Boolean(value) => json!(value),
        Value::Text(text) => json!(text),
    }
}

fn read(
    beans: &[Bean],
    mbean: &Pattern,
    request: &Request,
    budget: &mut Budget,
) -> Result<Json, Refusal> {
    let matching = matching(beans, mbean, budget)?;
    if mbean.is_pattern() {
        budget.spend(matching.len(), SHOWING_COST)?;
        return read_all(&matching, mbean, request);
    }
    let not_found = || instance_not_found(mbean.canonical());
    let bean = *matching.first().ok_or_else(not_found)?;
    let one = |name: &str| match bean.get(name) {
        Some(value) => Ok(json(value)),
        None if request.options.ignore_errors => Ok(json!(format!(
            "ERROR: Could not find attribute {name} (class javax.management.AttributeNotFoundException)"
        ))),
        None => Err(Refusal {
            status: 404,
            class: "javax.management.AttributeNotFoundException",
            message: format!("Could not find attribute {name}"),
        }),
    };
    match &request.attributes {
        Attributes::All => Ok(Json::Object(all(bean))),
        Attributes::One(name) => one(name),
        Attributes::Some(names) => {
            let values = names.iter().map(|name| Ok((name.clone(), one(name)?)));
            Ok(Json::Object(values.collect::<Result<_, _>>()?))
        }
    }
}

fn read_all(matching: &[&Bean], pattern: &Pattern, request: &Request) -> Result<Json, Refusal> {
    if matching.is_empty() {
        let pattern = pattern.canonical();
        return Err(instance_not_found(format!(
            "No MBean with pattern {pattern} found for reading attributes"
        )));
    }
    let wanted: &[String] = match &request.attributes {
        Attributes::All => &[],
        Attributes::One(name) => std::slice::from_ref(name),
        Attributes::Some(names) => names,
    };
    let mut found = Map::new();
    for bean in matching {
        let mut values = all(bean);
        if !wanted.is_empty() {
            values.retain(|name, _| wanted.contains(name));
        }
        if !values.is_empty() {
            found.insert(name(bean, request), Json::Object(values));
        }
    }
    if found.is_empty() {
        return Err(Refusal::illegal(format!(
            "No matching attributes [{}] found on MBeans {}",
            wanted.join(", "),
            pattern.canonical()
        )));
    }
    Ok(Json::Object(found))
}

fn all(bean: &Bean) -> Map<String, Json> {
    let values = bean.attributes();
    let pairs = values.map(|(attribute, value)| (attribute.name.to_owned(), json(value)));
    pairs.collect()
}

fn instance_not_found(message: String) -> Refusal {
    Refusal {
        status: 404,
        class: "javax.management.InstanceNotFoundException",
        message,
    }
}

/// The part of a value that a path leads to.
fn inside(value: Json, path: &[String]) -> Option<Json> {
    let mut value = value;
    for part in path {
        value = match value {
            Json::Object(mut members) => members.remove(part)?,
            _ => return None,
        };
    }
    Some(value)
}

/// What there is, by domain and properties.
fn list(beans: &[Bean], path: &[String]) -> Result<Json, Refusal> {
    let (domain, properties) = (path.first(), path.get(1));
    let mut domains: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for bean in beans {
        let canonical = bean.name.canonical_properties();
        let meant = domain.is_none_or(|domain| *domain == bean.name.domain)
            && properties.is_none_or(|properties| *properties == canonical);
        if meant {
            let of_domain = domains.entry(&bean.name.domain).or_default();
            of_domain.insert(canonical, description(bean));
        }
    }
    if let (Some(domain), Some(properties), true) = (domain, properties, domains.is_empty()) {
        let message = format!("No MBean '{domain}:{properties}' found");
        return Err(Refusal::illegal(message));
    }
    if domain.is_some() && domains.is_empty() {
        return Ok(json!({}));
    }
    let invalid = || Refusal::illegal(format!("Invalid path {}", path.join("/")));
    let domains = domains.into_iter();
    let all = domains.map(|(domain, beans)| (domain.to_owned(), Json::Object(beans)));
    inside(Json::Object(all.collect()), path).ok_or_else(invalid)
}

fn description(bean: &Bean) -> Json {
    let attributes = bean.attributes().map(|(attribute, value)| {
        let shown = json!({
            "rw": false,
            "type": declared(bean.group, value),
            "desc": attribute.description,
        });
        (attribute.name.to_owned(), shown)
    });
    // Moved: what `json!` is given it copies.
    let mut description = Map::new();
    description.insert("attr".to_owned(), Json::Object(attributes.collect()));
    description.insert("class".to_owned(), json!(bean.group.class));
    description.insert("desc".to_owned(), json!(""));
    Json::Object(description)
}

/// The type that the bean's description has: Kafka's says that everything is
/// a double.
fn declared(group: &Group, value: &Value) -> &'static str {
    match value {
        _ if group.class == KAFKA_MBEAN => "double",
        Value::Text(_) => "java.lang.String",
        Value::Long(_) => "long",
        Value::Integer(_) => "int",
        Value::Double(_) => "double",
        Value::Boolean(_) => "boolean",
    }
}

fn version(version: &str) -> Json {
    json!({
        "agent": version,
        "protocol": PROTOCOL,
        "config": {"agentContext": "/jolokia", "canonicalNaming": "true", "includeStackTrace": "false"},
        "info": {"product": "kafka-connect-websocket", "version": version},
    })
}
