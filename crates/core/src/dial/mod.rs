//! From a URL to a stream of frames: DNS, TCP by happy eyeballs, a proxy if
//! there is one, TLS, the opening handshake and its redirects.
//!
//! Time is not limited here: the session gives the whole dial one deadline
//! and drops it when that passes, which cancels every part of it.

mod pinned;
mod proxy;
mod socks;
mod stream;
mod tcp;
mod tls;
mod upgrade;

use std::sync::Arc;
use std::time::SystemTime;

use rustls::ClientConfig;
use tokio::time::Instant;

use crate::handshake::Refusal;
use crate::session::ConnectFailure;
use crate::settings::{SourceConfig, WsUrl};
pub use proxy::Proxy;
pub use rustls_pki_types::CertificateDer;
pub use stream::Stream;

/// Redirects followed in one attempt, as many as browsers and OkHttp follow.
const MAX_REDIRECTS: usize = 20;

/// A connection whose upgrade was accepted.
#[derive(Debug)]
pub struct Dialled {
    /// The stream of frames.
    pub stream: Stream,
    /// Frame bytes that came with the answer.
    pub leftover: Vec<u8>,
}

/// Dials; shared by all tasks of a host, since it holds the trusted roots.
#[derive(Debug)]
pub struct Dialer {
    trust: tls::Trust,
    resolve: tcp::Resolve,
    proxy: Option<Proxy>,
}

impl Dialer {
    /// A dialer that trusts the platform's roots, read when first needed, or
    /// those of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are set.
    pub fn platform() -> Self {
        Self {
            trust: tls::Trust::platform(),
            resolve: tcp::system,
            proxy: None,
        }
    }

    /// A dialer that trusts exactly these, X.509 certificates in DER, as a JVM's
    /// truststore holds them: what `issuers` have signed, and servers whose own
    /// certificate is among either. Issuers that cannot be parsed are left out;
    /// without any certificate, every `wss` dial fails.
    pub fn trusting(
        issuers: Vec<CertificateDer<'static>>,
        servers: Vec<CertificateDer<'static>>,
    ) -> Self {
        Self {
            trust: tls::Trust::given(issuers, servers),
            ..Self::platform()
        }
    }

    /// A dialer with its own TLS configuration.
    pub fn with_tls(config: Arc<ClientConfig>) -> Self {
        Self {
            trust: tls::Trust::configured(config),
            ..Self::platform()
        }
    }

    /// The same dialer, but all its connections, those of redirects as well, go
    /// through `proxy`, which is sent the server's name unresolved.
    #[must_use]
    pub fn through(self, proxy: Proxy) -> Self {
        Self {
            proxy: Some(proxy),
            ..self
        }
    }

    /// A dialer whose questions for addresses are never answered.
    #[cfg(test)]
    pub(crate) fn without_answers() -> Self {
        Self {
            resolve: |_, _| Box::pin(std::future::pending()),
            ..Self::platform()
        }
    }

    /// Connects to `config.url` and upgrades the connection; calls `dialled`
    /// when the first stream is there and the upgrade begins.
    ///
    /// # Errors
    /// See [`ConnectFailure`].
    pub async fn dial(
        &self,
        config: &SourceConfig,
        mut dialled: impl FnMut(),
    ) -> Result<Dialled, ConnectFailure> {
        let started = Instant::now();
        let mut url = config.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut stream = self.open(&url).await?;
            dialled();
            let same_origin = same_origin(&config.url, &url);
            match upgrade::upgrade(&mut stream, config, &url, same_origin, started).await {
                Ok(leftover) => return Ok(Dialled { stream, leftover }),
                Err(ConnectFailure::Refused(refusal)) => url = redirected(&url, refusal)?,
                Err(failure) => return Err(failure),
            }
        }
        Err(ConnectFailure::Protocol(format!(
            "ProtocolException: more than {MAX_REDIRECTS} redirects"
        )))
    }

    async fn open(&self, url: &WsUrl) -> Result<Stream, ConnectFailure> {
        let tcp = match &self.proxy {
            Some(proxy) => proxy.connect(self.resolve, url.host(), url.port()).await?,
            None => tcp::connect(self.resolve, url.host(), url.port()).await?,
        };
        if !url.secure() {
            return Ok(Stream::Plain(tcp));
        }
        let tls = self.trust.connect(url.host(), tcp).await?;
        Ok(Stream::Tls(Box::new(tls)))
    }
}

fn same_origin(a: &WsUrl, b: &WsUrl) -> bool {
    (a.secure(), a.host(), a.port()) == (b.secure(), b.host(), b.port())
}

/// Where a refusal redirects to; the refusal itself if it does not, or to
/// somewhere less safe.
fn redirected(from: &WsUrl, refusal: Refusal) -> Result<WsUrl, ConnectFailure> {
    let target = refusal
        .location
        .as_deref()
        .and_then(|location| from.join(location).ok())
        .filter(|target| target.secure() || !from.secure());
    target.ok_or(ConnectFailure::Refused(refusal))
}

/// The time, for `Retry-After` dates.
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod proxied_tests;

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> WsUrl {
        WsUrl::parse(text).expect("a URL")
    }

    fn target(from: &str, location: Option<&str>) -> Option<String> {
        let refusal = Refusal {
            status: 302,
            reason: "Found".to_owned(),
            retry_after: None,
            location: location.map(str::to_owned),
            body: String::new(),
        };
        match redirected(&url(from), refusal.clone()) {
            Ok(target) => Some(target.text().to_owned()),
            Err(failure) => {
                assert_eq!(failure, ConnectFailure::Refused(refusal));
                None
            }
        }
    }

    #[test]
    fn a_redirect_leads_to_nothing_less_safe() {
        let cases = [
            ("ws://h/a", Some("wss://i/"), true),
            ("ws://h/a", Some("/b"), true),
            ("wss://h/a", Some("https://i/b"), true),
            ("wss://h/a", Some("ws://h/a"), false),
            ("wss://h/a", Some("http://h/a"), false),
            ("ws://h/a", Some("ftp://h/a"), false),
            ("ws://h/a", None, false),
        ];
        for (from, location, followed) in cases {
            let target = target(from, location);
            assert_eq!(target.is_some(), followed, "{from} {location:?} {target:?}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = url("wss://h/a");
        for (text, same) in [
            ("wss://h:443/b?c", true),
            ("ws://h:443/a", false),
            ("wss://i/a", false),
            ("wss://h:444/a", false),
        ] {
            assert_eq!(same_origin(&origin, &url(text)), same, "{text}");
        }
    }
}
