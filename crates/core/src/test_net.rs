//! What tests of connections share: addresses at which something goes wrong,
//! scripted proxies, and servers' certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsAcceptor;

/// An address at which nobody accepts and nobody refuses: the system keeps no
/// more callers waiting than there are already. It is such as long as the
/// sockets live.
pub(crate) fn hanging() -> (SocketAddr, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).expect("bound");
    listener.listen(0).expect("listening");
    let bound = listener.local_addr().expect("an address");
    let address = bound.as_socket().expect("an IP address");
    let mut sockets = vec![listener];
    for _ in 0..4 {
        let caller = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        caller.set_nonblocking(true).expect("non-blocking");
        // Whether it is let in or kept waiting: the next one finds less room.
        let _ = caller.connect(&address.into());
        sockets.push(caller);
    }
    let last = sockets.last().expect("a caller");
    assert!(last.peer_addr().is_err(), "the last caller was let in");
    (address, sockets)
}

/// Plays a proxy's side: when what came since the last step ends with a
/// step's first half, its second half is sent; after the last it closes.
/// Returns all that came.
pub(crate) async fn conversation(
    mut stream: DuplexStream,
    steps: Vec<(Vec<u8>, Vec<u8>)>,
) -> Vec<u8> {
    let mut came = Vec::new();
    for (question, answer) in steps {
        let begun = came.len();
        while !came[begun..].ends_with(&question) {
            match stream.read_u8().await {
                Ok(byte) => came.push(byte),
                Err(_) => return came,
            }
        }
        // It fails once the client has read enough.
        if stream.write_all(&answer).await.is_err() {
            return came;
        }
    }
    came
}

/// A certification authority that lives as long as its test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// One of this name: an issuer is looked for by its name.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its own certificate.
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// A server with a certificate of its for `name`.
    pub(crate) fn acceptor(&self, name: &str) -> TlsAcceptor {
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        acceptor(certificate.der(), &key)
    }
}

fn acceptor(certificate: &CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a server");
    TlsAcceptor::from(Arc::new(config))
}

/// A server whose certificate for `name` is issued by nobody else; with `ca`
/// it could issue others, as that of `openssl req -x509`.
pub(crate) fn self_signed(name: &str, ca: bool) -> (CertificateDer<'static>, TlsAcceptor) {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    if ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.der().clone(), acceptor(certificate.der(), &key))
}
