//! How long a task takes to end that cannot deliver what it has. The clock
//! only moves when all wait.

use std::pin::pin;

use super::*;

/// A task that has failed with two messages in its buffer, and delivers them
/// to a sink that never has room. The clock stands still.
async fn failed() -> TaskHandle {
    let (listener, address) = listen().await;
    let settings = [("websocket.reconnect.enabled", "false")];
    let task = start(&format!("ws://{address}/"), &settings);
    fail(&listener, &task).await;
    task
}

/// Sends a task two messages, and fails it.
async fn fail(listener: &TcpListener, task: &TaskHandle) {
    drop(serve(listener, task).await);
    in_phase(task, Phase::Draining).await;
    tokio::time::pause();
}

/// Sends a task two messages, which wait in its buffer.
async fn serve(
    listener: &TcpListener,
    task: &TaskHandle,
) -> tokio_tungstenite::WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.expect("a caller");
    let socket = tokio_tungstenite::accept_async(stream).await;
    let mut socket = socket.expect("an upgrade");
    for text in ["a", "b"] {
        socket.send(Message::text(text)).await.expect("sent");
    }
    let queued = async {
        while task.metrics().queue_messages.load(Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, queued).await.expect("in the buffer");
    socket
}

/// The report of one of whose two messages none was delivered.
const LOST: StopReport = StopReport {
    received: 2,
    delivered: 0,
    dropped: 0,
    lost: 2,
};

#[tokio::test]
async fn a_task_that_has_failed_ends_at_once_when_it_is_abandoned() {
    let task = failed().await;
    let begun = Moment::now();
    assert_eq!(task.abandon(Duration::from_secs(60)).await, LOST);
    assert!(begun.elapsed() <= TICK, "{:?}", begun.elapsed());
    let failure = task.failure().expect("a failure");
    assert!(failure.trace.contains("reconnecting is disabled"));
    assert_eq!(task.metrics().dropped(DropReason::Stop), 2);
}

#[tokio::test]
async fn a_stop_leaves_a_task_that_has_failed_less_time_and_never_more() {
    for (within, expected) in [(0, 0), (2, 2), (60, FAILURE_DRAIN.as_secs())] {
        let task = failed().await;
        let begun = Moment::now();
        assert_eq!(task.stop(Duration::from_secs(within)).await, LOST);
        let expected = Duration::from_secs(expected);
        let over = begun.elapsed().abs_diff(expected);
        assert!(over <= Duration::from_millis(100), "{within}: {over:?}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_second_stop_with_less_time_ends_the_first() {
    let (listener, address) = listen().await;
    let task = start(&format!("ws://{address}/"), &[]);
    let mut socket = serve(&listener, &task).await;
    let server = tokio::spawn(async move { while socket.next().await.is_some() {} });
    let mut first = pin!(task.stop(Duration::from_secs(60)));
    assert!(poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending())).await);
    server.await.expect("no panic");
    tokio::time::pause();
    let begun = Moment::now();
    assert_eq!(task.stop(Duration::from_secs(2)).await, LOST);
    assert_eq!(first.await, LOST);
    assert!(begun.elapsed() <= Duration::from_secs(3));
}

#[tokio::test]
async fn a_task_that_has_failed_ends_at_once_when_its_host_is_gone() {
    let task = failed().await;
    let begun = Moment::now();
    let mut outcome = task.outcome.clone();
    drop(task);
    let ended = outcome.wait_for(Option::is_some).await;
    assert_eq!(
        ended
            .expect("an outcome")
            .as_ref()
            .map(|ended| ended.report),
        Some(LOST)
    );
    assert!(begun.elapsed() <= TICK, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_pause_or_a_resume_leaves_a_task_that_has_failed_its_time() {
    let task = failed().await;
    let begun = Moment::now();
    task.pause();
    tokio::time::sleep(Duration::from_secs(1)).await;
    task.resume();
    assert!(task.ended().await.is_some());
    let over = begun.elapsed().abs_diff(FAILURE_DRAIN);
    assert!(over <= Duration::from_millis(100), "{over:?}");
}

#[test]
fn only_a_task_that_delivers_what_is_left_says_so() {
    let line = "Connection closed, delivering 2 buffered messages";
    for drains in [true, false] {
        let lines = lines_of(async {
            let (listener, address) = listen().await;
            let task = start(&format!("ws://{address}/"), &[]);
            let mut socket = serve(&listener, &task).await;
            let server = tokio::spawn(async move { while socket.next().await.is_some() {} });
            let within = Duration::from_millis(10);
            let report = if drains {
                task.stop(within).await
            } else {
                task.abandon(within).await
            };
            assert_eq!(report, LOST);
            server.await.expect("no panic");
        });
        let said = lines.iter().any(|found| found == line);
        assert_eq!(said, drains, "{lines:?}");
    }
}
