//! `websocket.url`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::{Host, Position, Url};

use crate::secret::Secret;

/// A ws or wss URL with a host. `Debug` and [`WsUrl::redacted`] show neither
/// credentials nor query.
#[derive(Clone, PartialEq, Eq)]
pub struct WsUrl {
    url: Url,
    host: String,
    text: String,
}

impl WsUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, without showing it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        if !lower.starts_with("ws://") && !lower.starts_with("wss://") {
            return Err("WebSocket URL must start with ws:// or wss://".to_owned());
        }
        let url =
            Url::parse(text).map_err(|error| format!("WebSocket URL is not valid: {error}"))?;
        Self::checked(url, text.to_owned())
    }

    fn checked(url: Url, text: String) -> Result<Self, String> {
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err("WebSocket URL has no host".to_owned()),
        };
        Ok(Self { url, host, text })
    }

    /// The URL as the user gave it, with its secrets: the source partition
    /// that offsets are stored under is made of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own if none is given.
    pub fn port(&self) -> u16 {
        self.url
            .port_or_known_default()
            .unwrap_or(if self.secure() { 443 } else { 80 })
    }

    /// Whether it is wss.
    pub fn secure(&self) -> bool {
        self.url.scheme() == "wss"
    }

    /// The request target.
    pub fn path_and_query(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// The `Host` header's value.
    pub fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// The `Authorization` value that user info stands for (RFC 7617).
    pub fn basic_authorization(&self) -> Option<Secret> {
        let (user, password) = (self.url.username(), self.url.password());
        if user.is_empty() && password.is_none() {
            return None;
        }
        let mut credentials: Vec<u8> = percent_decode_str(user).collect();
        credentials.push(b':');
        credentials.extend(percent_decode_str(password.unwrap_or_default()));
        Some(Secret::new(format!(
            "Basic {}",
            STANDARD.encode(credentials)
        )))
    }

    /// The URL that a redirect's `Location` leads to; http and https count as
    /// ws and wss.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let base = self.url.join(location).map_err(|error| error.to_string())?;
        let mut target = base;
        let scheme = match target.scheme() {
            "http" | "ws" => "ws",
            "https" | "wss" => "wss",
            other => return Err(format!("a redirect to {other}: cannot be followed")),
        };
        target
            .set_scheme(scheme)
            .map_err(|()| "the redirect's URL is not valid".to_owned())?;
        let text = target.to_string();
        Self::checked(target, text)
    }

    /// The URL without user info, query and fragment, for log and REST.
    pub fn redacted(&self) -> String {
        redact(self.url.as_str())
    }
}

impl std::fmt::Debug for WsUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.redacted())
    }
}

/// Any URL-like text without user info, query and fragment, whether or not it
/// is valid.
pub fn redact(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let shown = &text[..end];
    let (scheme, rest) = shown.split_once("//").unwrap_or(("", shown));
    let slashes = if scheme.is_empty() { "" } else { "//" };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host_end);
    // A slash inside an unescaped password would end the authority early: then
    // the path holds the at sign and nothing after the scheme is shown.
    if path.contains('@') {
        return format!("{scheme}{slashes}[hidden]");
    }
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{slashes}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_url() {
        let url = WsUrl::parse(" wss://u:p%40@Example.com/a/b?q=1#f ").expect("valid");
        assert_eq!(
            (url.host(), url.port(), url.secure()),
            ("example.com", 443, true)
        );
        assert_eq!(url.path_and_query(), "/a/b?q=1");
        assert_eq!(url.authority(), "example.com");
        assert_eq!(url.text(), "wss://u:p%40@Example.com/a/b?q=1#f");
        let basic = url.basic_authorization().expect("credentials");
        assert_eq!(basic.expose(), "Basic dTpwQA==");
        assert_eq!(format!("{url:?}"), "wss://example.com/a/b");
    }

    #[test]
    fn ipv6_has_brackets_in_the_authority_only() {
        let url = WsUrl::parse("ws://[::1]:8080").expect("valid");
        assert_eq!((url.host(), url.authority()), ("::1", "[::1]:8080"));
        assert_eq!(url.path_and_query(), "/");
    }

    #[test]
    fn other_schemes_and_missing_hosts_are_refused() {
        for text in [
            "http://h",
            "h:1",
            "",
            "ws:/",
            "ws://",
            "ws://:80",
            "wss://h:99999",
        ] {
            assert!(WsUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn redirects_are_resolved() {
        let url = WsUrl::parse("wss://h/a").expect("valid");
        let at = |location: &str| url.join(location).map(|target| target.text().to_owned());
        assert_eq!(at("/b?c"), Ok("wss://h/b?c".to_owned()));
        assert_eq!(at("http://i/b"), Ok("ws://i/b".to_owned()));
        assert!(at("ftp://h/b").is_err());
    }

    #[test]
    fn redaction_hides_credentials_also_of_broken_urls() {
        for text in [
            "ws://user:s3cret@h/p?t=s3cret#s3cret",
            "http://s3cret@h",
            "user:s3cret@h/p",
            "ws://user:s3c/s3cret@h/p",
            "?s3cret",
        ] {
            assert!(!redact(text).contains("s3cret"), "{}", redact(text));
        }
        assert_eq!(redact("ws://h:1/p?q"), "ws://h:1/p");
    }
}
