//! TLS by rustls with the ring provider, and whom it trusts.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pinned::Pinned;
use crate::session::ConnectFailure;

/// Where an issuer is added that a JVM is to trust.
const JVM_REMEDY: &str =
    "add its CA to the JVM's truststore (javax.net.ssl.trustStore, or cacerts by keytool -import)";

/// The TLS configuration, made when first needed.
#[derive(Debug)]
pub(super) struct Trust {
    roots: Roots,
    config: OnceCell<Arc<ClientConfig>>,
}

#[derive(Debug)]
enum Roots {
    Platform,
    Given {
        issuers: Vec<CertificateDer<'static>>,
        /// All, as servers' own.
        own: Arc<[CertificateDer<'static>]>,
    },
}

impl Trust {
    /// Trusts the platform's roots.
    pub(super) fn platform() -> Self {
        Self {
            roots: Roots::Platform,
            config: OnceCell::new(),
        }
    }

    /// Trusts what `issuers` have signed, without those that cannot be parsed,
    /// and a server whose own certificate is among them or `servers`.
    pub(super) fn given(
        issuers: Vec<CertificateDer<'static>>,
        servers: Vec<CertificateDer<'static>>,
    ) -> Self {
        let own = issuers.iter().cloned().chain(servers).collect();
        Self {
            roots: Roots::Given { issuers, own },
            config: OnceCell::new(),
        }
    }

    /// Trusts as `config` does.
    pub(super) fn configured(config: Arc<ClientConfig>) -> Self {
        Self {
            roots: Roots::Platform,
            config: OnceCell::new_with(Some(config)),
        }
    }

    /// Shakes hands over `tcp` and checks that the certificate is `host`'s.
    ///
    /// # Errors
    /// Nobody is trusted, the handshake fails or the certificate is not
    /// trusted; the text says how to trust it.
    pub(super) async fn connect(
        &self,
        host: &str,
        tcp: TcpStream,
    ) -> Result<TlsStream<TcpStream>, ConnectFailure> {
        let config = self
            .config
            .get_or_try_init(|| async { self.roots.config() })
            .await?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| ConnectFailure::Tls(format!("{host}: {error}")))?;
        TlsConnector::from(Arc::clone(config))
            .connect(name, tcp)
            .await
            .map_err(|error| ConnectFailure::Tls(self.roots.explain(&error)))
    }
}

impl Roots {
    fn config(&self) -> Result<Arc<ClientConfig>, ConnectFailure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| ConnectFailure::Tls(error.to_string()))?;
        let config = match self {
            Self::Platform => builder
                .with_root_certificates(platform_roots()?)
                .with_no_client_auth(),
            Self::Given { issuers, own } => {
                let verifier = given_trust(issuers, own, provider)?;
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier))
                    .with_no_client_auth()
            }
        };
        Ok(Arc::new(config))
    }

    fn explain(&self, error: &std::io::Error) -> String {
        let text = error.to_string();
        if !text.contains("UnknownIssuer") {
            return text;
        }
        let remedy = match self {
            Self::Platform => {
                "add its CA to the platform's roots or to a file named by SSL_CERT_FILE"
            }
            Self::Given { .. } => JVM_REMEDY,
        };
        format!("{text}: unable to find a trusted issuer of the server's certificate; {remedy}")
    }
}

/// Trust in the issuers that can be parsed, and in `own`.
///
/// # Errors
/// There is neither.
fn given_trust(
    issuers: &[CertificateDer<'static>],
    own: &Arc<[CertificateDer<'static>]>,
    provider: Arc<CryptoProvider>,
) -> Result<Pinned, ConnectFailure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(issuers.iter().cloned());
    if roots.is_empty() && own.len() == issuers.len() {
        return Err(ConnectFailure::Tls(format!(
            "no trusted issuers were given that the server's certificate could be checked with; \
             {JVM_REMEDY}"
        )));
    }
    let issued = if roots.is_empty() {
        None
    } else {
        let roots = Arc::new(roots);
        let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
        let issued = builder
            .build()
            .map_err(|error| ConnectFailure::Tls(error.to_string()))?;
        Some(issued)
    };
    Ok(Pinned {
        issued,
        own: Arc::clone(own),
        provider,
    })
}

/// The platform's roots.
///
/// # Errors
/// No root certificate can be read.
fn platform_roots() -> Result<RootCertStore, ConnectFailure> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found
            .errors
            .first()
            .map_or_else(|| "none found".to_owned(), ToString::to_string);
        return Err(ConnectFailure::Tls(format!(
            "no trusted root certificates ({why}); install ca-certificates or set SSL_CERT_FILE"
        )));
    }
    Ok(roots)
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
