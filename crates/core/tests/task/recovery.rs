//! What a task does after a connection that brought nothing, or worse.

use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use crate::support::{accept, listen, next, send, start};

/// As many empty fragments in a row as are put up with.
const MAX_EMPTY_FRAGMENTS: usize = 1024;

#[tokio::test]
async fn only_a_message_resets_the_backoff() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    for attempt in 1..=3 {
        let mut socket = accept(&listener).await;
        socket.send(Message::Ping("alive".into())).await.unwrap();
        // So the connection was live and the ping heard.
        assert_eq!(next(&mut socket).await, Some(Message::Pong("alive".into())));
        socket.close(None).await.unwrap();
        running
            .wait(|running| running.task.status().attempt == attempt)
            .await;
    }
    let mut socket = accept(&listener).await;
    socket.send(Message::Ping("alive".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Pong("alive".into())));
    assert_eq!(running.task.status().attempt, 3);
    send(&mut socket, &["a message"]).await;
    running
        .wait(|running| running.task.status().attempt == 0)
        .await;
}

/// A fragment that is not the last of its message.
fn fragment(payload: &str, opcode: Data) -> Message {
    Message::Frame(Frame::message(
        payload.as_bytes().to_vec(),
        OpCode::Data(opcode),
        false,
    ))
}

#[tokio::test]
async fn empty_fragments_beyond_their_bound_close_with_1002() {
    let (listener, url) = listen().await;
    let running = start(&url, &[]);
    let mut socket = accept(&listener).await;
    for message in ["within the bound", "beyond it"] {
        socket.feed(fragment(message, Data::Text)).await.unwrap();
        for _ in 0..MAX_EMPTY_FRAGMENTS {
            socket.feed(fragment("", Data::Continue)).await.unwrap();
        }
        if message == "within the bound" {
            let end = Frame::message(Vec::new(), OpCode::Data(Data::Continue), true);
            socket.send(Message::Frame(end)).await.unwrap();
            assert_eq!(running.wait_records(1).await, [message]);
        }
    }
    // The session is still there: what closes it is the one fragment more.
    socket.send(Message::Ping("alive".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Pong("alive".into())));
    socket.send(fragment("", Data::Continue)).await.unwrap();
    let Some(Message::Close(Some(close))) = next(&mut socket).await else {
        panic!("no close frame");
    };
    assert_eq!(close.code, CloseCode::Protocol);
}
