//! The exchange as tokio-tungstenite's client sees it.

// A test that cannot go on has to panic.
#![allow(clippy::unwrap_used)]

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use websocket_exchange::{Exchange, Flow, Options};

type Client = WebSocketStream<tokio::net::TcpStream>;

async fn start(flow: Flow) -> Exchange {
    Exchange::start(Options {
        flow,
        ..Options::default()
    })
    .await
    .unwrap()
}

async fn connect(url: &str) -> Result<Client, Error> {
    let address = url.split('/').nth(2).unwrap();
    let stream = tokio::net::TcpStream::connect(address).await?;
    client_async(url, stream).await.map(|(client, _)| client)
}

async fn text(client: &mut Client) -> String {
    loop {
        if let Message::Text(text) = client.next().await.unwrap().unwrap() {
            return text.to_string();
        }
    }
}

async fn json(client: &mut Client) -> Value {
    serde_json::from_str(&text(client).await).unwrap()
}

async fn say(client: &mut Client, message: &Value) {
    client
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

#[tokio::test]
async fn binance_confirms_and_sends_trades_without_a_hole_and_counts_all() {
    let exchange = start(Flow {
        rate: 0,
        count: Some(500),
        ..Flow::default()
    })
    .await;
    let mut client = connect(&exchange.url("/ws")).await.unwrap();
    say(
        &mut client,
        &json!({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1}),
    )
    .await;
    assert_eq!(json(&mut client).await, json!({"result": null, "id": 1}));
    for number in 1..=500 {
        assert_eq!(json(&mut client).await["t"], number);
    }
    assert_eq!(exchange.stats().sent_messages, 501);
    drop(client);
    exchange.shutdown().await;
}

#[tokio::test]
async fn coinbase_confirms_sends_a_snapshot_and_updates() {
    let exchange = start(Flow {
        rate: 0,
        count: Some(3),
        size_bytes: 400,
    })
    .await;
    let mut client = connect(&exchange.url("/")).await.unwrap();
    let subscribe =
        json!({"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["level2"]});
    say(&mut client, &subscribe).await;
    assert_eq!(json(&mut client).await["type"], "subscriptions");
    assert_eq!(json(&mut client).await["type"], "snapshot");
    for _ in 0..3 {
        let update = text(&mut client).await;
        assert!(update.starts_with(r#"{"type":"l2update""#), "{update}");
        assert_eq!(update.len(), 400);
    }
    drop(client);
    exchange.shutdown().await;
}

#[tokio::test]
async fn a_flood_is_numbered_and_pings_are_answered_in_it() {
    let exchange = start(Flow::default()).await;
    let url = exchange.url("/flood?rate=0&size=50&count=200000");
    let mut client = connect(&url).await.unwrap();
    client.send(Message::Ping("here".into())).await.unwrap();
    let (mut next, mut answered) = (0_u64, false);
    while next < 200_000 || !answered {
        match client.next().await.unwrap().unwrap() {
            Message::Text(text) => {
                assert_eq!((text.len(), text[..12].parse()), (50, Ok(next)));
                next += 1;
            }
            Message::Pong(payload) => answered = payload.as_ref() == b"here",
            other => panic!("{other:?}"),
        }
    }
    drop(client);
    exchange.shutdown().await;
}

#[tokio::test]
async fn a_pause_holds_the_feed_and_its_end_lets_it_go_on() {
    let exchange = start(Flow {
        rate: 0,
        count: Some(2),
        ..Flow::default()
    })
    .await;
    exchange.pause(true);
    let mut client = connect(&exchange.url("/ws")).await.unwrap();
    say(
        &mut client,
        &json!({"method": "SUBSCRIBE", "params": ["a@trade"], "id": 1}),
    )
    .await;
    json(&mut client).await;
    // Anything that a feed had sent would come before the pong.
    client.send(Message::Ping("now".into())).await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Message::Pong(_)))));
    assert_eq!(exchange.stats().sent_messages, 1);
    exchange.pause(false);
    assert_eq!(json(&mut client).await["t"], 1);
    drop(client);
    exchange.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_closes_with_going_away_and_an_unknown_path_is_refused() {
    let exchange = start(Flow::default()).await;
    let Err(Error::Http(refusal)) = connect(&exchange.url("/nowhere")).await else {
        panic!("not refused");
    };
    assert_eq!(refusal.status(), 404);
    let mut client = connect(&exchange.url("/ws")).await.unwrap();
    let closing = tokio::spawn(exchange.shutdown());
    let Some(Ok(Message::Close(Some(frame)))) = client.next().await else {
        panic!("no close frame");
    };
    assert_eq!(u16::from(frame.code), 1001);
    drop(client);
    closing.await.unwrap();
}

#[tokio::test]
async fn wss_is_served_with_the_certificate_that_it_shows() {
    let options = Options {
        tls: true,
        flow: Flow {
            rate: 0,
            count: Some(1),
            ..Flow::default()
        },
        port: 0,
    };
    let exchange = Exchange::start(options).await.unwrap();
    let mut roots = rustls::RootCertStore::empty();
    let pem = exchange.certificate_pem().unwrap().as_bytes();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(pem).unwrap())
        .unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let url = exchange.url("/flood?count=1&rate=0");
    let stream = tokio::net::TcpStream::connect(url.split('/').nth(2).unwrap())
        .await
        .unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = connector
        .connect("localhost".try_into().unwrap(), stream)
        .await
        .unwrap();
    let (mut client, _) = client_async(&url, stream).await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Message::Text(_)))));
    drop(client);
    exchange.shutdown().await;
}
