//! How long a task takes to end that cannot deliver what it has. The clock
//! only moves when all wait.

use std::pin::pin;
use std::sync::atomic::AtomicU64;

use super::*;
use crate::metrics::DropReason;

/// A task that has failed with two messages in its buffer, and delivers them
/// to a sink that never has room. The clock stands still.
async fn failed() -> TaskHandle {
    let (listener, address) = listen().await;
    let settings = [("websocket.reconnect.enabled", "false")];
    let task = start(&format!("ws://{address}/"), &settings);
    fail(&listener, &task).await;
    task
}

/// A sink with room for one record, which its host fetches.
struct Fetched {
    shared: Arc<Shared>,
}

/// What the host of a [`Fetched`] has of it.
struct Shared {
    delivery: Arc<Delivery>,
    fetched: AtomicU64,
}

impl Shared {
    /// Gets the record that lies ready, and acknowledges none.
    fn fetch(&self) {
        let taken = self.delivery.progress().taken;
        self.fetched.store(taken, Relaxed);
        self.delivery.notify();
    }
}

impl Sink for Fetched {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let taken = self.shared.delivery.progress().taken;
        if batch.is_empty() || self.shared.fetched.load(Relaxed) < taken {
            return Ok(0);
        }
        self.shared.delivery.taken(taken + 1, batch.received().at);
        Ok(1)
    }

    fn has_room(&self, _: usize, _: usize) -> bool {
        self.shared.fetched.load(Relaxed) == self.shared.delivery.progress().taken
    }

    fn skip(&mut self, _: u64) -> bool {
        true
    }

    fn flush(&mut self, _: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.shared.delivery
    }

    fn fetched(&self) -> Option<u64> {
        Some(self.shared.fetched.load(Relaxed))
    }
}

/// The same as [`failed`] with a sink whose host fetches: of the two messages
/// one lies ready and one is in the task's buffer.
async fn failed_fetched() -> (TaskHandle, Arc<Shared>) {
    let (listener, address) = listen().await;
    let settings = [("websocket.reconnect.enabled", "false")];
    let shared = Arc::new(Shared {
        delivery: Arc::new(Delivery::new(Arc::default())),
        fetched: AtomicU64::new(0),
    });
    let sink = Box::new(Fetched {
        shared: Arc::clone(&shared),
    });
    let url = format!("ws://{address}/");
    let task = start_into(sink, Dialer::platform(), &url, &settings);
    fail(&listener, &task).await;
    (task, shared)
}

/// Sends a task two messages, and fails it.
async fn fail(listener: &TcpListener, task: &TaskHandle) {
    drop(serve(listener, task).await);
    in_phase(task, Phase::Draining).await;
    tokio::time::pause();
}

/// Sends whoever connects two messages.
async fn accept_and_send(listener: &TcpListener) -> tokio_tungstenite::WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.expect("a caller");
    let socket = tokio_tungstenite::accept_async(stream).await;
    let mut socket = socket.expect("an upgrade");
    for text in ["a", "b"] {
        socket.send(Message::text(text)).await.expect("sent");
    }
    socket
}

/// Sends a task two messages, which wait in its buffer or its sink.
async fn serve(
    listener: &TcpListener,
    task: &TaskHandle,
) -> tokio_tungstenite::WebSocketStream<TcpStream> {
    let socket = accept_and_send(listener).await;
    let queued = async {
        let metrics = task.metrics();
        while metrics.queue_messages.load(Relaxed) + metrics.produced.load(Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, queued).await.expect("in the buffer");
    socket
}

/// What is received, delivered, dropped and lost of one of whose two messages
/// none was delivered.
const LOST: (u64, u64, u64, u64) = (2, 0, 0, 2);

fn counts(report: &StopReport) -> (u64, u64, u64, u64) {
    assert_eq!(report.ledger.inputs(), report.ledger.accounted());
    let StopReport {
        received,
        delivered,
        dropped,
        lost,
        ..
    } = *report;
    (received, delivered, dropped, lost)
}

#[tokio::test]
async fn a_task_that_has_failed_ends_at_once_when_it_is_abandoned() {
    let task = failed().await;
    let begun = Moment::now();
    assert_eq!(counts(&task.abandon(Duration::from_secs(60)).await), LOST);
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
        assert_eq!(counts(&task.stop(Duration::from_secs(within)).await), LOST);
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
    assert_eq!(counts(&task.stop(Duration::from_secs(2)).await), LOST);
    assert_eq!(counts(&first.await), LOST);
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
            .map(|ended| counts(&ended.report)),
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
            assert_eq!(counts(&report), LOST);
            server.await.expect("no panic");
        });
        let said = lines.iter().any(|found| found == line);
        assert_eq!(said, drains, "{lines:?}");
    }
}

#[test]
fn the_rest_of_a_task_that_has_failed_waits_for_a_host_that_fetches() {
    let lines = lines_of(async {
        let (task, shared) = failed_fetched().await;
        // Long after any other task would have given it up.
        tokio::time::sleep(FAILURE_DRAIN * 10).await;
        let metrics = task.metrics();
        assert_eq!(metrics.queue_messages.load(Relaxed), 1);
        assert_eq!(task.failure(), None);
        shared.fetch();
        while task.progress().taken < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(task.failure(), None);
        let begun = Moment::now();
        shared.fetch();
        // Nothing is acknowledged yet.
        let failure = task.ended().await.expect("a failure");
        assert!(failure.trace.contains("reconnecting is disabled"));
        assert!(begun.elapsed() <= TICK, "{:?}", begun.elapsed());
        assert_eq!(metrics.dropped_total(), 0);
        assert_eq!(task.progress().acknowledged, 0);
    });
    let periodic = periodic(&lines);
    let expected = "Metrics - Connection: CLOSED, Received: 2, Produced: 1";
    assert_eq!(periodic, [expected], "{lines:?}");
    let last = lines.last().expect("a line");
    let counts = "Stopped - Received: 2, Delivered: 2, Dropped: 0, Lost: 0, Ledger: {";
    assert!(last.starts_with(counts), "{last}");
}

#[tokio::test]
async fn a_host_that_fetches_ends_a_task_that_has_failed_when_it_likes() {
    let (task, shared) = failed_fetched().await;
    shared.fetch();
    let begun = Moment::now();
    let report = task.abandon(Duration::from_secs(60)).await;
    assert_eq!((report.received, report.delivered, report.lost), (2, 1, 1));
    assert!(begun.elapsed() <= TICK, "{:?}", begun.elapsed());

    tokio::time::resume();
    let (task, _shared) = failed_fetched().await;
    let begun = Moment::now();
    let report = task.stop(FAILURE_DRAIN * 2).await;
    assert_eq!((report.received, report.delivered, report.lost), (2, 0, 2));
    let over = begun.elapsed().abs_diff(FAILURE_DRAIN * 2);
    assert!(over <= Duration::from_millis(100), "{over:?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_a_close_is_waited_for_no_longer_than_the_host_wants() {
    for within in [Duration::ZERO, Duration::from_millis(50)] {
        let (listener, address) = listen().await;
        let task = start(&format!("ws://{address}/"), &[]);
        let _silent = serve(&listener, &task).await;
        tokio::time::pause();
        let begun = Moment::now();
        assert_eq!(counts(&task.abandon(within).await), LOST);
        let over = begun.elapsed().abs_diff(within);
        assert!(over <= TICK, "{within:?}: {over:?}");
        tokio::time::resume();
    }
}

/// More than a server is given to answer a close frame.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// A sink that takes one record, and can never take another.
struct Choosy(Arc<Delivery>);

impl Sink for Choosy {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        if self.0.progress().taken == 0 {
            self.0.taken(1, batch.received().at);
            return Ok(1);
        }
        Err(SinkError::TooLarge { bytes: 2, limit: 1 })
    }

    fn has_room(&self, _: usize, _: usize) -> bool {
        true
    }

    fn skip(&mut self, _: u64) -> bool {
        true
    }

    fn flush(&mut self, _: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.0
    }
}

#[tokio::test]
async fn a_record_that_can_never_be_sent_costs_none_that_is_on_its_way() {
    let (listener, address) = listen().await;
    let delivery = Arc::new(Delivery::new(Arc::default()));
    let sink = Box::new(Choosy(Arc::clone(&delivery)));
    let url = format!("ws://{address}/");
    let task = start_into(sink, Dialer::platform(), &url, &[]);
    let _server = tokio::spawn(async move { accept_and_send(&listener).await });
    in_phase(&task, Phase::Draining).await;
    // Beyond the end of the connection.
    tokio::time::pause();
    tokio::time::sleep(CLOSE_WAIT).await;
    assert_eq!(task.failure(), None);
    delivery.acknowledge(0, 1);
    let failure = task.ended().await.expect("a failure");
    assert!(
        failure.trace.contains("max.request.size"),
        "{}",
        failure.trace
    );
    let report = task.stop(Duration::ZERO).await;
    assert_eq!((report.received, report.delivered, report.lost), (2, 1, 1));
}

#[tokio::test]
async fn what_is_on_its_way_when_a_record_cannot_be_sent_is_waited_for_no_longer_than_any_rest() {
    let (listener, address) = listen().await;
    let sink = Box::new(Choosy(Arc::new(Delivery::new(Arc::default()))));
    let url = format!("ws://{address}/");
    let task = start_into(sink, Dialer::platform(), &url, &[]);
    let _server = tokio::spawn(async move { accept_and_send(&listener).await });
    in_phase(&task, Phase::Draining).await;
    tokio::time::pause();
    task.ended().await.expect("a failure");
    let report = task.stop(Duration::ZERO).await;
    assert_eq!((report.received, report.delivered, report.lost), (2, 0, 2));
}
