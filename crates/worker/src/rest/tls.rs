//! TLS of the https listeners, from the settings that Java's have
//! (`ssl.keystore.*`, `ssl.truststore.*`, `ssl.client.auth` and others).
//!
//! Invariants: a listener that cannot be as safe as its settings say is an
//! error at the start; no error shows a password or a key.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{
    RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::files::{MAX_STORE_BYTES, read_bounded};
use crate::kafka_settings::{Identity, store_identity, store_trusted};

/// What Java's settings choose among and rustls does not.
const WITHOUT_EFFECT: [&str; 7] = [
    "ssl.provider",
    "ssl.protocol",
    "ssl.keymanager.algorithm",
    "ssl.trustmanager.algorithm",
    "ssl.secure.random.implementation",
    "ssl.endpoint.identification.algorithm",
    "ssl.engine.factory.class",
];

/// The acceptor for the listeners of `prefix` (`listeners.https.`), and
/// warnings.
///
/// # Errors
/// What is missing or wrong, with the setting's name.
pub fn acceptor(
    prefix: &str,
    settings: &BTreeMap<String, String>,
) -> Result<(TlsAcceptor, Vec<String>), String> {
    let settings = Settings { prefix, settings };
    let provider = Arc::new(CryptoProvider {
        cipher_suites: settings.cipher_suites()?,
        ..ring::default_provider()
    });
    let verifier = settings.client_verifier(&provider)?;
    let (chain, key) = settings.identity()?;
    let wrong = |error: rustls::Error| settings.wrong("ssl.keystore.location", &error.to_string());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&settings.versions()?)
        .map_err(|error| settings.wrong("ssl.enabled.protocols", &error.to_string()))?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let config = builder.with_single_cert(chain, key).map_err(wrong)?;
    Ok((
        TlsAcceptor::from(Arc::new(config)),
        settings.without_effect(),
    ))
}

struct Settings<'a> {
    prefix: &'a str,
    settings: &'a BTreeMap<String, String>,
}

impl Settings<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.settings.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// A password, in which blanks count.
    fn password(&self, name: &str) -> Option<&str> {
        let value = self.settings.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    fn wrong(&self, name: &str, why: &str) -> String {
        format!(
            "Invalid value for configuration {}{name}: {why}",
            self.prefix
        )
    }

    fn missing(&self, name: &str, why: &str) -> String {
        format!(
            "Missing required configuration \"{}{name}\" which has no default value: {why}",
            self.prefix
        )
    }

    /// A store (`ssl.keystore` or `ssl.truststore`) that cannot be opened.
    fn wrong_store(&self, store: &str, path: &str, why: &str) -> String {
        let password = format!("{}{store}.password", self.prefix);
        let why = format!("{path}: {why} (check the file and {password})");
        self.wrong(&format!("{store}.location"), &why)
    }

    fn read(&self, name: &str, path: &str) -> Result<Vec<u8>, String> {
        read_bounded(Path::new(path), MAX_STORE_BYTES)
            .map_err(|error| self.wrong(name, &error.to_string()))
    }

    /// Who the listener is: `ssl.keystore.*`, in PEM, PKCS12, or as text.
    fn identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
        let texts = (
            self.get("ssl.keystore.key"),
            self.get("ssl.keystore.certificate.chain"),
        );
        let location = "ssl.keystore.location";
        let Identity { key_pem, chain_pem } = match (texts, self.get(location)) {
            ((Some(key), Some(chain)), _) => Identity {
                key_pem: key.to_owned(),
                chain_pem: chain.to_owned(),
            },
            (_, Some(path)) => {
                let bytes = self.read(location, path)?;
                let password = self.password("ssl.keystore.password");
                store_identity(&bytes, password, path)
                    .map_err(|why| self.wrong_store("ssl.keystore", path, &why))?
            }
            _ => {
                let why =
                    "an https listener needs a certificate and its key, in a PEM or PKCS12 file";
                return Err(self.missing(location, why));
            }
        };
        if key_pem.contains("ENCRYPTED") {
            return Err(self.wrong(
                location,
                "its PEM key is encrypted, which is not read here; put it into a PKCS12 file \
                 (openssl pkcs12 -export -inkey KEY -in CERTIFICATES -out FILE) and give that one's \
                 password",
            ));
        }
        let chain = certificates(&chain_pem).map_err(|why| self.wrong(location, &why))?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|_| self.wrong(location, "its private key cannot be read"))?;
        Ok((chain, key))
    }

    /// `ssl.client.auth` with `ssl.truststore.*`.
    fn client_verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, String> {
        let optional = match self.get("ssl.client.auth").unwrap_or("none") {
            "none" => return Ok(None),
            "requested" => true,
            "required" => false,
            other => {
                return Err(self.wrong(
                    "ssl.client.auth",
                    &format!("{other}: String must be one of: required, requested, none"),
                ));
            }
        };
        let location = "ssl.truststore.location";
        let pem = match (self.get("ssl.truststore.certificates"), self.get(location)) {
            (Some(pem), _) => pem.to_owned(),
            (None, Some(path)) => {
                let bytes = self.read(location, path)?;
                let password = self.password("ssl.truststore.password");
                store_trusted(&bytes, password)
                    .map_err(|why| self.wrong_store("ssl.truststore", path, &why))?
            }
            (None, None) => {
                let why = "ssl.client.auth needs the authorities whose clients may come in";
                return Err(self.missing(location, why));
            }
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&pem).map_err(|why| self.wrong(location, &why))? {
            roots
                .add(certificate)
                .map_err(|error| self.wrong(location, &error.to_string()))?;
        }
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let builder = if optional {
            builder.allow_unauthenticated()
        } else {
            builder
        };
        let verifier = builder
            .build()
            .map_err(|error| self.wrong(location, &error.to_string()))?;
        Ok(Some(verifier))
    }

    /// `ssl.enabled.protocols`.
    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
        let name = "ssl.enabled.protocols";
        let list = self.get(name).unwrap_or("TLSv1.2,TLSv1.3");
        let chosen: Vec<_> = list
            .split(',')
            .filter_map(|protocol| match protocol.trim() {
                "TLSv1.2" => Some(&version::TLS12),
                "TLSv1.3" => Some(&version::TLS13),
                _ => None,
            })
            .collect();
        if chosen.is_empty() {
            return Err(self.wrong(name, "this worker has TLSv1.2 and TLSv1.3 only"));
        }
        Ok(chosen)
    }

    /// `ssl.cipher.suites`, in Java's names.
    fn cipher_suites(&self) -> Result<Vec<SupportedCipherSuite>, String> {
        let all = ring::default_provider().cipher_suites;
        let name = "ssl.cipher.suites";
        let Some(list) = self.get(name) else {
            return Ok(all);
        };
        let wanted: Vec<&str> = list.split(',').map(str::trim).collect();
        let java_name =
            |suite: &SupportedCipherSuite| format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
        let names: Vec<String> = all.iter().map(java_name).collect();
        let chosen: Vec<_> = all
            .into_iter()
            .filter(|suite| wanted.contains(&java_name(suite).as_str()))
            .collect();
        if chosen.is_empty() {
            let why = format!("this worker has {}", names.join(", "));
            return Err(self.wrong(name, &why));
        }
        Ok(chosen)
    }

    fn without_effect(&self) -> Vec<String> {
        // Their defaults are written into many files.
        let common = [
            "TLSv1.3", "TLSv1.2", "TLS", "https", "HTTPS", "SunX509", "PKIX",
        ];
        let told = |name: &&str| self.get(name).is_some_and(|value| !common.contains(&value));
        WITHOUT_EFFECT
            .iter()
            .filter(|name| told(name))
            .map(|name| {
                format!(
                    "{}{name} has no effect on the REST API's listeners: their TLS is rustls, not Java's",
                    self.prefix
                )
            })
            .collect()
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err("it holds no certificate".to_owned()),
        Err(_) => Err("a certificate in it cannot be read".to_owned()),
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
