//! What the exchange says it has sent is what a client has received, and no
//! client can hold the exchange up.

// A test that cannot go on has to panic.
#![allow(clippy::unwrap_used)]

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use websocket_exchange::{Exchange, Options};

async fn start(tls: bool) -> Exchange {
    Exchange::start(Options {
        tls,
        ..Options::default()
    })
    .await
    .unwrap()
}

fn address(exchange: &Exchange) -> String {
    exchange.url("").split('/').nth(2).unwrap().to_owned()
}

async fn flood(exchange: &Exchange) -> WebSocketStream<TcpStream> {
    let url = exchange.url("/flood?rate=0&size=100");
    let stream = TcpStream::connect(address(exchange)).await.unwrap();
    client_async(&url, stream).await.unwrap().0
}

const REQUEST: &str = "GET /flood?rate=0 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_pause_nothing_more_is_counted() {
    let exchange = start(false).await;
    let mut client = flood(&exchange).await;
    let mut received = 0;
    for _ in 0..20 {
        assert!(matches!(client.next().await, Some(Ok(Message::Text(_)))));
        received += 1;
        exchange.pause(true);
        let sent = exchange.stats().sent_messages;
        // All that was sent comes before the pong.
        client.send(Message::Ping("all".into())).await.unwrap();
        while let Message::Text(_) = client.next().await.unwrap().unwrap() {
            received += 1;
        }
        assert_eq!((received, exchange.stats().sent_messages), (sent, sent));
        exchange.pause(false);
    }
    drop(client);
    exchange.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_bytes_are_sent_than_are_allowed() {
    const BEYOND: u64 = 256 * 1024 + 100;
    let exchange = start(false).await;
    exchange.allow_bytes(0);
    let mut client = flood(&exchange).await;
    let mut received = 0;
    for allowed in [0, 1, 2_000_000, 2_000_001, 4_000_000] {
        exchange.allow_bytes(allowed);
        while received < allowed {
            let message = client.next().await.unwrap().unwrap();
            received += message.len() as u64;
        }
        // What is still on its way comes before the pong.
        client.send(Message::Ping("all".into())).await.unwrap();
        while let Message::Text(text) = client.next().await.unwrap().unwrap() {
            received += text.len() as u64;
        }
        assert_eq!(received, exchange.stats().sent_bytes);
        assert!(received <= allowed + BEYOND, "{received} {allowed}");
    }
    drop(client);
    exchange.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_amid_a_flood_loses_nothing_of_what_it_reports() {
    for _ in 0..20 {
        let exchange = start(false).await;
        let mut client = flood(&exchange).await;
        // Input that the exchange has not read when it ends must not reset the connection.
        for _ in 0..100 {
            client.feed(Message::Ping("busy".into())).await.unwrap();
        }
        client.flush().await.unwrap();
        let ending = tokio::spawn(exchange.shutdown());
        let (mut received, mut closed) = (0, false);
        while let Some(Ok(message)) = client.next().await {
            received += u64::from(message.is_text());
            closed |= message.is_close();
        }
        drop(client);
        assert_eq!(
            (received, closed),
            (ending.await.unwrap().sent_messages, true)
        );
    }
}

#[tokio::test]
async fn a_client_that_never_says_a_word_does_not_hold_up_the_shutdown() {
    for tls in [false, true] {
        let exchange = start(tls).await;
        let mut silent = TcpStream::connect(address(&exchange)).await.unwrap();
        // Connections are accepted in order, so when the second has its
        // refusal the first is being waited for.
        if !tls {
            let mut other = TcpStream::connect(address(&exchange)).await.unwrap();
            other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            other.read_to_end(&mut Vec::new()).await.unwrap();
        }
        exchange.shutdown().await;
        // Ended by the exchange, not by the ten seconds of a handshake.
        assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
    }
}

#[tokio::test]
async fn what_is_no_upgrade_is_refused() {
    let exchange = start(false).await;
    for (ok, bad) in [
        ("GET", "POST"),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("keep-alive, Upgrade", "keep-alive"),
        ("Version: 13", "Version: 8"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="),
        ("GET", "NOT HTTP\0"),
    ] {
        let mut stream = TcpStream::connect(address(&exchange)).await.unwrap();
        let request = REQUEST.replacen(ok, bad, 1);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{bad}: {answer}");
    }
    assert_eq!(exchange.stats().connections, 0);
    exchange.shutdown().await;
}
