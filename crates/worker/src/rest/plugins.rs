//! `/connector-plugins`: what connectors can be made of, and what their
//! configurations come to.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use connect_api::config::ConfigDef;
use connect_api::{converter, predicate, transform};
use serde_json::{Value, json};

use super::connectors::{Answer, bad_request, query};
use super::payload::{self, RestError};
use super::{API_VERSION, Shared};
use crate::herder::HerderError;
use crate::validation::{
    CONNECTOR_CLASS, CONNECTOR_VERSION, definition_json, definitions, is_our_class, unknown_class,
};

pub(super) async fn list(RawQuery(raw): RawQuery) -> Response {
    let mut given = query(raw.as_deref()).filter(|(key, _)| key == "connectorsOnly");
    let only = given
        .next()
        .is_none_or(|(_, value)| value.is_empty() || value.eq_ignore_ascii_case("true"));
    let mut plugins =
        vec![json!({"class": CONNECTOR_CLASS, "type": "source", "version": CONNECTOR_VERSION})];
    if !only {
        let of = |kind: &'static str| move |class: &str| json!({"class": class, "type": kind, "version": API_VERSION});
        plugins.extend(transform::classes().map(of("transformation")));
        plugins.extend(predicate::classes().map(of("predicate")));
        plugins.extend(converter::CONVERTERS.into_iter().map(of("converter")));
        let headers = converter::HEADER_CONVERTERS.into_iter();
        plugins.extend(headers.map(of("header_converter")));
    }
    payload::ok(&json!(plugins))
}

/// The settings of a plugin, by its full name or an alias.
fn config_def(plugin: &str) -> Option<ConfigDef> {
    if is_our_class(plugin) {
        return Some(definitions());
    }
    transform::config_def(plugin)
        .or_else(|| predicate::config_def(plugin))
        .or_else(|| converter::config_def(plugin))
}

pub(super) async fn config(Path(plugin): Path<String>) -> Answer {
    let def = config_def(&plugin)
        .ok_or_else(|| RestError::not_found(format!("Unknown plugin {plugin}.")))?;
    let definitions: Vec<Value> = def.keys.iter().map(definition_json).collect();
    Ok(payload::ok(&json!(definitions)))
}

/// A class's name without its package and without "Connector", by which
/// Connect compares.
fn short(class: &str) -> &str {
    let simple = class.rsplit('.').next().unwrap_or(class);
    simple.strip_suffix("Connector").unwrap_or(simple)
}

pub(super) async fn validate(
    State(rest): Shared,
    Path(plugin): Path<String>,
    body: Bytes,
) -> Answer {
    let (config, nulls) = payload::config_with_nulls(&body)?;
    let Some(class) = config.get("connector.class") else {
        let why = HerderError::no_class(&config);
        return Err(RestError::unreadable(format!(
            "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: {why}"
        )));
    };
    if !short(class).ends_with(short(&plugin)) {
        return Err(bad_request(format!(
            "Included connector type {class} does not match request type {plugin}"
        )));
    }
    if !is_our_class(class) {
        return Err(RestError::unreadable(unknown_class(class)));
    }
    let validation = rest.herder.validate(&config);
    Ok(payload::ok(&validation.to_json(class.trim(), &nulls)))
}
