//! How this program asks others over HTTP: identity providers, and workers for
//! `health`.
//!
//! Invariants: a question is bounded in time and redirects are not followed,
//! since credentials are for the asked address and for no other; there is one
//! TLS provider, and https trusts what it is told to trust.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

/// A client's settings for a URL; an https one trusts the certificates in the
/// PEM file.
///
/// # Errors
/// What is wrong with the file, or that there is none, and the cure.
pub(crate) fn config(
    url: &str,
    ca_file: Option<&Path>,
    timeout: Duration,
) -> Result<ConfigBuilder<AgentScope>, String> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0);
    if !url.starts_with("https:") {
        return Ok(config);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(roots(ca_file)?);
    Ok(config.tls_config(tls.build()))
}

fn roots(file: Option<&Path>) -> Result<RootCerts, String> {
    let file = file.ok_or(
        "no trusted root certificates: install ca-certificates or set SSL_CERT_FILE".to_owned(),
    )?;
    let unreadable = |error: rustls_pki_types::pem::Error| format!("{}: {error}", file.display());
    let certificates = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
    let certificates = certificates
        .map(|certificate| {
            certificate.map(|certificate| Certificate::from_der(&certificate).to_owned())
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    Ok(RootCerts::new_with_certs(&certificates))
}
