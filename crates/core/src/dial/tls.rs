//! TLS by rustls with the ring provider and the platform's roots.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::session::ConnectFailure;

/// A configuration that trusts the platform's roots.
///
/// # Errors
/// No root certificate can be read.
pub(super) fn platform_config() -> Result<Arc<ClientConfig>, ConnectFailure> {
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
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectFailure::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Shakes hands over `tcp` and checks that the certificate is `host`'s.
///
/// # Errors
/// The handshake fails or the certificate is not trusted; the text says how
/// to trust it.
pub(super) async fn connect(
    config: Arc<ClientConfig>,
    host: &str,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, ConnectFailure> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| ConnectFailure::Tls(format!("{host}: {error}")))?;
    TlsConnector::from(config)
        .connect(name, tcp)
        .await
        .map_err(|error| ConnectFailure::Tls(explain(&error)))
}

fn explain(error: &std::io::Error) -> String {
    let text = error.to_string();
    if text.contains("UnknownIssuer") {
        return format!(
            "{text}: unable to find a trusted issuer of the server's certificate; \
             add its CA to the platform's roots or to a file named by SSL_CERT_FILE"
        );
    }
    text
}
