//! Trust in a server's own certificate.
//!
//! A JVM trusts a certificate that lies in its truststore, whoever issued it;
//! so do users who import a server's self-signed certificate there. Webpki
//! takes what it is given for issuers only, and refuses a server that shows an
//! issuer's certificate as its own. Invariant: the certificate must be the
//! server's by name, and the server must have its key, as always.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// Trusts what webpki does, and certificates that it was given.
#[derive(Debug)]
pub(super) struct Pinned {
    issued: Arc<WebPkiServerVerifier>,
    given: Arc<[CertificateDer<'static>]>,
}

impl Pinned {
    /// Trusts what `issued` does, and those `given`.
    pub(super) fn new(
        issued: Arc<WebPkiServerVerifier>,
        given: Arc<[CertificateDer<'static>]>,
    ) -> Self {
        Self { issued, given }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let issued = self.issued.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        if issued.is_err() && self.given.iter().any(|given| given == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        issued
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.issued
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.issued
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.issued.supported_verify_schemes()
    }
}
