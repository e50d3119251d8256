use std::fs;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::*;

/// An authority, and files with what it has signed.
struct Pki {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    authority: Certificate,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&key).expect("a certificate");
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            issuer: Issuer::new(params, key),
            authority,
        }
    }

    fn signed(&self) -> (Certificate, KeyPair) {
        let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        (certificate, key)
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path.display().to_string()
    }

    /// A PEM keystore and a truststore.
    fn stores(&self) -> (String, String) {
        let (certificate, key) = self.signed();
        let both = certificate.pem() + &key.serialize_pem();
        (
            self.file("key.pem", &both),
            self.file("trust.pem", &self.authority.pem()),
        )
    }
}

fn made(settings: &[(&str, &str)]) -> Result<(TlsAcceptor, Vec<String>), String> {
    let map = settings
        .iter()
        .map(|(k, v)| (format!("ssl.{k}"), (*v).to_owned()))
        .collect();
    acceptor("listeners.https.", &map)
}

fn error(settings: &[(&str, &str)]) -> String {
    made(settings).err().expect("an error")
}

/// Whether a client gets an answer over TLS.
async fn gets_in(server: TlsAcceptor, pki: &Pki, with_certificate: bool) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(pki.authority.der().clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let client = if with_certificate {
        let (certificate, key) = pki.signed();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let chain = vec![certificate.der().clone()];
        builder.with_client_auth_cert(chain, key).expect("a client")
    } else {
        builder.with_no_client_auth()
    };
    let (near, far) = tokio::io::duplex(1 << 16);
    tokio::spawn(async move {
        if let Ok(mut stream) = server.accept(far).await {
            let _ = stream.write_all(b"hello").await;
            let _ = stream.shutdown().await;
        }
    });
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(client));
    let Ok(mut stream) = connector.connect(name, near).await else {
        return false;
    };
    let mut hello = Vec::new();
    stream.read_to_end(&mut hello).await.is_ok() && hello == b"hello"
}

#[tokio::test]
async fn clients_are_asked_for_certificates_as_it_is_set() {
    let pki = Pki::new();
    let (key, trust) = pki.stores();
    let strangers = Pki::new();
    for (auth, without, with) in [
        ("none", true, true),
        ("requested", true, true),
        ("required", false, true),
    ] {
        let settings = [
            ("keystore.location", key.as_str()),
            ("client.auth", auth),
            ("truststore.location", trust.as_str()),
        ];
        let (acceptor, warnings) = made(&settings).expect("valid");
        assert_eq!(warnings, [""; 0]);
        assert_eq!(
            gets_in(acceptor.clone(), &pki, false).await,
            without,
            "{auth}"
        );
        assert_eq!(gets_in(acceptor.clone(), &pki, true).await, with, "{auth}");
        assert!(!gets_in(acceptor, &strangers, true).await);
    }
}

#[test]
fn what_a_listener_needs_is_named() {
    let missing = error(&[]);
    assert!(
        missing.contains("\"listeners.https.ssl.keystore.location\""),
        "{missing}"
    );
    let none = error(&[("keystore.location", "/no/such/file")]);
    assert!(none.contains("/no/such/file"), "{none}");
    let pki = Pki::new();
    let (key, _) = pki.stores();
    let location = ("keystore.location", key.as_str());
    for (setting, part) in [
        (("client.auth", "required"), "ssl.truststore.location"),
        (("client.auth", "maybe"), "required, requested, none"),
        (("enabled.protocols", "TLSv1,SSLv3"), "TLSv1.2 and TLSv1.3"),
        (
            ("cipher.suites", "TLS_RSA_WITH_NULL_MD5"),
            "TLS_AES_128_GCM_SHA256",
        ),
    ] {
        let error = error(&[location, setting]);
        assert!(error.contains(part), "{error}");
    }
    let suites = ("cipher.suites", "TLS_AES_256_GCM_SHA384");
    assert!(made(&[location, suites, ("enabled.protocols", "TLSv1.3")]).is_ok());
    assert!(
        error(&[location, suites, ("enabled.protocols", "TLSv1.2")]).contains("enabled.protocols")
    );
}

#[test]
fn keys_that_cannot_be_read_are_refused_with_the_cure() {
    let pki = Pki::new();
    let jks = pki.folder.path().join("key.jks");
    fs::write(&jks, [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]).expect("a file");
    let jks = jks.display().to_string();
    let refused = error(&[
        ("keystore.location", &jks),
        ("keystore.password", "hunter2"),
    ]);
    assert!(refused.contains("-deststoretype PKCS12"), "{refused}");
    assert!(!refused.contains("hunter2"), "{refused}");
    let (certificate, key) = pki.signed();
    let encrypted = key.serialize_pem().replace("PRIVATE", "ENCRYPTED PRIVATE");
    let encrypted = pki.file("encrypted.pem", &(certificate.pem() + &encrypted));
    let refused = error(&[("keystore.location", &encrypted)]);
    assert!(refused.contains("openssl pkcs12"), "{refused}");
}

#[test]
fn key_and_certificates_may_be_texts() {
    let pki = Pki::new();
    let (certificate, key) = pki.signed();
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let texts = [
        ("keystore.key", key.as_str()),
        ("keystore.certificate.chain", certificate.as_str()),
        ("provider", "Conscrypt"),
    ];
    let (_, warnings) = made(&texts).expect("valid");
    assert!(
        warnings[0].contains("ssl.provider has no effect"),
        "{warnings:?}"
    );
}
