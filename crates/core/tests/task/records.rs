//! What becomes of messages on their way to the sink: kinds, bounds, and the
//! one that can never be sent.

use std::sync::atomic::Ordering::Relaxed;

use futures_util::SinkExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use websocket_source::metrics::DropReason;
use websocket_source::task::Phase;

use crate::support::{
    PATIENCE, accept, listen, next, send, start, start_with_limit, start_with_room,
};

const BINARY: &[u8] = b"\x00\xffa";

/// What the sink gets of a text and a binary message.
async fn records_of(settings: &[(&str, &str)]) -> Vec<Vec<u8>> {
    let (listener, url) = listen().await;
    let running = start(&url, settings);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["grün"]).await;
    socket.send(Message::binary(BINARY)).await.unwrap();
    running.wait_records(2).await;
    assert_eq!(running.task.metrics().dropped_total(), 0);
    running.bytes()
}

#[tokio::test]
async fn under_the_format_bytes_both_kinds_arrive_as_they_are() {
    let expected = ["grün".as_bytes(), BINARY];
    for binary in ["drop", "base64", "text", "bytes"] {
        let settings = [
            ("websocket.value.format", "bytes"),
            ("websocket.binary", binary),
        ];
        assert_eq!(records_of(&settings).await, expected, "{binary}");
    }
}

#[tokio::test]
async fn binary_messages_arrive_by_their_policy_and_texts_as_they_are() {
    let cases: [(&str, &[u8]); 3] = [
        ("bytes", BINARY),
        ("base64", b"AP9h"),
        ("text", "\0\u{fffd}a".as_bytes()),
    ];
    for (policy, binary) in cases {
        let records = records_of(&[("websocket.binary", policy)]).await;
        assert_eq!(records, ["grün".as_bytes(), binary], "{policy}");
    }
}

#[tokio::test]
async fn the_oldest_are_dropped_beyond_the_bytes_that_may_wait() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[("websocket.buffer.max.bytes", "10")], 0);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["aaaa", "bbbb", "cc"]).await;
    running.wait_queue(3, 10).await;
    assert_eq!(running.task.metrics().dropped_total(), 0);
    send(&mut socket, &["d"]).await;
    running.wait_queue(3, 7).await;
    assert_eq!(running.task.metrics().dropped(DropReason::Overflow), 1);
    // Two have to go for the room of one.
    send(&mut socket, &["eeeeeee"]).await;
    running.wait_queue(3, 10).await;
    assert_eq!(running.task.metrics().dropped(DropReason::Overflow), 2);
    send(&mut socket, &["ffffffffff"]).await;
    running.wait_queue(1, 10).await;
    assert_eq!(running.task.metrics().dropped(DropReason::Overflow), 5);
    running.open();
    assert_eq!(running.wait_records(1).await, ["ffffffffff"]);
    assert_eq!(running.task.metrics().received.load(Relaxed), 6);
}

#[tokio::test]
async fn block_stops_at_the_bytes_that_may_wait_and_loses_nothing() {
    let (listener, url) = listen().await;
    let settings = [
        ("websocket.buffer.max.bytes", "10"),
        ("websocket.buffer.overflow", "block"),
    ];
    let running = start_with_room(&url, &settings, 0);
    let mut socket = accept(&listener).await;
    let sent = ["aaaa", "bbbb", "ccc", "a longer one than may wait", "d"];
    send(&mut socket, &sent).await;
    // The third would be the eleventh byte.
    running.wait_queue(2, 8).await;
    assert_eq!(running.task.metrics().received.load(Relaxed), 2);
    running.open();
    assert_eq!(running.wait_records(5).await, sent);
    assert_eq!(running.task.metrics().dropped_total(), 0);
}

#[tokio::test]
async fn block_counts_messages_by_the_bytes_they_become() {
    let policies = [
        ("base64", "11", 8, "AAAA"),
        ("text", "26", 18, "\u{fffd}\u{fffd}\u{fffd}"),
    ];
    for (policy, max_bytes, queued, value) in policies {
        let (listener, url) = listen().await;
        let settings = [
            ("websocket.binary", policy),
            ("websocket.buffer.max.bytes", max_bytes),
            ("websocket.buffer.overflow", "block"),
        ];
        let running = start_with_room(&url, &settings, 0);
        let mut socket = accept(&listener).await;
        let message: &[u8] = if policy == "text" {
            &[0xff; 3]
        } else {
            &[0; 3]
        };
        for _ in 0..20 {
            socket.feed(Message::binary(message)).await.unwrap();
        }
        socket.flush().await.unwrap();
        running.wait_queue(2, queued).await;
        assert_eq!(running.task.metrics().dropped_total(), 0, "{policy}");
        running.open();
        assert_eq!(running.wait_records(20).await, vec![value; 20]);
        assert_eq!(running.task.metrics().dropped_total(), 0, "{policy}");
    }
}

/// What a task fails of when `bytes` are too many for its producer.
fn too_large(bytes: usize, limit: usize) -> String {
    format!(
        "org.apache.kafka.connect.errors.ConnectException: A message of {bytes} bytes is larger than \
         the producer's max.request.size of {limit} bytes. Raise max.request.size \
         (producer.override.max.request.size, and the topic's max.message.bytes) or lower \
         websocket.message.max.bytes so that the server's oversized messages are refused"
    )
}

#[tokio::test]
async fn a_message_that_is_too_large_for_the_producer_fails_the_task_with_both_settings() {
    let (listener, url) = listen().await;
    let running = start_with_limit(&url, &[], 10);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["0123456789"]).await;
    running.wait_records(1).await;
    send(&mut socket, &["0123456789a"]).await;
    let normal = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    assert_eq!(next(&mut socket).await, Some(Message::Close(Some(normal))));
    drop(socket);
    let failure = running.task.ended().await.expect("a failure");
    assert_eq!(failure.trace, too_large(11, 10));
    assert_eq!(running.task.status().phase, Phase::Failed);
    let report = running.task.stop(PATIENCE).await;
    assert_eq!((report.received, report.delivered), (2, 1));
    assert_eq!((report.dropped, report.lost), (0, 1));
    assert_eq!(report.ledger.inputs(), report.ledger.accounted());
    assert_eq!(running.records(), ["0123456789"]);
    assert!(!running.task.metrics().is_connected());
}

#[tokio::test]
async fn what_came_before_a_message_that_is_too_large_is_sent_and_counted_and_nothing_after_it() {
    let (listener, url) = listen().await;
    let running = start_with_limit(&url, &[], 10);
    let mut socket = accept(&listener).await;
    running.wait_phase(Phase::Live).await;
    running.task.pause();
    running.wait(|running| running.task.status().paused).await;
    send(&mut socket, &["a", "b", "0123456789a", "c"]).await;
    running.wait_queue(4, 14).await;
    drop(socket);
    running.task.resume();
    let failure = running.task.ended().await.expect("a failure");
    assert_eq!(failure.trace, too_large(11, 10));
    assert_eq!(running.records(), ["a", "b"]);
    let report = running.task.stop(PATIENCE).await;
    assert_eq!((report.delivered, report.lost), (2, 2));
    let metrics = running.task.metrics();
    assert_eq!(metrics.produced.load(Relaxed), 2);
    assert_eq!(metrics.queue_messages.load(Relaxed), 2);
}

#[tokio::test]
async fn a_flood_of_pings_from_a_server_that_does_not_read_ends_in_the_newest_pong() {
    const PINGS: u32 = 50_000;
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    let mut flood = Vec::new();
    for ping in 0..PINGS {
        flood.extend_from_slice(&[0x89, 4]);
        flood.extend_from_slice(&ping.to_be_bytes());
    }
    socket.get_mut().write_all(&flood).await.unwrap();
    send(&mut socket, &["after the flood"]).await;
    assert_eq!(running.wait_records(1).await, ["after the flood"]);
    let mut answered = Vec::new();
    while answered.last() != Some(&(PINGS - 1)) {
        let Some(Message::Pong(payload)) = next(&mut socket).await else {
            panic!("no pong after {answered:?}");
        };
        answered.push(u32::from_be_bytes(payload.as_ref().try_into().unwrap()));
    }
    assert!(answered.is_sorted_by(|a, b| a < b), "{answered:?}");
    assert_eq!(running.task.status().generation, 1);
}
