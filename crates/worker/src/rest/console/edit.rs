//! What the form works with: a connector's settings without its secrets, and
//! the validation of changes to them.
//!
//! Invariant: what a validate answer hides never reaches the page. The page
//! says only what it changes; the rest is added here, so that a secret which
//! nobody touches stays what it is without being sent anywhere.

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::fresh;
use crate::rest::connectors::{Answer, bad_request, find};
use crate::rest::payload::{self, RestError};
use crate::rest::{Rest, Shared};
use crate::validation::{CONNECTOR_CLASS, Config, Refusal, Validation};

/// What stands for a value that is not shown.
const HIDDEN: &str = "[hidden]";
/// Settings of topics, which nobody has secrets in and no definition lists.
const PLAIN_PREFIX: &str = "topic.creation.";

/// A configuration that is being written.
pub(super) struct Draft {
    /// The connector that it changes; `None` is a new one.
    of: Option<String>,
    /// The whole configuration.
    pub(super) config: Config,
}

impl Draft {
    /// Reads `{"of": NAME or null, "config": {SETTING: VALUE or null}}`: with a
    /// name the config holds changes only, and null takes a setting away.
    pub(super) fn read(rest: &Rest, body: &[u8]) -> Result<Self, RestError> {
        let mut fields = payload::object(body)?;
        let of = match fields.remove("of") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(bad_request("of must be a connector's name".to_owned())),
        };
        let Some(Value::Object(changes)) = fields.remove("config") else {
            return Err(bad_request("config must be an object".to_owned()));
        };
        let mut config = match &of {
            Some(name) => find(rest, name)?.config,
            None => Config::new(),
        };
        for (key, value) in payload::changes(changes)? {
            match value {
                Some(value) => config.insert(key, value),
                None => config.remove(&key),
            };
        }
        let class = || CONNECTOR_CLASS.to_owned();
        config
            .entry("connector.class".to_owned())
            .or_insert_with(class);
        Ok(Self { of, config })
    }

    /// What it comes to on this worker, under the name that it may have.
    pub(super) fn validation(&self, rest: &Rest) -> Validation {
        let mut validation = rest.herder.validate(&self.config);
        let name = self.config.get("name").map_or("", |name| name.trim());
        match &self.of {
            Some(of) if of != name => {
                let error = "A connector keeps its name: create another one".to_owned();
                validation.refuse("name", error);
            }
            None if rest.herder.glance(name).is_some() => {
                validation.refuse("name", format!("Connector {name} already exists"));
            }
            _ => {}
        }
        validation
    }
}

/// `POST /ui/api/validate`: `ConfigInfos`, and what those do not say.
pub(super) async fn validate(State(rest): Shared, body: Bytes) -> Answer {
    let draft = Draft::read(&rest, &body)?;
    let validation = draft.validation(&rest);
    let secrets = validation.settings.iter().filter(|one| one.key.secret);
    let secrets: Vec<&str> = secrets.map(|one| one.key.name.as_str()).collect();
    let class = &draft.config["connector.class"];
    let mut shown = json!({
        "validation": validation.to_json(class.trim(), &[]),
        "secrets": secrets,
        "warnings": validation.warnings,
    });
    // Connect finds this out when it creates the connector.
    if let Err(Refusal::Unstartable(error)) = validation.into_plan() {
        shown["unstartable"] = json!(error);
    }
    Ok(fresh(&shown))
}

/// `GET /ui/api/connectors/{connector}/config`: `config` has what may be shown,
/// `hidden` the names of the others, each with a hint or null.
pub(super) async fn config(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let config = find(&rest, &name)?.config;
    let validation = rest.herder.validate(&config);
    let (mut plain, mut hidden) = (Map::new(), Map::new());
    for (key, value) in &config {
        match shown(&validation, key, value) {
            Shown::Plain => plain.insert(key.clone(), json!(value)),
            Shown::Hidden(hint) => hidden.insert(key.clone(), json!(hint)),
        };
    }
    Ok(fresh(
        &json!({"name": name, "config": plain, "hidden": hidden}),
    ))
}

#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Plain,
    Hidden(Option<String>),
}

/// A setting is shown if its definition lets it; one that has none may be
/// anything.
fn shown(validation: &Validation, key: &str, value: &str) -> Shown {
    let mut settings = validation.settings.iter();
    let Some(setting) = settings.find(|setting| setting.key.name == key) else {
        if key.starts_with(PLAIN_PREFIX) {
            return Shown::Plain;
        }
        return Shown::Hidden(None);
    };
    let as_shown = setting.shown.as_deref();
    // A variable of a config provider is shown as it is written.
    let is_hidden = as_shown == Some(HIDDEN) || (setting.key.secret && as_shown != Some(value));
    if is_hidden {
        return Shown::Hidden(None);
    }
    let is_cut = key == "websocket.url" && as_shown.is_some_and(|shown| shown != value.trim());
    if is_cut {
        Shown::Hidden(setting.shown.clone())
    } else {
        Shown::Plain
    }
}
