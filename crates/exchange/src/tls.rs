//! A certificate for 127.0.0.1 and localhost, made at start.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::exchange::ExchangeError;

/// What a server shows its clients.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) certificate_pem: String,
}

/// Makes a new self-signed certificate.
pub(crate) fn identity() -> Result<Identity, ExchangeError> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(|error| ExchangeError::Certificate(error.to_string()))?;
    let certificate_pem = made.cert.pem();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
        })
        .map_err(|error| ExchangeError::Certificate(error.to_string()))?;
    Ok(Identity {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        certificate_pem,
    })
}
