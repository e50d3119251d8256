//! Where two answers differ: all places, as paths.
//!
//! A path is `status`, `header NAME`, or `body` with the way into the JSON.
//! Items of a list that have a name are found by it, not by their place, and
//! the order of the names that both lists have is compared as `/{order}`;
//! `errors` are sentences and have none.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::shown::{JAVA, Shown};

/// One place where two answers differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The path of the place.
    pub at: String,
    /// What the real worker has there; `None` if it has nothing.
    pub real: Option<Value>,
    /// What ours has.
    pub ours: Option<Value>,
}

/// All differences of two answers.
pub fn compare(real: &Shown, ours: &Shown) -> Vec<Difference> {
    let mut found = Vec::new();
    let (status, our_status) = (Value::from(real.status), Value::from(ours.status));
    value("status", Some(&status), Some(&our_status), &mut found);
    let names: BTreeSet<&String> = real.headers.keys().chain(ours.headers.keys()).collect();
    for name in names {
        let header = |shown: &Shown| shown.headers.get(name).cloned().map(Value::from);
        let (real, ours) = (header(real), header(ours));
        value(
            &format!("header {name}"),
            real.as_ref(),
            ours.as_ref(),
            &mut found,
        );
    }
    value("body", Some(&real.body), Some(&ours.body), &mut found);
    found
}

fn value(at: &str, real: Option<&Value>, ours: Option<&Value>, found: &mut Vec<Difference>) {
    match (real, ours) {
        (real, ours) if real == ours => {}
        (Some(Value::Object(real)), Some(Value::Object(ours))) => objects(at, real, ours, found),
        (Some(Value::Array(real)), Some(Value::Array(ours))) => lists(at, real, ours, found),
        (Some(Value::String(real)), Some(Value::String(ours)))
            if real == JAVA && !ours.is_empty() => {}
        (real, ours) => found.push(Difference {
            at: at.to_owned(),
            real: real.cloned(),
            ours: ours.cloned(),
        }),
    }
}

fn objects(
    at: &str,
    real: &Map<String, Value>,
    ours: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let names: BTreeSet<&String> = real.keys().chain(ours.keys()).collect();
    for name in names {
        let path = format!("{at}/{name}");
        value(&path, real.get(name), ours.get(name), found);
    }
}

/// What an item of a list is known by.
fn name(item: &Value) -> Option<String> {
    let text = |pointer: &str| item.pointer(pointer)?.as_str().map(str::to_owned);
    if let Value::String(text) = item {
        return Some(text.clone());
    }
    // A plugin; a definition's value, which has its name also where it has no
    // definition; a definition.
    let plugin = || Some(format!("{} {}", text("/type")?, text("/class")?));
    plugin()
        .or_else(|| text("/value/name"))
        .or_else(|| text("/name"))
}

fn names(items: &[Value]) -> Option<Vec<String>> {
    let names: Option<Vec<String>> = items.iter().map(name).collect();
    let names = names?;
    let distinct: BTreeSet<&String> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

fn lists(at: &str, real: &[Value], ours: &[Value], found: &mut Vec<Difference>) {
    let named = if at.ends_with("/errors") {
        None
    } else {
        names(real).zip(names(ours))
    };
    let Some((real_names, our_names)) = named else {
        for index in 0..real.len().max(ours.len()) {
            let path = format!("{at}/{index}");
            value(&path, real.get(index), ours.get(index), found);
        }
        return;
    };
    let both = |names: &[String], others: &[String]| {
        let both: Vec<&String> = names.iter().filter(|name| others.contains(name)).collect();
        serde_json::json!(both)
    };
    let order = both(&real_names, &our_names);
    let our_order = both(&our_names, &real_names);
    if order != our_order {
        found.push(Difference {
            at: format!("{at}/{{order}}"),
            real: Some(order),
            ours: Some(our_order),
        });
    }
    let all: BTreeSet<&String> = real_names.iter().chain(&our_names).collect();
    for name in all {
        let item = |names: &[String], items: &[Value]| {
            let index = names.iter().position(|other| other == name)?;
            items.get(index).cloned()
        };
        let (real, ours) = (item(&real_names, real), item(&our_names, ours));
        value(&format!("{at}/{name}"), real.as_ref(), ours.as_ref(), found);
    }
}
