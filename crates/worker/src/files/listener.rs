//! Where the REST API listens, and under which address it is known.

use std::fmt;

/// One of the worker's `listeners`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The host to bind; `0.0.0.0` if the setting names none.
    pub host: String,
    /// The port; 0 is any free one.
    pub port: u16,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "http://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "http://{}:{}", self.host, self.port)
        }
    }
}

/// `rest.advertised.*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertised {
    /// `rest.advertised.host.name`.
    pub host: Option<String>,
    /// `rest.advertised.port`.
    pub port: Option<u16>,
}

/// Reads `listeners`.
///
/// # Errors
/// In Connect's words where it has some.
pub(super) fn parse(text: &str) -> Result<Vec<Listener>, String> {
    let entries = text
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let listeners = entries.map(parse_one).collect::<Result<Vec<_>, _>>()?;
    if listeners.is_empty() {
        return Err(
            "Invalid value for configuration listeners: it names no listener; \
             use for example http://0.0.0.0:8083"
                .to_owned(),
        );
    }
    Ok(listeners)
}

fn parse_one(entry: &str) -> Result<Listener, String> {
    let wrong = |why: &str| format!("Invalid value {entry} for configuration listeners: {why}");
    let Some((scheme, rest)) = entry.split_once("://") else {
        return Err(wrong(
            "expected PROTOCOL://HOST:PORT, such as http://0.0.0.0:8083",
        ));
    };
    if scheme.eq_ignore_ascii_case("https") {
        return Err(wrong(
            "this worker's REST API has no TLS yet; use http, or a proxy in front of it",
        ));
    }
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(wrong("the protocol must be http"));
    }
    let Some((host, port)) = rest.trim_end_matches('/').rsplit_once(':') else {
        return Err(wrong("the port is missing"));
    };
    let port = port
        .parse()
        .map_err(|_| wrong("the port must be a number from 0 to 65535"))?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let host = if host.is_empty() { "0.0.0.0" } else { host };
    Ok(Listener {
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_hosts_and_ports() {
        let listeners =
            parse("http://:8083, HTTP://[::1]:0 ,http://example.com:80/").expect("valid");
        let shown: Vec<_> = listeners.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "http://0.0.0.0:8083",
                "http://[::1]:0",
                "http://example.com:80"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("", "no listener"),
            ("localhost:8083", "PROTOCOL://HOST:PORT"),
            ("https://:8443", "no TLS yet"),
            ("ftp://:1", "must be http"),
            ("http://localhost", "port"),
            ("http://localhost:99999", "0 to 65535"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(
                error.contains(part) && error.contains("listeners"),
                "{error}"
            );
        }
    }
}
