use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::test_net::{Authority, self_signed};

const NAME: &str = "server.invalid";

/// What a client that trusts so makes of a server of `authority`'s.
async fn shaken(trust: &Trust, authority: &Authority) -> Result<String, String> {
    shaken_with(trust, authority.acceptor(NAME)).await
}

async fn shaken_with(trust: &Trust, acceptor: TlsAcceptor) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    let server = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a caller");
        // It fails where the client has no trust.
        if let Ok(mut tls) = acceptor.accept(tcp).await {
            let _ = tls.write_all(b"hello").await;
            let _ = tls.shutdown().await;
        }
    });
    let tcp = TcpStream::connect(address).await.expect("connected");
    let mut tls = match trust.connect(NAME, tcp).await {
        Ok(tls) => tls,
        Err(failure) => return Err(failure.to_string()),
    };
    let mut words = String::new();
    tls.read_to_string(&mut words).await.expect("words");
    server.await.expect("no panic");
    Ok(words)
}

#[tokio::test]
async fn a_server_is_trusted_whose_issuer_was_given() {
    let (authority, other) = (Authority::new("an issuer"), Authority::new("another"));
    let given = [other.der(), authority.der()];
    let words = shaken(&Trust::given(given.to_vec(), Vec::new()), &authority).await;
    assert_eq!(words.expect("trust"), "hello");
}

#[tokio::test]
async fn of_the_issuers_those_that_cannot_be_parsed_are_left_out() {
    let authority = Authority::new("an issuer");
    let given = [CertificateDer::from(vec![0x30, 0x01]), authority.der()];
    let words = shaken(&Trust::given(given.to_vec(), Vec::new()), &authority).await;
    assert_eq!(words.expect("trust"), "hello");
}

#[tokio::test]
async fn a_server_whose_issuer_was_not_given_is_not_trusted_and_the_text_says_how_to() {
    let (authority, other) = (Authority::new("an issuer"), Authority::new("another"));
    let failure = shaken(&Trust::given(vec![other.der()], Vec::new()), &authority).await;
    assert_eq!(
        failure.expect_err("no trust"),
        "SSLHandshakeException: invalid peer certificate: UnknownIssuer: unable to find a trusted \
         issuer of the server's certificate; add its CA to the JVM's truststore \
         (javax.net.ssl.trustStore, or cacerts by keytool -import)"
    );
}

#[test]
fn for_the_platform_s_roots_the_text_names_the_platform_s_means() {
    let error = std::io::Error::other("invalid peer certificate: UnknownIssuer");
    assert_eq!(
        Roots::Platform.explain(&error),
        "invalid peer certificate: UnknownIssuer: unable to find a trusted issuer of the server's \
         certificate; add its CA to the platform's roots or to a file named by SSL_CERT_FILE"
    );
}

#[tokio::test]
async fn without_any_issuer_no_server_is_trusted() {
    let authority = Authority::new("an issuer");
    let unparsable = CertificateDer::from(b"no certificate".to_vec());
    for given in [vec![], vec![unparsable]] {
        let failure = shaken(&Trust::given(given, Vec::new()), &authority).await;
        let text = failure.expect_err("no trust");
        let expected = "SSLHandshakeException: no trusted issuers were given";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[tokio::test]
async fn a_server_s_own_certificate_is_trusted_if_it_was_given_whoever_issued_it() {
    let authority = Authority::new("an issuer");
    for ca in [false, true] {
        let (own, acceptor) = self_signed(NAME, ca);
        for trust in [
            Trust::given(vec![authority.der()], vec![own.clone()]),
            Trust::given(vec![authority.der(), own.clone()], Vec::new()),
            Trust::given(Vec::new(), vec![own]),
        ] {
            let words = shaken_with(&trust, acceptor.clone()).await;
            assert_eq!(words.expect("trust"), "hello", "{ca}");
        }
        let trust = Trust::given(vec![authority.der()], Vec::new());
        shaken_with(&trust, acceptor).await.expect_err("no trust");
    }
}

#[tokio::test]
async fn a_certificate_that_was_given_is_trusted_for_its_own_name_and_for_its_own_key_only() {
    for ca in [false, true] {
        let (other_name, acceptor) = self_signed("other.invalid", ca);
        let trust = Trust::given(Vec::new(), vec![other_name]);
        let failure = shaken_with(&trust, acceptor).await;
        failure.expect_err("another server's");
        let (given, _) = self_signed(NAME, ca);
        let (_, acceptor) = self_signed(NAME, ca);
        let trust = Trust::given(Vec::new(), vec![given]);
        let failure = shaken_with(&trust, acceptor).await;
        failure.expect_err("another key's");
    }
}

#[tokio::test]
async fn a_server_s_certificate_vouches_for_no_other() {
    let (server, other) = (Authority::new("a server"), Authority::new("an issuer"));
    let trust = Trust::given(vec![other.der()], vec![server.der()]);
    let failure = shaken(&trust, &server).await;
    let text = failure.expect_err("signed by what is no issuer");
    assert!(text.contains("UnknownIssuer"), "{text}");
}
