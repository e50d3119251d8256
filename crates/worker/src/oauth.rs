//! Access tokens for SASL/OAUTHBEARER, asked of an identity provider by
//! client credentials (RFC 6749 section 4.4, KIP-768).
//!
//! librdkafka says when it wants a token and hands back the text that was set
//! as `sasl.oauthbearer.config`; here that text is a [`TokenSource`], so that
//! whoever serves a client's events needs to know nothing else. Invariants:
//! a request is bounded in time and in size; neither the client's secret nor
//! a token is ever part of an error, nor the endpoint's user info and query.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::error::KafkaError;
use serde_json::{Value, json};
use websocket_source::settings::redact;

use crate::http_client;

/// Longest wait for a token; librdkafka asks again ten seconds after a failure.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Tokens are smaller.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// As much of a refusal as is shown.
const SHOWN_CHARS: usize = 200;

/// Where a client's tokens come from.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSource {
    /// `sasl.oauthbearer.token.endpoint.url`, http or https.
    pub endpoint: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// What the token is to be good for, if that must be said.
    pub scope: Option<String>,
    /// `sasl.oauthbearer.header.urlencode`: id and secret are form-encoded in
    /// the Authorization header, as RFC 6749 says; Kafka's default is not to.
    pub encodes_credentials: bool,
    /// PEM file with the authorities trusted for https.
    pub ca_file: Option<PathBuf>,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("endpoint", &self.shown_endpoint())
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// librdkafka has lost its configuration.
    #[error("sasl.oauthbearer.config is not what was set")]
    Config,
    /// The endpoint cannot be asked.
    #[error("{endpoint} gives no token: {why}")]
    Request {
        /// Its URL, without what may be secret in it.
        endpoint: String,
        /// What went wrong.
        why: String,
    },
    /// The answer is no token that Kafka would take.
    #[error("{endpoint} gives no token: {why}")]
    Answer {
        /// Its URL, without what may be secret in it.
        endpoint: String,
        /// What is wrong with the answer.
        why: &'static str,
    },
}

impl TokenSource {
    fn shown_endpoint(&self) -> String {
        redact(&self.endpoint)
    }

    /// As a value of `sasl.oauthbearer.config`; holds the secret.
    pub fn to_config(&self) -> String {
        json!({
            "endpoint": self.endpoint,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
            "encodes_credentials": self.encodes_credentials,
            "ca_file": self.ca_file,
        })
        .to_string()
    }

    /// The reverse of [`TokenSource::to_config`].
    ///
    /// # Errors
    /// [`TokenError::Config`].
    pub fn from_config(text: &str) -> Result<Self, TokenError> {
        let fields: Value = serde_json::from_str(text).map_err(|_| TokenError::Config)?;
        let text = |name: &str| fields[name].as_str().map(str::to_owned);
        let required = |name: &str| text(name).ok_or(TokenError::Config);
        Ok(Self {
            endpoint: required("endpoint")?,
            client_id: required("client_id")?,
            client_secret: required("client_secret")?,
            scope: text("scope"),
            encodes_credentials: fields["encodes_credentials"] == true,
            ca_file: text("ca_file").map(PathBuf::from),
        })
    }

    /// Asks for a token. Blocks, at most 20 seconds.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn fetch(&self) -> Result<OAuthToken, TokenError> {
        let answer = self.ask()?;
        let invalid = |why| TokenError::Answer {
            endpoint: self.shown_endpoint(),
            why,
        };
        let fields: Value =
            serde_json::from_str(&answer).map_err(|_| invalid("the answer is not JSON"))?;
        let token = fields["access_token"]
            .as_str()
            .ok_or_else(|| invalid("the answer has no access_token"))?;
        let claims = claims(token).ok_or_else(|| invalid("the access_token is no JWT"))?;
        let expires = claims["exp"]
            .as_f64()
            .ok_or_else(|| invalid("the access_token has no expiry (exp)"))?;
        #[allow(clippy::cast_possible_truncation)] // Saturates.
        let lifetime_ms = (expires * 1000.0) as i64;
        Ok(OAuthToken {
            token: token.to_owned(),
            principal_name: claims["sub"].as_str().unwrap_or_default().to_owned(),
            lifetime_ms,
        })
    }

    fn ask(&self) -> Result<String, TokenError> {
        let failed = |why: String| TokenError::Request {
            endpoint: self.shown_endpoint(),
            why: why.replace(&self.endpoint, &self.shown_endpoint()),
        };
        let agent = self.agent().map_err(failed)?;
        let encode = |text: &str| -> String {
            if self.encodes_credentials {
                url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
            } else {
                text.to_owned()
            }
        };
        let credentials = format!(
            "{}:{}",
            encode(&self.client_id),
            encode(&self.client_secret)
        );
        let form = [("grant_type", "client_credentials")]
            .into_iter()
            .chain(self.scope.as_deref().map(|scope| ("scope", scope)));
        let mut answer = agent
            .post(&self.endpoint)
            .header(
                "Authorization",
                format!("Basic {}", STANDARD.encode(credentials)),
            )
            .header("Accept", "application/json")
            .send_form(form)
            .map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        let text = body
            .read_to_string()
            .map_err(|error| failed(error.to_string()))?;
        if status.is_success() {
            return Ok(text);
        }
        // A refusal says what is wrong with the client and holds no token.
        let shown: String = text
            .chars()
            .filter(|c| !c.is_control())
            .take(SHOWN_CHARS)
            .collect();
        Err(failed(format!("it answers {status}: {shown}")))
    }

    fn agent(&self) -> Result<ureq::Agent, String> {
        let config = http_client::config(&self.endpoint, self.ca_file.as_deref(), TIMEOUT)?;
        Ok(config.build().new_agent())
    }
}

/// The claims of a JWT. Its signature is the broker's to check.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The token for a client whose `sasl.oauthbearer.config` is `config`.
///
/// # Errors
/// In words for the log.
pub fn token(config: Option<&str>) -> Result<OAuthToken, TokenError> {
    TokenSource::from_config(config.unwrap_or_default())?.fetch()
}

/// The context of clients whose events rdkafka serves: it gives them tokens
/// while they are polled.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoginContext;

impl ClientContext for LoginContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(
        &self,
        config: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        token(config).map_err(|error| {
            tracing::warn!(target: "Kafka", "{error}");
            Box::from(error.to_string())
        })
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // rdkafka tells of it here as well as to whoever polls.
        if !matches!(error, KafkaError::PartitionEOF(_)) {
            tracing::error!(target: "Kafka", "librdkafka: {error}: {reason}");
        }
    }
}

impl rdkafka::consumer::ConsumerContext for LoginContext {}

impl rdkafka::producer::ProducerContext for LoginContext {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &rdkafka::message::DeliveryResult<'_>, (): ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> TokenSource {
        TokenSource {
            endpoint: "http://127.0.0.1:9/token".to_owned(),
            client_id: "alice".to_owned(),
            client_secret: "s3cret".to_owned(),
            scope: Some("produce".to_owned()),
            encodes_credentials: true,
            ca_file: Some(PathBuf::from("/ca.pem")),
        }
    }

    #[test]
    fn a_source_survives_its_configuration() {
        let source = source();
        let read = TokenSource::from_config(&source.to_config()).expect("the same");
        assert_eq!(read, source);
        for text in ["", "{}", "principal=alice"] {
            assert!(TokenSource::from_config(text).is_err(), "{text}");
        }
    }

    #[test]
    fn claims_are_read_and_nothing_makes_it_panic() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"alice","exp":12.5}"#);
        let found = claims(&format!("e30.{payload}.x")).expect("claims");
        assert_eq!(found["sub"], "alice");
        for token in ["", ".", "..", "a.b.c", "a.e30"] {
            let _ = claims(token);
        }
    }

    #[test]
    fn no_error_and_no_debug_output_shows_what_is_secret_in_the_endpoint() {
        for endpoint in [
            "http://u:hunter2@127.0.0.1:9/token?key=hunter2",
            "http://127.0.0.1:9/token?key=hunter2",
            "http://u:hunter2@[/",
        ] {
            let source = TokenSource {
                endpoint: endpoint.to_owned(),
                ..source()
            };
            let error = source.fetch().err().expect("nobody listens");
            let shown = format!("{error} {error:?} {source:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn no_error_and_no_debug_output_shows_the_secret() {
        let error = source().fetch().err().expect("nobody listens").to_string();
        assert!(error.contains("127.0.0.1:9"), "{error}");
        let shown = format!("{error} {:?}", source());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
