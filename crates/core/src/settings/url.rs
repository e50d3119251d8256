//! `websocket.url`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::{Host, Position, Url};

use crate::secret::Secret;

/// Characters of [`bean_url`] at most, as in the reference.
const BEAN_URL_CHARS: usize = 50;

const NO_HOST: &str = "WebSocket URL must have a valid host";

/// The scheme of RFC 3986 section 3.1, if the text begins with one.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut chars = scheme.chars();
    let begins = chars.next()?.is_ascii_alphabetic();
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (begins && chars.all(goes_on)).then_some(scheme)
}

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
        if text.is_empty() {
            return Err("WebSocket URL cannot be empty".to_owned());
        }
        let scheme = scheme(text).ok_or("WebSocket URL must have a scheme (ws:// or wss://)")?;
        if !scheme.eq_ignore_ascii_case("ws") && !scheme.eq_ignore_ascii_case("wss") {
            return Err(format!(
                "WebSocket URL must use ws:// or wss:// scheme, got: {scheme}"
            ));
        }
        // The parser is a browser's and forgives what java.net.URI does not.
        if let Some(at) = text.find(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!(
                "Invalid WebSocket URL syntax: Illegal character at index {at}"
            ));
        }
        let rest = &text[scheme.len() + 1..];
        if rest
            .strip_prefix("//")
            .is_none_or(|rest| rest.starts_with('/'))
        {
            return Err(NO_HOST.to_owned());
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::EmptyHost => NO_HOST.to_owned(),
            error => format!("Invalid WebSocket URL syntax: {error}"),
        })?;
        Self::checked(url, text.to_owned())
    }

    fn checked(url: Url, text: String) -> Result<Self, String> {
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(NO_HOST.to_owned()),
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
        let credentials = self.basic_credentials()?;
        Some(Secret::new(format!("Basic {credentials}")))
    }

    /// User info as RFC 7617 sends it, in base64.
    fn basic_credentials(&self) -> Option<String> {
        let (user, password) = (self.url.username(), self.url.password());
        if user.is_empty() && password.is_none() {
            return None;
        }
        let mut credentials: Vec<u8> = percent_decode_str(user).collect();
        credentials.push(b':');
        credentials.extend(percent_decode_str(password.unwrap_or_default()));
        Some(STANDARD.encode(credentials))
    }

    /// What is secret in it, written as given, decoded, and as it is sent.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        // A user without a password is a key.
        let password = match self.url.password() {
            None | Some("") => self.url.username(),
            Some(password) => password,
        };
        let decoded = percent_decode_str(password).decode_utf8_lossy();
        let query = self.url.query().unwrap_or_default();
        let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        [password.to_owned(), decoded.into_owned(), query.to_owned()]
            .into_iter()
            .chain(self.basic_credentials())
            .chain(parameters.map(|(_, value)| value.to_owned()))
            .chain(self.url.query_pairs().map(|(_, value)| value.into_owned()))
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

/// What the name of a connector's MBean has of its URL, valid or not: host,
/// port and path in at most 50 characters, which need no quoting (the
/// reference's `WebSocketMetrics`).
pub fn bean_url(text: &str) -> String {
    let redacted = redact(text.trim());
    let (_, place) = redacted.split_once("//").unwrap_or(("", &redacted));
    let plain = |c: char| match c {
        '.' | '_' | '-' => c,
        _ if c.is_ascii_alphanumeric() => c,
        _ => '_',
    };
    place.chars().take(BEAN_URL_CHARS).map(plain).collect()
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
    fn what_is_wrong_is_said_in_the_reference_s_words() {
        for (text, why) in [
            (" ", "WebSocket URL cannot be empty"),
            (
                "example.com/ws",
                "WebSocket URL must have a scheme (ws:// or wss://)",
            ),
            (
                "http://h",
                "WebSocket URL must use ws:// or wss:// scheme, got: http",
            ),
            (
                "h:1",
                "WebSocket URL must use ws:// or wss:// scheme, got: h",
            ),
            ("ws://", "WebSocket URL must have a valid host"),
            ("ws://:80", "WebSocket URL must have a valid host"),
            ("ws:///path", "WebSocket URL must have a valid host"),
            ("ws:h", "WebSocket URL must have a valid host"),
            (
                "ws://h/a b",
                "Invalid WebSocket URL syntax: Illegal character at index 8",
            ),
        ] {
            assert_eq!(WsUrl::parse(text).expect_err(text), why);
        }
        let syntax = WsUrl::parse("wss://h:99999").expect_err("no port");
        assert!(
            syntax.starts_with("Invalid WebSocket URL syntax: "),
            "{syntax}"
        );
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

    #[test]
    fn a_bean_s_name_has_of_a_url_what_is_neither_secret_nor_special() {
        for (url, expected) in [
            ("wss://user:s3cret@h:9443/p?key=s3cret", "h_9443_p"),
            ("ws://a@b:c@h", "h"),
            ("ws://h/a b#s3cret", "h_a_b"),
            ("ws://user:s3c/s3cret@h", "_hidden_"),
            (" ws://[::1]:80/x-y.z ", "___1__80_x-y.z"),
            ("h?s3cret", "h"),
        ] {
            assert_eq!(bean_url(url), expected, "{url}");
        }
        assert_eq!(bean_url(&format!("ws://{}", "x".repeat(80))).len(), 50);
    }
}
