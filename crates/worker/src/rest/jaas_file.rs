//! A JAAS login configuration file, as far as Connect's basic authentication
//! needs it: `Entry { Class flag name="value"; };`, several, with comments.

use crate::kafka_settings::login_module;

/// The `file` of the one `PropertyFileLoginModule` in `entry`.
///
/// # Errors
/// The entry is missing, or is not that.
pub(super) fn users_file(text: &str, entry: &str) -> Result<String, String> {
    let text = without_comments(text);
    let body = entries(&text)?
        .into_iter()
        .find_map(|(name, body)| (name == entry).then_some(body))
        .ok_or_else(|| format!("it has no entry {entry}"))?;
    let module =
        login_module(body).map_err(|why| format!("its entry {entry} is not understood: {why}"))?;
    if module.class != "PropertyFileLoginModule" {
        return Err(format!(
            "its entry {entry} has the login module {}; this worker has Connect's \
             PropertyFileLoginModule only (users in a properties file)",
            module.class
        ));
    }
    let file = module.options.get("file").map(|file| file.trim());
    let file = file.filter(|file| !file.is_empty());
    file.map(str::to_owned)
        .ok_or_else(|| format!("the login module in its entry {entry} has no file=\"...\""))
}

/// The text with blanks for `//`, `/* */` and `#` comments.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") || c == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            let taken = if c == '"' { quoted(rest) } else { c.len_utf8() };
            plain.push_str(&rest[..taken]);
            rest = &rest[taken..];
            continue;
        };
        plain.push(' ');
        rest = &rest[skipped..];
    }
    plain
}

/// Bytes of the quoted text at the beginning of `text`, quotes included.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Names and what stands between their braces.
fn entries(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut entries = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest
            .split_once('{')
            .ok_or("an entry does not begin with NAME {")?;
        let mut at = 0;
        let end = loop {
            match after[at..].chars().next() {
                Some('}') => break at,
                Some('"') => at += quoted(&after[at..]),
                Some(c) => at += c.len_utf8(),
                None => return Err("an entry is not closed by };".to_owned()),
            }
        };
        entries.push((name.trim(), &after[..end]));
        rest = after[end + 1..].trim_start();
        rest = rest
            .strip_prefix(';')
            .ok_or("an entry is not closed by };")?
            .trim_start();
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_entry_s_file_is_found_among_comments_and_others() {
        let text = r#"
            // KafkaConnect { wrong };
            KafkaClient { a.B required x="}; // no comment"; c.D optional; };
            /* another
               comment */
            KafkaConnect { # ours
                org.x.PropertyFileLoginModule required
                file="/etc/users.properties";
            };
        "#;
        let file = users_file(text, "KafkaConnect");
        assert_eq!(file.as_deref(), Ok("/etc/users.properties"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("", "no entry KafkaConnect"),
            ("KafkaClient { a.B required; };", "no entry KafkaConnect"),
            ("KafkaConnect { a.B required; };", "login module B"),
            (
                "KafkaConnect { PropertyFileLoginModule required; };",
                "file=",
            ),
            ("KafkaConnect { a.B }", "not closed"),
            ("KafkaConnect { a.B", "not closed"),
            ("KafkaConnect", "NAME {"),
            ("KafkaConnect { };", "not understood"),
        ] {
            let error = users_file(text, "KafkaConnect").expect_err(text);
            assert!(error.contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a{};\"\\\\/*# =\n\u{e4}]{0,40}") {
            let _ = users_file(&text, "a");
        }
    }
}
