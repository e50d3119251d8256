//! Whole dials through proxies, over sockets. No name resolves here, so that
//! those that are dialled are resolved by the proxy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::SinkExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::test_net::Authority;

/// Reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(20);
/// "hello" as an unmasked text frame.
const HELLO: &[u8] = b"\x81\x05hello";

fn without_names(dialer: Dialer) -> Dialer {
    Dialer {
        resolve: |host, port| {
            let found = host.parse().map(|ip| vec![SocketAddr::new(ip, port)]);
            Box::pin(async { found.map_err(|_| std::io::Error::other("no names here")) })
        },
        ..dialer
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

fn http(address: SocketAddr) -> Proxy {
    Proxy::Http {
        host: address.ip().to_string(),
        port: address.port(),
    }
}

/// Dials and reads as much as `HELLO` is long.
async fn heard(dialer: &Dialer, url: &str) -> Result<Vec<u8>, ConnectFailure> {
    let raw = [("websocket.url", url), ("kafka.topic", "t")];
    let raw = raw.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let config = crate::settings::parse(&BTreeMap::from(raw)).config;
    let config = config.expect("valid settings");
    let dial = async {
        let dialled = dialer.dial(&config, || {}).await?;
        let (mut stream, mut heard) = (dialled.stream, dialled.leftover);
        while heard.len() < HELLO.len() {
            stream.read_buf(&mut heard).await.expect("frames");
        }
        Ok(heard)
    };
    timeout(PATIENCE, dial).await.expect("an end")
}

/// Upgrades and says hello.
async fn greet(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut socket = tokio_tungstenite::accept_async(stream)
        .await
        .expect("an upgrade");
    socket.send(Message::text("hello")).await.expect("sent");
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a request"));
    }
    String::from_utf8(head).expect("text")
}

/// An HTTP proxy that gives its callers, in turn, a tunnel to each of
/// `servers`, whatever they ask for; ends with the targets they asked for.
async fn http_proxy(servers: Vec<SocketAddr>) -> (Proxy, JoinHandle<Vec<String>>) {
    let (listener, address) = listen().await;
    let targets = tokio::spawn(async move {
        let mut targets = Vec::new();
        for server in servers {
            let (mut caller, _) = listener.accept().await.expect("a caller");
            let request = head(&mut caller).await;
            let target = request.split(' ').nth(1).expect("a target");
            targets.push(target.to_owned());
            let mut server = TcpStream::connect(server).await.expect("a server");
            let made = b"HTTP/1.1 200 Connection established\r\n\r\n";
            caller.write_all(made).await.expect("sent");
            tokio::spawn(async move { copy_bidirectional(&mut caller, &mut server).await });
        }
        targets
    });
    (http(address), targets)
}

#[tokio::test]
async fn a_server_is_reached_whose_name_only_the_proxy_resolves() {
    let (listener, server) = listen().await;
    tokio::spawn(async move { greet(listener.accept().await.expect("a caller").0).await });
    let (proxy, targets) = http_proxy(vec![server]).await;
    let dialer = without_names(Dialer::platform().through(proxy));
    let words = heard(&dialer, "ws://server.invalid/feed").await;
    assert_eq!(words.expect("a connection"), HELLO);
    assert_eq!(targets.await.expect("no panic"), ["server.invalid:80"]);
}

#[tokio::test]
async fn tls_is_spoken_through_the_proxy_with_the_server() {
    let authority = Authority::new("an issuer");
    let acceptor = authority.acceptor("server.invalid");
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a caller");
        let tls = acceptor.accept(tcp).await.expect("a handshake");
        assert_eq!(tls.get_ref().1.server_name(), Some("server.invalid"));
        greet(tls).await;
    });
    let (proxy, targets) = http_proxy(vec![server]).await;
    let dialer = without_names(Dialer::trusting(vec![authority.der()], Vec::new()).through(proxy));
    let words = heard(&dialer, "wss://server.invalid/").await;
    assert_eq!(words.expect("a connection"), HELLO);
    assert_eq!(targets.await.expect("no panic"), ["server.invalid:443"]);
}

#[tokio::test]
async fn a_server_behind_the_proxy_is_checked_as_any_other() {
    let authority = Authority::new("an issuer");
    let acceptor = authority.acceptor("other.invalid");
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a caller");
        let _ = acceptor.accept(tcp).await;
    });
    let (proxy, _targets) = http_proxy(vec![server]).await;
    let dialer = without_names(Dialer::trusting(vec![authority.der()], Vec::new()).through(proxy));
    let failure = heard(&dialer, "wss://server.invalid/").await;
    assert!(matches!(failure, Err(ConnectFailure::Tls(_))));
}

#[tokio::test]
async fn a_redirect_goes_through_the_same_proxy() {
    let (redirecting, first) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = redirecting.accept().await.expect("a caller");
        head(&mut stream).await;
        let answer = b"HTTP/1.1 302 Found\r\nLocation: ws://[2001:db8::1]:81/\r\n\r\n";
        stream.write_all(answer).await.expect("sent");
    });
    let (listener, second) = listen().await;
    tokio::spawn(async move { greet(listener.accept().await.expect("a caller").0).await });
    let (proxy, targets) = http_proxy(vec![first, second]).await;
    let dialer = without_names(Dialer::platform().through(proxy));
    let words = heard(&dialer, "ws://server.invalid:8080/").await;
    assert_eq!(words.expect("a connection"), HELLO);
    let expected = ["server.invalid:8080", "[2001:db8::1]:81"];
    assert_eq!(targets.await.expect("no panic"), expected);
}

#[tokio::test]
async fn a_server_is_reached_through_socks() {
    let (listener, address) = listen().await;
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.expect("a greeting");
        stream.write_all(&[5, 0]).await.expect("sent");
        let mut request = [0; 21];
        stream.read_exact(&mut request).await.expect("a request");
        let made = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        stream.write_all(&made).await.expect("sent");
        greet(stream).await;
        request
    });
    let proxy = Proxy::Socks {
        host: address.ip().to_string(),
        port: address.port(),
    };
    let dialer = without_names(Dialer::platform().through(proxy));
    let words = heard(&dialer, "ws://server.invalid/").await;
    assert_eq!(words.expect("a connection"), HELLO);
    let expected = b"\x05\x01\x00\x03\x0eserver.invalid\x00\x50";
    assert_eq!(&asked.await.expect("no panic"), expected);
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let (listener, address) = listen().await;
    drop(listener);
    let dialer = without_names(Dialer::platform().through(http(address)));
    let failure = heard(&dialer, "ws://server.invalid/").await;
    let text = failure.expect_err("no connection").to_string();
    let port = address.port();
    let expected = format!(
        "ConnectException: Failed to connect to 127.0.0.1/{port}: the proxy 127.0.0.1:{port} \
         cannot be reached: "
    );
    assert!(text.starts_with(&expected), "{text}");
    let proxy = Proxy::Http {
        host: "proxy.invalid".to_owned(),
        port: 3128,
    };
    let dialer = without_names(Dialer::platform().through(proxy));
    let failure = heard(&dialer, "ws://server.invalid/").await;
    assert_eq!(
        failure.expect_err("no connection").to_string(),
        "UnknownHostException: proxy.invalid: the proxy proxy.invalid:3128 has no address: no \
         names here"
    );
}
