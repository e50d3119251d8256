//! `GET /ui/api/loggers`: all loggers that there are, also those that have
//! their level from another one, which Connect's list leaves out.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::fresh;
use crate::log::Loggers;
use crate::rest::Shared;

pub(super) async fn list(State(rest): Shared) -> Response {
    let own = rest.loggers.all();
    let mut names: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    names.extend(own.keys().map(|name| (name.as_str(), None)));
    let components = Loggers::components();
    names.extend(components.map(|(component, logger)| (logger, Some(component))));
    let shown = names.into_iter().filter_map(|(name, component)| {
        let view = rest.loggers.get(name)?;
        Some(json!({
            "name": name,
            "component": component,
            "level": view.level.to_string(),
            "own": own.contains_key(name),
            "last_modified": view.last_modified_ms,
        }))
    });
    fresh(&Value::Array(shown.collect()))
}
