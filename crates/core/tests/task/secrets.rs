//! What a server repeats of our secrets is shown nowhere.

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::{Running, accept, answer, listen, start};

/// What a close frame's reason may take.
const MAX_REASON_BYTES: usize = 123;

#[tokio::test]
async fn a_server_that_repeats_a_secret_does_not_make_it_known() {
    let (listener, url) = listen().await;
    let settings = [("websocket.auth.token", "t0k3n-0f-a-test")];
    let running = start(&url, &settings);
    let refusal =
        "HTTP/1.1 401 t0k3n-0f-a-test\r\nContent-Length: 24\r\n\r\nt0k3n-0f-a-test is wrong";
    answer(&listener, refusal).await;
    let reason = "ProtocolException: Expected HTTP 101 response but was '401 [hidden]'; \
                  the server says: [hidden] is wrong";
    let told =
        |reason: &'static str| move |running: &Running| running.task.status().reason == reason;
    running.wait(told(reason)).await;
    let mut socket = accept(&listener).await;
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: "t0k3n-0f-a-test has ended".into(),
    };
    socket.close(Some(frame)).await.unwrap();
    let reason = "Connection closed by server: code=1008, reason=[hidden] has ended";
    running.wait(told(reason)).await;
}

#[tokio::test]
async fn a_secret_that_a_server_cuts_off_does_not_become_known_by_its_beginning() {
    let (listener, url) = listen().await;
    let token = "eyJhbGciOiJSUzI1NiJ9.".repeat(10);
    let running = start(&url, &[("websocket.auth.token", &token)]);
    let chunk = format!("invalid token {}", &token[..40]);
    let refusal = format!(
        "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{chunk}\r\n0\r\n\r\n",
        chunk.len()
    );
    answer(&listener, &refusal).await;
    let reason = "ProtocolException: Expected HTTP 101 response but was '401 No'; \
                  the server says: invalid token [hidden]";
    let told =
        |reason: &'static str| move |running: &Running| running.task.status().reason == reason;
    running.wait(told(reason)).await;
    let mut socket = accept(&listener).await;
    let mut reason = format!("invalid token {token}");
    reason.truncate(MAX_REASON_BYTES);
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: reason.into(),
    };
    socket.close(Some(frame)).await.unwrap();
    let reason = "Connection closed by server: code=1008, reason=invalid token [hidden]";
    running.wait(told(reason)).await;
}

#[tokio::test]
async fn user_info_that_a_server_repeats_as_it_came_is_hidden() {
    let (listener, url) = listen().await;
    let running = start(&url.replace("ws://", "ws://user:pw@"), &[]);
    let refusal = "HTTP/1.1 401 No\r\n\r\nnot allowed: Basic dXNlcjpwdw==";
    let (stream, request) = answer(&listener, refusal).await;
    drop(stream);
    assert!(
        request.contains("Authorization: Basic dXNlcjpwdw=="),
        "{request}"
    );
    running
        .wait(|running| {
            let reason = running.task.status().reason;
            reason.ends_with("the server says: not allowed: Basic [hidden]")
        })
        .await;
}
