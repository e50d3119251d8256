//! Requests that a page of another origin makes a browser send (CSRF).
//!
//! A browser sends its login with them, and some need no preflight: a POST
//! that restarts a connector, say. So whatever may change something asks where
//! it comes from. Only browsers say so; a request that says nothing is let
//! through.

use axum::http::{HeaderMap, header};

use super::resource::Reached;
use crate::files::Cors;

/// Where a browser says that a page is which makes it ask; no page can forge it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether a browser sends this for a page that is neither ours nor of an
/// origin that is allowed.
pub(super) fn is_foreign(
    headers: &HeaderMap,
    reached: Option<&Reached>,
    cors: Option<&Cors>,
) -> bool {
    let text = |name: &str| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or_default())
    };
    let origin = text(header::ORIGIN.as_str());
    if let (Some(origin), Some(cors)) = (origin, cors)
        && cors.allows(origin)
    {
        return false;
    }
    // The more exact word counts: behind a proxy the host may be another one.
    match (text(SEC_FETCH_SITE), origin) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => !is_own(origin, reached),
        (None, None) => false,
    }
}

/// Whether an origin has the host and port by which the client has reached
/// us. Its scheme is another one behind a proxy with TLS.
fn is_own(origin: &str, reached: Option<&Reached>) -> bool {
    let authority = |url: &str| {
        url.split_once("://")
            .map(|(_, host)| host.to_ascii_lowercase())
    };
    let own = reached.and_then(|Reached(base)| authority(base));
    own.is_some() && authority(origin) == own
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn foreign(site: Option<&str>, origin: Option<&str>, allowed: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: Option<&str>| {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).expect("a value"));
            }
        };
        set(SEC_FETCH_SITE, site);
        set("origin", origin);
        let reached = Reached("http://worker:8083".to_owned());
        let cors = allowed.map(|origin| Cors {
            origins: vec![origin.to_owned()],
            methods: Vec::new(),
        });
        is_foreign(&headers, Some(&reached), cors.as_ref())
    }

    #[test]
    fn who_says_nothing_is_no_browser() {
        assert!(!foreign(None, None, None));
    }

    #[test]
    fn a_browser_s_own_word_counts_most() {
        for own in ["same-origin", "none"] {
            assert!(!foreign(Some(own), Some("https://proxy"), None), "{own}");
        }
        for other in ["cross-site", "same-site", "", "x"] {
            assert!(foreign(Some(other), None, None), "{other}");
            assert!(
                foreign(Some(other), Some("http://worker:8083"), None),
                "{other}"
            );
        }
    }

    #[test]
    fn of_an_older_browser_the_origin_must_be_that_of_the_request() {
        for own in ["http://worker:8083", "https://WORKER:8083"] {
            assert!(!foreign(None, Some(own), None), "{own}");
        }
        for other in [
            "null",
            "",
            "http://worker",
            "http://worker:8083.evil",
            "http://evil",
        ] {
            assert!(foreign(None, Some(other), None), "{other}");
        }
    }

    #[test]
    fn an_origin_that_is_allowed_may_change_something() {
        let console = "http://console.example";
        assert!(!foreign(Some("cross-site"), Some(console), Some(console)));
        assert!(foreign(
            Some("cross-site"),
            Some("http://evil"),
            Some(console)
        ));
        assert!(foreign(Some("cross-site"), None, Some(console)));
    }
}
