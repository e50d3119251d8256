//! `Content-Type` and `Accept`, as Jersey reads them for resources whose only
//! type is JSON.

use axum::http::{HeaderMap, HeaderValue, header};

/// The resources' type.
pub(super) const JSON: &str = "application/json";

/// What a request's body is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyType {
    /// Nothing is said.
    Absent,
    /// JSON.
    Json,
    /// A wildcard that JSON is among: acceptable, but it cannot be read.
    Wildcard,
    /// Something else.
    Other,
    /// No media type.
    Malformed,
}

/// Reads `Content-Type`.
pub(super) fn body_type(headers: &HeaderMap) -> BodyType {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return BodyType::Absent;
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return BodyType::Malformed;
    };
    match (kind.trim(), subtype.trim()) {
        ("*", "*") => BodyType::Wildcard,
        (kind, "*") if kind.eq_ignore_ascii_case("application") => BodyType::Wildcard,
        (kind, subtype)
            if kind.eq_ignore_ascii_case("application") && subtype.eq_ignore_ascii_case("json") =>
        {
            BodyType::Json
        }
        _ => BodyType::Other,
    }
}

/// One entry of `Accept`.
struct Range<'a> {
    entry: &'a str,
    essence: &'a str,
    /// Parameters but for `q`, with their semicolons.
    parameters: String,
    quality: f32,
}

/// The entries of `Accept`, the dearest first.
fn ranges(headers: &HeaderMap) -> Vec<Range<'_>> {
    let texts = headers.get_all(header::ACCEPT).into_iter();
    let entries = texts
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let mut ranges: Vec<Range<'_>> = entries.map(range).collect();
    ranges.sort_by(|one, other| other.quality.total_cmp(&one.quality));
    ranges
}

fn range(entry: &str) -> Range<'_> {
    let mut parts = entry.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let mut range = Range {
        entry,
        essence,
        parameters: String::new(),
        quality: 1.0,
    };
    for parameter in parts {
        match parameter.split_once('=') {
            Some((q, value)) if q.trim().eq_ignore_ascii_case("q") => {
                range.quality = value.trim().parse().unwrap_or(1.0);
            }
            _ => {
                range.parameters.push(';');
                range.parameters.push_str(parameter);
            }
        }
    }
    range
}

/// The type of a JSON answer as the request wants it: with the parameters that
/// it names. `None` if it takes no JSON.
pub(super) fn json_answer(headers: &HeaderMap) -> Option<HeaderValue> {
    let ranges = ranges(headers);
    if ranges.is_empty() {
        return Some(HeaderValue::from_static(JSON));
    }
    let chosen = ranges.iter().find(|range| {
        let essence = range.essence.to_ascii_lowercase();
        [JSON, "application/*", "*/*"].contains(&essence.as_str())
    })?;
    // Parameters of a wildcard say nothing about JSON.
    let parameters = if chosen.essence.contains('*') {
        ""
    } else {
        chosen.parameters.as_str()
    };
    HeaderValue::from_str(&format!("{JSON}{parameters}")).ok()
}

/// The type of an answer to OPTIONS, whose only text is plain: that, or what
/// the request wants, without a text.
pub(super) fn options_answer(headers: &HeaderMap) -> Option<HeaderValue> {
    let ranges = ranges(headers);
    let first = ranges.first()?;
    let essence = first.essence.to_ascii_lowercase();
    if ["text/plain", "text/*", "*/*"].contains(&essence.as_str()) {
        return None;
    }
    let wanted = if essence.contains('/') {
        first.entry.to_owned()
    } else {
        format!("{}/*", first.entry)
    };
    HeaderValue::from_str(&wanted).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        let pairs = values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_static(value)));
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn a_body_is_json_or_not() {
        for (text, expected) in [
            ("application/json", BodyType::Json),
            ("Application/JSON; charset=UTF-8", BodyType::Json),
            ("application/vnd.api+json", BodyType::Other),
            ("text/plain", BodyType::Other),
            ("*/*", BodyType::Wildcard),
            ("application/*", BodyType::Wildcard),
            ("bogus", BodyType::Malformed),
            ("", BodyType::Malformed),
        ] {
            let headers = headers(&header::CONTENT_TYPE, &[text]);
            assert_eq!(body_type(&headers), expected, "{text}");
        }
        assert_eq!(body_type(&HeaderMap::new()), BodyType::Absent);
    }

    #[test]
    fn json_is_given_to_those_who_take_it() {
        for (values, expected) in [
            (&[][..], Some(JSON)),
            (&[""], Some(JSON)),
            (&["*/*"], Some(JSON)),
            (&["application/*"], Some(JSON)),
            (&["text/html, */*;q=0.1"], Some(JSON)),
            (&["text/html", "application/json"], Some(JSON)),
            (&["application/json;q=0"], Some(JSON)),
            (
                &["application/json;charset=utf-8"],
                Some("application/json;charset=utf-8"),
            ),
            (&["text/html"], None),
            (&["bogus"], None),
        ] {
            let answer = json_answer(&headers(&header::ACCEPT, values));
            let text = answer.as_ref().map(|value| value.to_str().expect("text"));
            assert_eq!(text, expected, "{values:?}");
        }
    }

    #[test]
    fn options_are_plain_text_unless_something_else_is_dearer() {
        for (value, expected) in [
            ("*/*", None),
            ("application/json;q=0.5, text/plain", None),
            ("application/json", Some("application/json")),
            ("text/html;level=1", Some("text/html;level=1")),
            ("bogus", Some("bogus/*")),
        ] {
            let answer = options_answer(&headers(&header::ACCEPT, &[value]));
            let text = answer.as_ref().map(|value| value.to_str().expect("text"));
            assert_eq!(text, expected, "{value}");
        }
    }
}
