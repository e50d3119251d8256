//! Certificates and keys out of PEM, PKCS #12 and JKS files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};

use super::jks::{self, JksError};

/// A private key and its certificates, PEM.
pub(crate) struct Identity {
    pub(crate) key_pem: String,
    pub(crate) chain_pem: String,
}

const WRONG_PASSWORD: &str = "it cannot be read with this password";

/// PEM text of DER bytes (RFC 7468).
fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, left) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = left;
    }
    text + &format!("-----END {label}-----\n")
}

fn certificates<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> String {
    ders.into_iter()
        .map(|der| pem("CERTIFICATE", der))
        .collect()
}

fn pkcs12(bytes: &[u8], password: Option<&str>) -> Result<KeyStore, String> {
    let password = password.ok_or("its password is not given")?;
    KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed)
        .map_err(|_| format!("{WRONG_PASSWORD}, or it is no PKCS12 or JKS file"))
}

/// The trusted certificates of a store of any of the three formats, PEM.
///
/// # Errors
/// Why there are none, without the password.
pub(crate) fn trusted(bytes: &[u8], password: Option<&str>) -> Result<String, String> {
    let found = if let Some(text) = as_pem(bytes) {
        text
    } else if jks::is_jks(bytes) {
        let store = jks::read(bytes, password).map_err(|error| match error {
            JksError::Password => WRONG_PASSWORD,
            JksError::Malformed => "the JKS file is damaged",
        })?;
        certificates(store.certificates.iter().map(Vec::as_slice))
    } else {
        let store = pkcs12(bytes, password)?;
        let ders: Vec<&[u8]> = store
            .entries()
            .filter_map(|(_, entry)| match entry {
                KeyStoreEntry::Certificate(certificate) => Some(certificate.as_der()),
                _ => None,
            })
            .collect();
        certificates(ders)
    };
    if found.contains("BEGIN CERTIFICATE") {
        Ok(found)
    } else {
        Err("it holds no trusted certificate".to_owned())
    }
}

/// The private key of a store, with its certificates.
///
/// # Errors
/// Why there is none, without the password.
pub(crate) fn identity(
    bytes: &[u8],
    password: Option<&str>,
    path: &str,
) -> Result<Identity, String> {
    if let Some(text) = as_pem(bytes) {
        return split_pem(&text);
    }
    if jks::is_jks(bytes) {
        return Err(format!(
            "private keys in the JKS format are not read; convert the file: keytool -importkeystore \
             -srckeystore {path} -destkeystore {path}.p12 -deststoretype PKCS12"
        ));
    }
    let store = pkcs12(bytes, password)?;
    let (_, chain) = store.private_key_chain().ok_or("it holds no private key")?;
    Ok(Identity {
        key_pem: pem("PRIVATE KEY", chain.key().as_der()),
        chain_pem: certificates(chain.certs().iter().map(p12_keystore::Certificate::as_der)),
    })
}

fn as_pem(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.contains("-----BEGIN ").then(|| text.to_owned())
}

/// Key and certificates of one PEM text, as in a keystore of Java's type PEM.
fn split_pem(text: &str) -> Result<Identity, String> {
    let mut identity = Identity {
        key_pem: String::new(),
        chain_pem: String::new(),
    };
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = &rest[start..];
        let Some(end) = block.find("-----END ") else {
            return Err("a PEM block is not closed".to_owned());
        };
        let line_end = block[end..]
            .find('\n')
            .map_or(block.len(), |at| end + at + 1);
        let (block, left) = block.split_at(line_end);
        let into = if block.starts_with("-----BEGIN CERTIFICATE") {
            &mut identity.chain_pem
        } else {
            &mut identity.key_pem
        };
        into.push_str(block);
        rest = left;
    }
    match (
        identity.key_pem.contains("PRIVATE KEY"),
        identity.chain_pem.is_empty(),
    ) {
        (true, false) => Ok(identity),
        (false, _) => Err("it holds no private key".to_owned()),
        (true, true) => Err("it holds no certificate".to_owned()),
    }
}
