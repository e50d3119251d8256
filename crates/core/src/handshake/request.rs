//! The upgrade request (RFC 6455 section 4.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;
use crate::settings::{Header, SourceConfig, WsUrl};

/// What identifies us where the user sets no `User-Agent`.
const USER_AGENT: &str = concat!("kafka-connect-websocket/", env!("CARGO_PKG_VERSION"));
/// Appended to the key before hashing (RFC 6455 section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// One upgrade request. Its bytes contain credentials, so they are built just
/// before they are sent and kept nowhere.
pub struct Request<'a> {
    url: &'a WsUrl,
    headers: &'a [Header],
    authorization: Option<Secret>,
    key: String,
}

impl<'a> Request<'a> {
    /// A request for `url` with the headers and credentials of `config`, the
    /// latter only if `same_origin`: a redirect to another origin must not
    /// learn them. `nonce` must be fresh randomness.
    pub fn new(
        config: &'a SourceConfig,
        url: &'a WsUrl,
        same_origin: bool,
        nonce: [u8; 16],
    ) -> Self {
        let token = config
            .auth_token
            .as_ref()
            .map(|token| Secret::new(format!("Bearer {}", token.expose())));
        Self {
            url,
            headers: if same_origin { &config.headers } else { &[] },
            authorization: if same_origin {
                token.or_else(|| url.basic_authorization())
            } else {
                None
            },
            key: STANDARD.encode(nonce),
        }
    }

    /// The `Sec-WebSocket-Accept` that the server must answer with.
    pub fn expected_accept(&self) -> String {
        accept_for(&self.key)
    }

    /// Subprotocols that the user's headers offer; the server may choose one
    /// of these and no other (RFC 6455 section 4.1).
    pub fn offered_protocols(&self) -> Vec<String> {
        self.headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case("sec-websocket-protocol"))
            .flat_map(|header| header.value.expose().split(','))
            .map(|name| name.trim().to_owned())
            .collect()
    }

    /// The request's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = format!("GET {} HTTP/1.1\r\n", self.url.path_and_query());
        let given = |name: &str| {
            self.headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case(name))
        };
        let mut add = |name: &str, value: &str| {
            for part in [name, ": ", value, "\r\n"] {
                out.push_str(part);
            }
        };
        if !given("host") {
            add("Host", self.url.authority());
        }
        add("Upgrade", "websocket");
        add("Connection", "Upgrade");
        add("Sec-WebSocket-Key", &self.key);
        add("Sec-WebSocket-Version", "13");
        if !given("user-agent") {
            add("User-Agent", USER_AGENT);
        }
        if let Some(authorization) = &self.authorization {
            add("Authorization", authorization.expose());
        }
        let replaced = |header: &Header| {
            self.authorization.is_some() && header.name.eq_ignore_ascii_case("authorization")
        };
        for header in self.headers.iter().filter(|header| !replaced(header)) {
            add(&header.name, header.value.expose());
        }
        out.push_str("\r\n");
        out.into_bytes()
    }
}

/// The `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455 section
/// 4.2.2).
pub fn accept_for(key: &str) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID.as_bytes());
    STANDARD.encode(hash.digest().bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn config(pairs: &[(&str, &str)]) -> SourceConfig {
        let mut map = BTreeMap::from([
            (
                "websocket.url".to_owned(),
                "ws://user:pw@h:1/p?q=1".to_owned(),
            ),
            ("kafka.topic".to_owned(), "t".to_owned()),
        ]);
        map.extend(
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        crate::settings::parse(&map).config.expect("valid settings")
    }

    fn text(config: &SourceConfig, same_origin: bool) -> String {
        let request = Request::new(config, &config.url, same_origin, [0; 16]);
        String::from_utf8(request.encode()).expect("ASCII")
    }

    #[test]
    fn the_accept_key_is_that_of_rfc_6455() {
        assert_eq!(
            accept_for("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn token_headers_and_defaults_are_sent() {
        let config = config(&[
            ("websocket.auth.token", "secret"),
            ("websocket.headers", "X-A: 1, user-agent: mine"),
        ]);
        let text = text(&config, true);
        assert!(text.starts_with("GET /p?q=1 HTTP/1.1\r\nHost: h:1\r\n"));
        for line in ["Authorization: Bearer secret", "X-A: 1", "user-agent: mine"] {
            assert_eq!(
                text.matches(&format!("\r\n{line}\r\n")).count(),
                1,
                "{line}"
            );
        }
        assert!(!text.contains("kafka-connect-websocket/"));
        assert!(text.ends_with("\r\n\r\n"));
    }

    #[test]
    fn user_info_becomes_basic_authorization() {
        assert!(text(&config(&[]), true).contains("Authorization: Basic dXNlcjpwdw==\r\n"));
    }

    #[test]
    fn another_origin_learns_no_credentials() {
        let config = config(&[
            ("websocket.auth.token", "secret"),
            ("websocket.headers", "X-Key: k"),
        ]);
        let text = text(&config, false);
        assert!(!text.contains("Authorization") && !text.contains("X-Key"));
    }
}
