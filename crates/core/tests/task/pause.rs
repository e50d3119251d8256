//! What `websocket.pause.mode=disconnect` does; the default is with the other
//! tests.

use std::sync::atomic::Ordering::Relaxed;

use tokio_tungstenite::tungstenite::Message;
use websocket_source::task::Phase;

use super::support::{PATIENCE, accept, answer, listen, next, send, start, start_with_room};

const DISCONNECT: (&str, &str) = ("websocket.pause.mode", "disconnect");

#[tokio::test]
async fn a_pause_closes_the_connection_and_a_resume_makes_a_new_one() {
    let (listener, url) = listen().await;
    let subscription = ("websocket.subscription.message", r#"{"op":"s"}"#);
    let running = start_with_room(&url, &[DISCONNECT, subscription], 0);
    let mut socket = accept(&listener).await;
    assert_eq!(
        next(&mut socket).await,
        Some(Message::text(r#"{"op":"s"}"#))
    );
    send(&mut socket, &["before"]).await;
    running.wait_queue(1, 6).await;

    running.task.pause();
    let Some(Message::Close(Some(frame))) = next(&mut socket).await else {
        panic!("no close frame");
    };
    assert_eq!(u16::from(frame.code), 1000);
    // What is on its way while the connection closes is kept as well.
    assert_eq!(next(&mut socket).await, None);
    running.wait_phase(Phase::Paused).await;
    let status = running.task.status();
    assert!(status.paused && status.reason.is_empty(), "{status:?}");
    let connected = || running.task.metrics().is_connected();
    running.wait(|_| !connected()).await;
    running.open();
    assert!(running.records().is_empty());

    running.task.resume();
    assert_eq!(running.wait_records(1).await, ["before"]);
    let mut socket = accept(&listener).await;
    assert_eq!(
        next(&mut socket).await,
        Some(Message::text(r#"{"op":"s"}"#))
    );
    send(&mut socket, &["after"]).await;
    assert_eq!(running.wait_records(2).await, ["before", "after"]);
    let status = running.task.status();
    assert_eq!((status.phase, status.generation), (Phase::Live, 2));
    // It was not lost.
    assert_eq!(running.task.metrics().reconnects.load(Relaxed), 0);
}

#[tokio::test]
async fn what_a_full_buffer_kept_from_being_decoded_outlives_the_connection() {
    let (listener, url) = listen().await;
    let settings = [
        DISCONNECT,
        ("websocket.buffer.overflow", "block"),
        ("websocket.message.queue.size", "1"),
    ];
    let running = start_with_room(&url, &settings, 0);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["0", "1", "2", "3"]).await;
    running.wait_queue(1, 1).await;

    running.task.pause();
    running.wait_phase(Phase::Paused).await;
    running.wait_queue(4, 4).await;
    running.open();
    running.task.resume();
    assert_eq!(running.wait_records(4).await, ["0", "1", "2", "3"]);
    let metrics = running.task.metrics();
    assert_eq!(metrics.received.load(Relaxed), 4);
    assert_eq!(metrics.dropped_total(), 0);
}

#[tokio::test]
async fn a_resume_does_not_wait_for_what_the_pause_has_ended() {
    let (listener, url) = listen().await;
    let settings = [
        DISCONNECT,
        ("websocket.reconnect.interval.ms", "60000"),
        ("websocket.reconnect.backoff.max.ms", "60000"),
    ];
    let running = start(&url, &settings);
    let refusal = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\n\r\n";
    drop(answer(&listener, refusal).await);
    running.wait_phase(Phase::Refused).await;
    running.task.pause();
    running.wait_phase(Phase::Paused).await;
    assert_eq!(running.task.status().next_attempt_at, None);
    running.task.resume();
    let mut socket = accept(&listener).await;
    send(&mut socket, &["a"]).await;
    assert_eq!(running.wait_records(1).await, ["a"]);
}

#[tokio::test]
async fn a_paused_task_without_a_connection_ends_at_once_and_delivers_what_it_has() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[DISCONNECT], 0);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["a", "b"]).await;
    running.wait_queue(2, 2).await;
    running.task.pause();
    let server = tokio::spawn(async move { while next(&mut socket).await.is_some() {} });
    running.wait_phase(Phase::Paused).await;
    running.open();
    let report = running.task.stop(PATIENCE).await;
    assert_eq!((report.received, report.delivered, report.lost), (2, 2, 0));
    assert_eq!(running.records(), ["a", "b"]);
    assert_eq!(running.task.status().phase, Phase::Closed);
    server.await.expect("no panic");
}
