//! `response.http.headers.config` (KIP-577): headers that are added to every
//! answer of the main listeners.

use axum::http::{HeaderName, HeaderValue};

/// What is done with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderAction {
    /// `set`: this value only.
    Set(HeaderValue),
    /// `add`: this value, too.
    Add(HeaderValue),
    /// `setDate`: now and this many milliseconds.
    SetDate(i64),
    /// `addDate`: likewise, beside what is there.
    AddDate(i64),
}

/// One header of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderRule {
    /// Its name.
    pub name: HeaderName,
    /// What is done.
    pub action: HeaderAction,
}

/// Reads the setting: `ACTION NAME: VALUE`, several with commas; one with a
/// comma in its value stands in double quotes.
///
/// # Errors
/// In Connect's words where it has some.
pub(super) fn parse(text: &str) -> Result<Vec<HeaderRule>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    split(text).iter().map(|entry| rule(entry.trim())).collect()
}

/// Splits at commas outside of double quotes, and takes the quotes away.
fn split(text: &str) -> Vec<String> {
    let mut entries = Vec::new();
    let mut entry = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => entries.push(std::mem::take(&mut entry)),
            c => entry.push(c),
        }
    }
    entries.push(entry);
    entries
}

fn rule(entry: &str) -> Result<HeaderRule, String> {
    let Some((action, header)) = entry.split_once(char::is_whitespace) else {
        return Err(format!(
            "Invalid format of header config '{entry}'. Expected: '[action] [header name]:[header value]'"
        ));
    };
    let (name, value) = header
        .split_once(':')
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .ok_or_else(|| {
            format!(
                "Invalid format of header name and header value pair '{}'. \
                 Expected: '[header name]:[header value]'",
                header.trim()
            )
        })?;
    if name.contains(char::is_whitespace) {
        return Err(format!(
            "Invalid header name '{name}'. The '[header name]' cannot contain whitespace"
        ));
    }
    let wrong = |what: &str| format!("Invalid header {what} in response.http.headers.config");
    let text = || HeaderValue::from_str(value).map_err(|_| wrong("value"));
    let millis = || {
        value
            .parse()
            .map_err(|_| wrong(&format!("date '{value}' (a number of milliseconds)")))
    };
    let action = match action.to_ascii_lowercase().as_str() {
        "set" => HeaderAction::Set(text()?),
        "add" => HeaderAction::Add(text()?),
        "setdate" => HeaderAction::SetDate(millis()?),
        "adddate" => HeaderAction::AddDate(millis()?),
        _ => {
            return Err(format!(
                "Invalid header config action: '{action}'. \
                 Expected one of [set, add, setDate, addDate]"
            ));
        }
    };
    let name = name.parse().map_err(|_| wrong(&format!("name '{name}'")))?;
    Ok(HeaderRule { name, action })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_actions_names_and_values() {
        let text = r#"set X-Frame-Options: DENY, "add Cache-Control: no-cache, no-store" ,SETDATE Expires: 5,addDate X: -1"#;
        let rules = parse(text).expect("valid");
        let value = HeaderValue::from_static;
        assert_eq!(
            rules.iter().map(|r| r.action.clone()).collect::<Vec<_>>(),
            [
                HeaderAction::Set(value("DENY")),
                HeaderAction::Add(value("no-cache, no-store")),
                HeaderAction::SetDate(5),
                HeaderAction::AddDate(-1),
            ]
        );
        assert_eq!(rules[1].name, "cache-control");
        assert_eq!(parse(" "), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_said_in_connect_s_words() {
        for (text, part) in [
            ("foo X: y", "Expected one of [set, add, setDate, addDate]"),
            ("set X", "header name and header value pair 'X'"),
            ("set A:", "header name and header value pair 'A:'"),
            ("set X Y: z", "cannot contain whitespace"),
            (",", "Invalid format of header config ''"),
            ("set X: y,", "Invalid format of header config ''"),
            ("setDate X: soon", "soon"),
            ("set X(: y", "name 'X('"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{error}");
        }
    }
}
