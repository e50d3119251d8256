//! Questions to a worker's REST API.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;
use websocket_source::secret::Secret;
use websocket_source::settings::redact;

use super::HealthOptions;
use crate::http_client;
use crate::kafka_settings::SystemTrust;

/// A status of a connector has less than 2 KiB, but for its trace.
const MAX_ANSWER_BYTES: u64 = 32 << 20;

/// An answer whose body was JSON, else null.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
}

/// Asks one worker.
pub(super) struct Client {
    agent: ureq::Agent,
    /// Without a slash at its end.
    base: String,
    authorization: Option<Secret>,
    timeout: Duration,
}

/// The path of a connector's resource.
pub(super) fn connector_path(name: &str, resource: &str) -> String {
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("/connectors/{name}/{resource}")
}

/// The URL without a slash at its end, if it is one that can be asked.
fn base(url: &str) -> Result<String, String> {
    let shown = redact(url);
    let parsed = Url::parse(url);
    let parsed = parsed.ok().filter(|url| {
        let scheme = url.scheme();
        (scheme == "http" || scheme == "https") && url.has_host()
    });
    let Some(parsed) = parsed else {
        return Err(format!(
            "--url {shown} is not http://HOST:PORT or https://HOST:PORT"
        ));
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(format!(
            "--url {shown} has a login, which others on this machine could read; give it with \
             --login-file or in the environment variable CONNECT_WEBSOCKET_LOGIN"
        ));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(format!(
            "--url {shown} has more than a path after HOST:PORT"
        ));
    }
    Ok(parsed.as_str().trim_end_matches('/').to_owned())
}

impl Client {
    /// # Errors
    /// The URL or the certificates cannot be used.
    pub(super) fn new(options: &HealthOptions) -> Result<Self, String> {
        let base = base(&options.url)?;
        let platform = SystemTrust::platform();
        let ca_file = options.ca_file.as_deref().or(platform.file());
        let config = http_client::config(&base, ca_file, options.timeout)?;
        // Whoever asks about a worker asks that worker.
        let agent = config.proxy(None).build().new_agent();
        let authorization = options.login.as_ref().map(|login| {
            let encoded = STANDARD.encode(login.expose());
            Secret::new(format!("Basic {encoded}"))
        });
        Ok(Self {
            agent,
            base,
            authorization,
            timeout: options.timeout,
        })
    }

    /// Asks for a path.
    ///
    /// # Errors
    /// There is no answer, or the worker wants another login.
    pub(super) fn get(&self, path: &str) -> Result<Answer, String> {
        let url = format!("{}{path}", self.base);
        let mut request = self.agent.get(url).header("Accept", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization.expose());
        }
        let mut answer = request.call().map_err(|error| self.unreachable(&error))?;
        let status = answer.status().as_u16();
        if status == 401 {
            return Err(self.refused());
        }
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        let text = body
            .read_to_string()
            .map_err(|error| self.unreachable(&error))?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status, json })
    }

    fn unreachable(&self, error: &ureq::Error) -> String {
        let base = &self.base;
        match error {
            ureq::Error::Timeout(_) => format!(
                "Worker at {base} has not answered within {} ms (--timeout-ms)",
                self.timeout.as_millis()
            ),
            error if base.starts_with("https:") => format!(
                "Worker cannot be reached at {base}: {error}; start it, say where it is with \
                 --url, or name the certificates to trust with --ca-file"
            ),
            error => format!(
                "Worker cannot be reached at {base}: {error}; start it, or say where it is \
                 with --url"
            ),
        }
    }

    fn refused(&self) -> String {
        let base = &self.base;
        if self.authorization.is_some() {
            return format!("Worker at {base} refuses the login (401)");
        }
        format!(
            "Worker at {base} asks for a login (401); give it with --login-file or in the \
             environment variable CONNECT_WEBSOCKET_LOGIN"
        )
    }

    /// What to say of an answer that no worker gives.
    pub(super) fn is_no_worker(&self, status: u16) -> String {
        let base = &self.base;
        format!("{base} is no REST API of Kafka Connect: /connectors answers {status}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_can_be_asked_have_no_login_in_them() {
        for (url, expected) in [
            ("http://localhost:8083", "http://localhost:8083"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
            ("http://proxy/connect/", "http://proxy/connect"),
        ] {
            assert_eq!(base(url).as_deref(), Ok(expected));
        }
        for (url, word) in [
            ("localhost:8083", "http://HOST:PORT"),
            ("ws://localhost", "http://HOST:PORT"),
            ("http://alice:s3cret@localhost", "--login-file"),
            ("http://localhost?a=s3cret", "path"),
            ("", "http://HOST:PORT"),
        ] {
            let error = base(url).expect_err("refused");
            assert!(error.contains(word), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_name_is_one_part_of_the_path() {
        let path = connector_path("a/b c?ü", "status");
        assert_eq!(path, "/connectors/a%2Fb%20c%3F%C3%BC/status");
    }
}
