//! A task against a WebSocket server that others wrote.

// A test that cannot go on has to panic, here as in the tests themselves.
#![allow(clippy::unwrap_used)]

#[path = "task/pause.rs"]
mod pause;
#[path = "task/records.rs"]
mod records;
#[path = "task/recovery.rs"]
mod recovery;
#[path = "task/secrets.rs"]
mod secrets;
mod support;

use futures_util::SinkExt as _;
use support::{
    PATIENCE, Running, accept, answer, listen, listen_v6, next, send, start, start_boasting,
    start_with_room,
};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use websocket_source::metrics::DropReason;
use websocket_source::task::Phase;

#[tokio::test]
async fn messages_arrive_in_order_and_the_stop_report_adds_up() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    let sent: Vec<String> = (0..1000).map(|n| format!("message {n} é")).collect();
    let texts: Vec<&str> = sent.iter().map(String::as_str).collect();
    send(&mut socket, &texts).await;
    assert_eq!(running.wait_records(1000).await, sent);
    let server = tokio::spawn(async move { while next(&mut socket).await.is_some() {} });
    let report = running.task.stop(PATIENCE).await;
    server.await.unwrap();
    assert_eq!((report.received, report.delivered), (1000, 1000));
    assert_eq!((report.dropped, report.lost), (0, 0));
    assert_eq!(running.task.status().phase, Phase::Closed);
    assert_eq!(running.task.failure(), None);
}

#[tokio::test]
async fn the_subscription_is_sent_after_every_connect() {
    let (listener, url) = listen().await;
    let running = start(&url, &[("websocket.subscription.message", "{\"op\":1}")]);
    for round in 1..=3 {
        let mut socket = accept(&listener).await;
        assert_eq!(next(&mut socket).await, Some(Message::text("{\"op\":1}")));
        send(&mut socket, &["x"]).await;
        running.wait_records(round).await;
    }
    assert_eq!(running.task.status().generation, 3);
}

#[tokio::test]
async fn headers_and_token_are_on_the_upgrade_request() {
    let (listener, url) = listen().await;
    let _running = start(
        &url,
        &[
            ("websocket.headers", "X-A: b"),
            ("websocket.auth.token", "s3cret"),
        ],
    );
    let (_stream, request) = answer(&listener, "").await;
    assert!(request.contains("\r\nX-A: b\r\n"), "{request}");
    assert!(
        request.contains("\r\nAuthorization: Bearer s3cret\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_close_is_answered_and_followed_by_a_reconnect() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["before"]).await;
    let frame = CloseFrame {
        code: CloseCode::Restart,
        reason: "moving".into(),
    };
    socket.close(Some(frame)).await.unwrap();
    let Some(Message::Close(Some(echoed))) = next(&mut socket).await else {
        panic!("no close frame came back");
    };
    assert_eq!(echoed.code, CloseCode::Restart);
    let mut again = accept(&listener).await;
    send(&mut again, &["after"]).await;
    assert_eq!(running.wait_records(2).await, ["before", "after"]);
}

#[tokio::test]
async fn a_refusal_is_a_state_with_the_server_s_words() {
    let (listener, url) = listen().await;
    let running = start(&url, &[("websocket.reconnect.interval.ms", "60000")]);
    let _ = answer(
        &listener,
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nbad token",
    )
    .await;
    running.wait_phase(Phase::Refused).await;
    let status = running.task.status();
    assert_eq!(status.refused_status, Some(401));
    assert_eq!(
        status.reason,
        "ProtocolException: Expected HTTP 101 response but was '401 Unauthorized'; \
         the server says: bad token"
    );
    assert!(status.next_attempt_at.is_some());
}

#[tokio::test]
async fn a_refusal_without_end_is_read_no_further_than_it_is_of_use() {
    let (listener, url) = listen().await;
    let running = start(&url, &[("websocket.reconnect.interval.ms", "60000")]);
    let head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000000\r\n\r\n";
    let _open = answer(&listener, &format!("{head}{}", "x".repeat(5_000))).await;
    running.wait_phase(Phase::Refused).await;
    let reason = running.task.status().reason;
    assert!(
        reason.ends_with(&format!("says: {}", "x".repeat(200))),
        "{reason}"
    );
}

#[tokio::test]
async fn a_refusal_whose_body_does_not_end_is_a_refusal_and_no_timeout() {
    let (listener, url) = listen().await;
    let settings = [
        ("websocket.connection.timeout.ms", "2000"),
        ("websocket.reconnect.interval.ms", "60000"),
    ];
    let running = start(&url, &settings);
    let head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 300\r\n";
    let body = "Content-Length: 100\r\n\r\nYou may";
    let _open = answer(&listener, &format!("{head}{body}")).await;
    running.wait_phase(Phase::Refused).await;
    let status = running.task.status();
    assert_eq!(status.refused_status, Some(429));
    assert!(
        status.reason.ends_with("; the server says: You may"),
        "{}",
        status.reason
    );
}

#[tokio::test]
async fn redirects_have_an_end() {
    let (listener, url) = listen().await;
    let settings = [("websocket.reconnect.enabled", "false")];
    let running = start(&url, &settings);
    let redirect = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {url}\r\n\r\n");
    for _ in 0..21 {
        answer(&listener, &redirect).await;
    }
    let failure = running.task.ended().await.expect("a failure");
    assert!(
        failure.trace.contains("more than 20 redirects"),
        "{}",
        failure.trace
    );
}

#[tokio::test]
async fn without_reconnect_a_failed_attempt_fails_the_task() {
    let (listener, url) = listen().await;
    drop(listener);
    let running = start(&url, &[("websocket.reconnect.enabled", "false")]);
    let failure = running.task.ended().await.expect("a failure");
    assert!(
        failure.trace.starts_with(
            "org.apache.kafka.connect.errors.ConnectException: ConnectException: Failed to connect to 127.0.0.1/"
        ),
        "{}",
        failure.trace
    );
    assert_eq!(running.task.status().phase, Phase::Failed);
}

#[tokio::test]
async fn attempts_are_used_up() {
    let (listener, url) = listen().await;
    drop(listener);
    let running = start(&url, &[("websocket.reconnect.max.attempts", "2")]);
    let failure = running.task.ended().await.expect("a failure");
    assert!(
        failure.trace.contains("2 reconnection attempts failed"),
        "{}",
        failure.trace
    );
}

#[tokio::test]
async fn a_stalled_handshake_runs_into_the_timeout() {
    let (_listener, url) = listen().await;
    let running = start(
        &url,
        &[
            ("websocket.connection.timeout.ms", "200"),
            ("websocket.reconnect.enabled", "false"),
        ],
    );
    let failure = running.task.ended().await.expect("a failure");
    assert!(
        failure.trace.contains("websocket.connection.timeout.ms"),
        "{}",
        failure.trace
    );
}

#[tokio::test]
async fn invalid_utf8_closes_with_1007_and_an_oversized_message_with_1009() {
    let (listener, url) = listen().await;
    let _running = start(&url, &[("websocket.message.max.bytes", "10")]);
    for (payload, code) in [
        (&b"\xff\xff"[..], CloseCode::Invalid),
        (&b"12345678901"[..], CloseCode::Size),
    ] {
        let mut socket = accept(&listener).await;
        let frame = Frame::message(payload.to_vec(), OpCode::Data(Data::Text), true);
        socket.send(Message::Frame(frame)).await.unwrap();
        let Some(Message::Close(Some(close))) = next(&mut socket).await else {
            panic!("no close frame");
        };
        assert_eq!(close.code, code);
    }
}

#[tokio::test]
async fn fragments_make_one_message() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    let parts = [
        Frame::message("frag".as_bytes().to_vec(), OpCode::Data(Data::Text), false),
        Frame::message(Vec::new(), OpCode::Data(Data::Continue), false),
        Frame::message(
            "ments".as_bytes().to_vec(),
            OpCode::Data(Data::Continue),
            true,
        ),
    ];
    for part in parts {
        socket.send(Message::Frame(part)).await.unwrap();
    }
    send(&mut socket, &["whole"]).await;
    assert_eq!(running.wait_records(2).await, ["fragments", "whole"]);
}

#[tokio::test]
async fn a_message_larger_than_the_receive_buffer_arrives() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    let large = "x".repeat(3 << 20);
    send(&mut socket, &["first", &large, "last"]).await;
    assert_eq!(running.wait_records(3).await, ["first", &large, "last"]);
}

#[tokio::test]
async fn pings_are_answered_and_sent() {
    let (listener, url) = listen().await;
    let _running = start(&url, &[("websocket.ping.interval.ms", "50")]);
    let mut socket = accept(&listener).await;
    socket.send(Message::Ping("abc".into())).await.unwrap();
    let (mut pinged, mut answered) = (false, false);
    while !(pinged && answered) {
        match next(&mut socket).await {
            Some(Message::Ping(_)) => pinged = true,
            Some(Message::Pong(payload)) => answered = payload == "abc",
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_silent_server_is_left_after_the_pong_timeout() {
    let (listener, url) = listen().await;
    let settings = [
        ("websocket.ping.interval.ms", "30"),
        ("websocket.pong.timeout.ms", "30"),
    ];
    let running = start(&url, &settings);
    // Never read, so never answered.
    let _silent = accept(&listener).await;
    let mut socket = accept(&listener).await;
    send(&mut socket, &["alive"]).await;
    running.wait_records(1).await;
    assert!(running.task.status().generation >= 2);
}

#[tokio::test]
async fn binary_messages_are_dropped_and_counted_by_default() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    socket.send(Message::binary(vec![1, 2])).await.unwrap();
    send(&mut socket, &["text"]).await;
    assert_eq!(running.wait_records(1).await, ["text"]);
    assert_eq!(running.task.metrics().dropped(DropReason::Binary), 1);
}

#[tokio::test]
async fn a_full_buffer_drops_the_oldest() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[("websocket.message.queue.size", "3")], 2);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["0", "1", "2", "3", "4", "5", "6"]).await;
    running
        .wait(|running| running.task.metrics().dropped(DropReason::Overflow) == 2)
        .await;
    running.open();
    assert_eq!(running.wait_records(5).await, ["0", "1", "4", "5", "6"]);
}

#[tokio::test]
async fn block_stops_reading_and_loses_nothing() {
    blocks_and_loses_nothing(start_with_room).await;
}

#[tokio::test]
async fn block_loses_nothing_to_a_sink_that_has_less_room_than_it_says() {
    blocks_and_loses_nothing(start_boasting).await;
}

async fn blocks_and_loses_nothing(start: fn(&str, &[(&str, &str)], usize) -> Running) {
    let (listener, url) = listen().await;
    let settings = [
        ("websocket.message.queue.size", "3"),
        ("websocket.buffer.overflow", "block"),
    ];
    let running = start(&url, &settings, 0);
    let mut socket = accept(&listener).await;
    // More than the sockets' buffers hold, so that the server itself is held up.
    let filler = "x".repeat(10_000);
    let sent: Vec<String> = (0..2000).map(|n| format!("{n} {filler}")).collect();
    let texts = sent.clone();
    let server = tokio::spawn(async move {
        for text in texts {
            socket.send(Message::text(text)).await.unwrap();
        }
        socket
    });
    running
        .wait(|running| {
            running
                .task
                .metrics()
                .queue_messages
                .load(std::sync::atomic::Ordering::Relaxed)
                == 3
        })
        .await;
    assert!(!server.is_finished());
    running.open();
    assert_eq!(running.wait_records(2000).await, sent);
    assert_eq!(running.task.metrics().dropped_total(), 0);
    drop(server.await.unwrap());
}

#[tokio::test]
async fn a_server_that_block_keeps_from_being_heard_is_not_taken_for_silent() {
    let (listener, url) = listen().await;
    let settings = [
        ("websocket.message.queue.size", "3"),
        ("websocket.buffer.overflow", "block"),
        ("websocket.ping.interval.ms", "20"),
        ("websocket.pong.timeout.ms", "20"),
    ];
    let running = start_with_room(&url, &settings, 0);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["0", "1", "2", "3", "4"]).await;
    running.wait_queue(3, 3).await;
    // No answer to these is heard before the sink has room.
    for _ in 0..5 {
        let said = next(&mut socket).await;
        assert!(matches!(said, Some(Message::Ping(_))), "{said:?}");
    }
    running.open();
    assert_eq!(running.wait_records(5).await, ["0", "1", "2", "3", "4"]);
    assert_eq!(running.task.status().generation, 1);
}

#[tokio::test]
async fn reading_goes_on_after_a_sink_was_full_with_nothing_left_to_decode() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[], 1);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["a"]).await;
    running.wait_records(1).await;
    running.open();
    send(&mut socket, &["b"]).await;
    assert_eq!(running.wait_records(2).await, ["a", "b"]);
}

#[tokio::test]
async fn a_paused_task_keeps_the_socket_and_delivers_when_resumed() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    running.wait_phase(Phase::Live).await;
    running.task.pause();
    running.wait(|running| running.task.status().paused).await;
    send(&mut socket, &["a", "b"]).await;
    running
        .wait(|running| {
            running
                .task
                .metrics()
                .queue_messages
                .load(std::sync::atomic::Ordering::Relaxed)
                == 2
        })
        .await;
    assert!(running.records().is_empty());
    running.task.resume();
    assert_eq!(running.wait_records(2).await, ["a", "b"]);
    assert_eq!(running.task.status().generation, 1);
}

#[tokio::test]
async fn what_is_buffered_is_drained_at_the_stop() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[], 0);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["a", "b", "c"]).await;
    running
        .wait(|running| {
            running
                .task
                .metrics()
                .queue_messages
                .load(std::sync::atomic::Ordering::Relaxed)
                == 3
        })
        .await;
    let server = tokio::spawn(async move { while next(&mut socket).await.is_some() {} });
    let stop = running.task.stop(PATIENCE);
    let open = async {
        running.wait_phase(Phase::Draining).await;
        running.open();
    };
    let (report, ()) = tokio::join!(stop, open);
    server.await.unwrap();
    assert_eq!((report.delivered, report.lost), (3, 0));
    assert_eq!(running.records(), ["a", "b", "c"]);
}

#[tokio::test]
async fn what_cannot_be_delivered_in_time_is_reported_as_lost() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[], 1);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["a", "b", "c"]).await;
    running
        .wait(|running| {
            running
                .task
                .metrics()
                .queue_messages
                .load(std::sync::atomic::Ordering::Relaxed)
                == 2
        })
        .await;
    drop(socket);
    let report = running
        .task
        .stop(std::time::Duration::from_millis(50))
        .await;
    assert_eq!((report.received, report.delivered, report.lost), (3, 1, 2));
    assert_eq!(running.task.metrics().dropped(DropReason::Stop), 2);
}

#[tokio::test]
async fn a_task_that_is_abandoned_closes_its_connection_and_waits_for_no_sink() {
    let (listener, url) = listen().await;
    let running = start_with_room(&url, &[], 1);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["a", "b", "c"]).await;
    running.wait_queue(2, 2).await;
    let server = tokio::spawn(async move { next(&mut socket).await });
    let report = running.task.abandon(PATIENCE).await;
    assert_eq!((report.received, report.delivered, report.lost), (3, 1, 2));
    assert!(matches!(server.await.unwrap(), Some(Message::Close(_))));
    assert_eq!(running.records(), ["a"]);
}

#[tokio::test]
async fn a_server_is_reached_by_its_ipv6_address() {
    let Some(listener) = listen_v6().await else {
        return;
    };
    let authority = listener.local_addr().unwrap().to_string();
    assert!(authority.starts_with("[::1]:"), "{authority}");
    let settings = [("websocket.connection.timeout.ms", "10000")];
    let running = start(&format!("ws://{authority}/"), &settings);
    let (stream, request) = answer(&listener, "").await;
    assert!(
        request.contains(&format!("\r\nHost: {authority}\r\n")),
        "{request}"
    );
    drop(stream);
    let mut socket = accept(&listener).await;
    send(&mut socket, &["over IPv6"]).await;
    assert_eq!(running.wait_records(1).await, ["over IPv6"]);
}

#[tokio::test]
async fn a_redirect_is_followed_without_credentials_to_another_origin() {
    let (first, url) = listen().await;
    let (second, target) = listen().await;
    let _running = start(&url, &[("websocket.auth.token", "s3cret")]);
    let location = target.replace("ws://", "http://");
    let (_stream, request) = answer(
        &first,
        &format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n"),
    )
    .await;
    assert!(request.contains("s3cret"));
    let (_stream, request) = answer(&second, "").await;
    assert!(!request.contains("s3cret"), "{request}");
}
