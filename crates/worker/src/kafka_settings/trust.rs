//! The certificate authorities that the platform trusts.

use std::path::{Path, PathBuf};

/// Where distributions keep them in one PEM file.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// What TLS to Kafka trusts where no truststore is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemTrust(Option<PathBuf>);

impl SystemTrust {
    /// The file of `SSL_CERT_FILE`, or the platform's.
    pub fn platform() -> Self {
        let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        Self(named.or_else(|| {
            BUNDLES
                .iter()
                .map(PathBuf::from)
                .find(|path| path.is_file())
        }))
    }

    /// The PEM file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}
