//! `websocket.headers`: the list of headers for the upgrade request.

use crate::secret::Secret;

/// Headers that the handshake itself sets (RFC 6455 section 4.1); the
/// reference's HTTP client overwrites them too.
const OWNED: [&str; 5] = [
    "connection",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "upgrade",
];

/// One header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name, a token of RFC 7230.
    pub name: String,
    /// Its value, which may be a key.
    pub value: Secret,
}

/// What became of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) headers: Vec<Header>,
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// Reads `name1:value1,name2:value2`. Messages name entries by number or
/// name, never by value: an entry without a colon may well be a key.
pub(super) fn parse(text: &str) -> Headers {
    let mut out = Headers::default();
    for (index, entry) in text.split(',').enumerate() {
        let number = index + 1;
        if entry.trim().is_empty() {
            continue;
        }
        let Some((name, value)) = entry.split_once(':') else {
            out.warnings.push(format!(
                "websocket.headers: entry {number} has no colon and is ignored; \
                 the format is name1:value1,name2:value2, and a value cannot contain a comma"
            ));
            continue;
        };
        let (name, value) = (
            name.trim_matches([' ', '\t']),
            value.trim_matches([' ', '\t']),
        );
        if !is_token(name) {
            out.errors.push(format!(
                "the name of header {number} is not a token of RFC 7230: letters, digits and !#$%&'*+-.^_`|~ are allowed"
            ));
        } else if value
            .bytes()
            .any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f)
        {
            out.errors.push(format!(
                "the value of header {name} contains a line break or another control character"
            ));
        } else if OWNED.iter().any(|owned| name.eq_ignore_ascii_case(owned)) {
            out.warnings.push(format!(
                "websocket.headers: {name} is set by the WebSocket handshake itself and ignored here"
            ));
        } else {
            out.headers.push(Header {
                name: name.to_owned(),
                value: Secret::new(value.to_owned()),
            });
        }
    }
    out
}

/// RFC 7230 section 3.2.6.
fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(headers: &[Header]) -> Vec<(&str, &str)> {
        headers
            .iter()
            .map(|header| (header.name.as_str(), header.value.expose()))
            .collect()
    }

    #[test]
    fn blanks_are_trimmed_and_values_keep_their_colons() {
        let parsed = parse(" X-A : 1 ,Origin:https://a:8, ,");
        assert_eq!(
            pairs(&parsed.headers),
            [("X-A", "1"), ("Origin", "https://a:8")]
        );
        assert!(parsed.errors.is_empty() && parsed.warnings.is_empty());
    }

    #[test]
    fn an_entry_without_a_colon_is_ignored_and_not_shown() {
        let parsed = parse("X-A:1,s3cret");
        assert_eq!(parsed.headers.len(), 1);
        assert!(parsed.warnings[0].contains("entry 2") && !parsed.warnings[0].contains("s3cret"));
    }

    #[test]
    fn bad_names_and_line_breaks_are_errors_that_hide_values() {
        let parsed = parse("X A:s3cret,X-B:s3cret\r\nX-C: 1,:s3cret");
        assert_eq!(parsed.errors.len(), 3);
        assert!(parsed.headers.is_empty());
        assert!(parsed.errors.iter().all(|error| !error.contains("s3cret")));
    }

    #[test]
    fn the_handshake_s_own_headers_are_left_to_it() {
        let parsed = parse("upgrade:x,Sec-WebSocket-Key:y,Sec-WebSocket-Protocol:chat");
        assert_eq!(pairs(&parsed.headers), [("Sec-WebSocket-Protocol", "chat")]);
        assert_eq!(parsed.warnings.len(), 2);
    }

    proptest! {
        #[test]
        fn nothing_that_passes_can_break_a_line(text in "\\PC*|[ -~\r\n\t]{0,60}") {
            for header in parse(&text).headers {
                prop_assert!(is_token(&header.name));
                prop_assert!(!header.value.expose().contains(['\r', '\n', '\0']));
            }
        }
    }
}
