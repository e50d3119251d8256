//! A request's path in one spelling, before it is matched: a name in it may be
//! escaped in many ways, and Java's server takes them all.
//!
//! What Jetty 9 and Jersey do: a trailing slash and what follows a semicolon
//! do not count, an escaped slash is part of a name, a plus is a plus, bytes
//! that are no UTF-8 are replaced, `..` is a name like any other.

use std::borrow::Cow;
use std::fmt::Write;

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The address of a request as its client has written it.
#[derive(Clone, Debug)]
pub(super) struct AsWritten(pub(super) Uri);

/// What may stand in a segment as it is (RFC 3986 `unreserved`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address in one spelling; `None` if an escape is malformed or a zero.
pub(super) fn normalized(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let path = match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter,
        _ => path,
    };
    let mut normal = String::with_capacity(path.len());
    for segment in path.strip_prefix('/')?.split('/') {
        let name = segment.split(';').next().unwrap_or_default();
        normal.push('/');
        normal.push_str(&spelled(name)?);
    }
    if let Some(query) = uri.query() {
        write!(normal, "?{query}").ok()?;
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(normal).ok()?);
    Uri::from_parts(parts).ok()
}

fn spelled(name: &str) -> Option<Cow<'_, str>> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if name.bytes().all(is_plain) {
        return Some(Cow::Borrowed(name));
    }
    let mut rest = name.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let digits = rest.get(at + 1..at + 3)?;
        if digits == b"00" || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = &rest[at + 3..];
    }
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    Some(Cow::Owned(
        utf8_percent_encode(&decoded, SEGMENT).to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(uri: &str) -> Option<String> {
        let uri: Uri = uri.parse().expect("an address");
        Some(normalized(&uri)?.to_string())
    }

    #[test]
    fn spellings_of_one_name_become_one() {
        for (given, expected) in [
            ("/", "/"),
            ("/connectors/", "/connectors"),
            ("/connectors/a%2Fb", "/connectors/a%2Fb"),
            ("/connectors/a%2fb/status/", "/connectors/a%2Fb/status"),
            ("/connectors/a+b", "/connectors/a%2Bb"),
            (
                "/connectors/a%20b?expand=x%20y",
                "/connectors/a%20b?expand=x%20y",
            ),
            ("/connectors/a;b=c/status", "/connectors/a/status"),
            ("/connectors;a=b/", "/connectors"),
            ("/connectors/%E4", "/connectors/%EF%BF%BD"),
            ("/connectors/%61", "/connectors/a"),
            ("/connectors/%2e%2e", "/connectors/.."),
        ] {
            assert_eq!(normal(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn empty_segments_stay_so_that_they_match_nothing() {
        assert_eq!(normal("/connectors//").as_deref(), Some("/connectors/"));
        assert_eq!(normal("//connectors").as_deref(), Some("//connectors"));
    }

    #[test]
    fn malformed_escapes_and_zeros_are_refused() {
        for uri in ["/%zz", "/%", "/%1", "/a%00b"] {
            assert_eq!(normal(uri), None, "{uri}");
        }
    }
}
