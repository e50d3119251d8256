//! Where the REST API listens, and under which address it is known
//! (`RestServerConfig`).

use std::fmt;

/// How a listener is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// One of the worker's `listeners` or `admin.listeners`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Whether it has TLS.
    pub scheme: Scheme,
    /// The host to bind; `0.0.0.0` if the setting names none.
    pub host: String,
    /// The port; 0 is any free one.
    pub port: u16,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

/// `rest.advertised.*`: what others are told to call this worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertised {
    /// `rest.advertised.host.name`.
    pub host: Option<String>,
    /// `rest.advertised.port`.
    pub port: Option<u16>,
    /// `rest.advertised.listener`: which of the listeners it is.
    pub scheme: Option<Scheme>,
}

/// Reads `listeners` or `admin.listeners`, whichever `setting` is; the list
/// may be empty.
///
/// # Errors
/// In Connect's words where it has some.
pub(super) fn parse(setting: &str, text: &str) -> Result<Vec<Listener>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| parse_one(setting, entry))
        .collect()
}

fn parse_one(setting: &str, entry: &str) -> Result<Listener, String> {
    let wrong = |why: &str| format!("Invalid value {entry} for configuration {setting}: {why}");
    let Some((scheme, rest)) = entry.split_once("://") else {
        return Err(wrong(
            "expected PROTOCOL://HOST:PORT, such as http://0.0.0.0:8083",
        ));
    };
    let scheme = parse_scheme(scheme).ok_or_else(|| wrong("the protocol must be http or https"))?;
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
        scheme,
        host: host.to_owned(),
        port,
    })
}

/// `http` or `https`, in any case.
pub(super) fn parse_scheme(text: &str) -> Option<Scheme> {
    match text.to_ascii_lowercase().as_str() {
        "http" => Some(Scheme::Http),
        "https" => Some(Scheme::Https),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_schemes_hosts_and_ports() {
        let text = "http://:8083, HTTP://[::1]:0 ,https://example.com:80/";
        let listeners = parse("listeners", text).expect("valid");
        let shown: Vec<_> = listeners.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "http://0.0.0.0:8083",
                "http://[::1]:0",
                "https://example.com:80"
            ]
        );
        assert_eq!(parse("listeners", " , "), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("localhost:8083", "PROTOCOL://HOST:PORT"),
            ("ftp://:1", "must be http or https"),
            ("http://localhost", "port"),
            ("http://localhost:99999", "0 to 65535"),
        ] {
            let error = parse("admin.listeners", text).expect_err(text);
            assert!(
                error.contains(part) && error.contains("admin.listeners"),
                "{error}"
            );
        }
    }
}
