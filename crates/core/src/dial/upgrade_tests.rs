use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::time::Instant;

use super::*;

/// Bytes on the way at the most, so that an answer comes in many pieces.
const WIRE_BYTES: usize = 16;
const TOKEN: &str = "s3cret-t0ken-0f-a-test";
const TIMEOUT: Duration = Duration::from_secs(3);
const CHUNKED: &str = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
const UNTIL_CLOSE: &str = "HTTP/1.1 403 Forbidden\r\n\r\n";

fn config() -> SourceConfig {
    let raw = [
        ("websocket.url", "ws://h/"),
        ("kafka.topic", "t"),
        ("websocket.auth.token", TOKEN),
        ("websocket.connection.timeout.ms", "3000"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()));
    crate::settings::parse(&BTreeMap::from(raw))
        .config
        .expect("valid")
}

/// Whether the server keeps the connection after its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Keeps,
    Closes,
}

/// Answers the request on `stream`.
async fn serve(mut stream: DuplexStream, answer: String, then: Then) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_buf(&mut request).await.expect("a request");
    }
    // It fails once the client has read enough.
    let _ = stream.write_all(answer.as_bytes()).await;
    if then == Then::Keeps {
        std::future::pending::<()>().await;
    }
}

/// The body of a refusal that a server sends, and how long the client waited
/// for it on a clock that moves when all wait.
async fn words_of(answer: String, then: Then) -> (String, Duration) {
    let (mut client, server) = tokio::io::duplex(WIRE_BYTES);
    let server = tokio::spawn(serve(server, answer, then));
    let config = config();
    let started = Instant::now();
    let upgraded = upgrade(&mut client, &config, &config.url, true, started).await;
    let took = started.elapsed();
    server.abort();
    match upgraded {
        Err(ConnectFailure::Refused(refusal)) => (refusal.body, took),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_read_to_its_end_and_shown_without_its_framing() {
    let answer = format!(
        "{CHUNKED}11\r\nthis key has been\r\na;x=\"y\"\r\n withdrawn\r\n0\r\nTrailer: 1\r\n\r\n"
    );
    let (body, took) = words_of(answer, Then::Keeps).await;
    assert_eq!(body, "this key has been withdrawn");
    assert_eq!(took, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_with_the_connection_is_read_to_its_end() {
    let answer = format!("{UNTIL_CLOSE}this key has been withdrawn, ask for another");
    let (body, took) = words_of(answer, Then::Closes).await;
    assert_eq!(body, "this key has been withdrawn, ask for another");
    assert_eq!(took, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_chunk_ends_the_body() {
    for (chunks, shown) in [
        ("8\r\nwithdraw\r\nzz\r\nmore\r\n", "withdraw"),
        ("8\r\nwithdrawn\r\n0\r\n\r\n", "withdraw"),
        ("-1\r\nx", ""),
        ("11112222333344445\r\nx", ""),
        ("<html>", ""),
    ] {
        let (body, took) = words_of(format!("{CHUNKED}{chunks}"), Then::Keeps).await;
        assert_eq!((body.as_str(), took), (shown, Duration::ZERO), "{chunks}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_without_end_is_waited_for_until_before_the_deadline() {
    for answer in [
        format!("{CHUNKED}ff\r\nwithdrawn"),
        format!("{CHUNKED}9\r\nwithdrawn"),
        format!("{CHUNKED}9\r\nwithdrawn\r\n4"),
        format!("{UNTIL_CLOSE}withdrawn"),
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nwithdrawn".to_owned(),
    ] {
        let (body, took) = words_of(answer.clone(), Then::Keeps).await;
        assert_eq!(body, "withdrawn", "{answer}");
        assert!(took > Duration::ZERO && took < TIMEOUT, "{answer} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_read_than_is_worth_showing() {
    let long = "x".repeat(100_000);
    for answer in [
        format!("{CHUNKED}fffffff\r\n{long}"),
        format!("{CHUNKED}{}", "1\r\nx\r\n".repeat(20_000)),
        format!("{CHUNKED}1;{long}"),
        format!("{UNTIL_CLOSE}{long}"),
        format!("HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n{long}"),
    ] {
        let (body, took) = words_of(answer, Then::Keeps).await;
        assert!(body.is_empty() || body == "x".repeat(1024), "{body}");
        assert_eq!(took, Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_body_is_not_waited_for() {
    for head in [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        // It is followed, so nobody reads it.
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n",
    ] {
        let (body, took) = words_of(head.to_owned(), Then::Keeps).await;
        assert_eq!((body.as_str(), took), ("", Duration::ZERO), "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_hidden_wherever_the_body_is_cut() {
    let (first, second) = TOKEN.split_at(10);
    let chunks = format!("a\r\n{first}\r\nc\r\n{second}\r\n0\r\n\r\n");
    let (body, _) = words_of(format!("{CHUNKED}{chunks}"), Then::Keeps).await;
    assert_eq!(body, "[hidden]");
    // At our bounds, and at every length that the server may give.
    for before in (1000..1030).chain(4070..4100) {
        let filler = "x".repeat(before);
        let answer = format!("{UNTIL_CLOSE}{filler}{TOKEN}");
        let (body, _) = words_of(answer, Then::Closes).await;
        assert!(!body.contains("s3"), "{before}: {body}");
    }
    for length in 6..TOKEN.len() {
        let head = format!("HTTP/1.1 403 No\r\nContent-Length: {length}\r\n\r\n");
        let (body, _) = words_of(format!("{head}{TOKEN}"), Then::Keeps).await;
        assert_eq!(body, "[hidden]", "{length}");
    }
}
