//! What of a configuration a server must not make known by repeating it.
//!
//! A server does not always repeat a setting as it is written: it sees user
//! info as base64, may name a single key of a subscription message or a
//! header, and may answer in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Header, SourceConfig};

/// A member whose name contains one of these holds a secret.
const SECRET_NAMES: [&str; 9] = [
    "auth",
    "credential",
    "jwt",
    "key",
    "pass",
    "pwd",
    "secret",
    "sign",
    "token",
];
/// An object with one of these words logs in with all else that it holds.
const LOGINS: [&str; 6] = [
    "auth",
    "authenticate",
    "authorize",
    "login",
    "logon",
    "session.logon",
];

/// The secrets of `config`, each in every form in which it may come back.
pub(super) fn of(config: &SourceConfig) -> Vec<String> {
    let mut found: Vec<String> = config.url.secrets().collect();
    let token = config.auth_token.iter();
    found.extend(token.map(|token| token.expose().to_owned()));
    for header in &config.headers {
        header_secrets(header, &mut found);
    }
    if let Some(message) = &config.subscription_message {
        // One that is nested too deeply to be parsed is hidden as a whole only.
        if let Ok(value) = serde_json::from_str(message.expose()) {
            member_secrets(&value, false, &mut found);
        }
        found.push(message.expose().to_owned());
    }
    for index in 0..found.len() {
        let escaped = as_json(&found[index]);
        // Some servers escape slashes as well.
        found.push(escaped.replace('/', "\\/"));
        found.push(escaped);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A header's value, and what is secret in it without the words around it.
fn header_secrets(header: &Header, found: &mut Vec<String>) {
    let value = header.value.expose();
    found.push(value.to_owned());
    let is = |name: &str| header.name.eq_ignore_ascii_case(name);
    if is("authorization") || is("proxy-authorization") {
        let credentials = value.split_once(' ').map_or("", |(_, rest)| rest.trim());
        found.push(credentials.to_owned());
        let decoded = STANDARD.decode(credentials).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let password = decoded.as_deref().and_then(|text| text.split_once(':'));
        found.extend(password.map(|(_, password)| password.to_owned()));
    } else if is("cookie") {
        let cookies = value.split(';').filter_map(|cookie| cookie.split_once('='));
        found.extend(cookies.map(|(_, value)| value.trim().to_owned()));
    }
}

/// The strings in `value` that are secret by the names above them. `serde_json`
/// bounds the depth.
fn member_secrets(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret => found.push(text.clone()),
        Value::Array(items) => {
            for item in items {
                member_secrets(item, is_secret, found);
            }
        }
        Value::Object(members) => {
            let logs_in = members.values().any(is_login);
            for (name, value) in members.iter().filter(|(_, value)| !is_login(value)) {
                let is_secret = is_secret || logs_in || is_secret_name(name);
                member_secrets(value, is_secret, found);
            }
        }
        _ => {}
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

fn is_login(value: &Value) -> bool {
    let word = value.as_str().unwrap_or_default();
    LOGINS.iter().any(|login| word.eq_ignore_ascii_case(login))
}

/// `text` as it stands between the quotes of a JSON string.
fn as_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
