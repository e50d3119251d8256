//! What a task does when time passes. The clock runs while a connection gets
//! to where it is wanted, and then only moves when all wait.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant as Moment;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::buffer::Batch;
use crate::dial::Proxy;
use crate::metrics::Histogram;
use crate::settings;
use crate::sink::Sink;
use crate::task::{TaskHandle, TaskOptions, spawn};
use crate::test_log::logged;
use crate::test_net::hanging;

/// The bound of waits for what other threads and sockets do.
const PATIENCE: Duration = Duration::from_secs(20);

/// tokio's timers count milliseconds, and never fire early.
const TICK: Duration = Duration::from_millis(2);

/// A sink that never has room.
struct Full(Arc<Delivery>);

impl Sink for Full {
    fn offer(&mut self, _: &Batch<'_>) -> Result<usize, SinkError> {
        Ok(0)
    }

    fn has_room(&self, _: usize, _: usize) -> bool {
        false
    }

    fn skip(&mut self, _: u64) -> bool {
        true
    }

    fn flush(&mut self, _: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.0
    }
}

/// Runs `test` on this thread and returns the lines that are logged meanwhile.
fn lines_of(test: impl Future<Output = ()>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let lines = logged(|| runtime.block_on(test));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn start_with(dialer: Dialer, url: &str, pairs: &[(&str, &str)]) -> TaskHandle {
    let delivery = Delivery::new(Arc::new(Histogram::default()));
    start_into(Box::new(Full(Arc::new(delivery))), dialer, url, pairs)
}

fn start_into(
    sink: Box<dyn Sink>,
    dialer: Dialer,
    url: &str,
    pairs: &[(&str, &str)],
) -> TaskHandle {
    let base = [
        ("websocket.url", url),
        ("kafka.topic", "t"),
        ("websocket.ping.interval.ms", "0"),
        ("websocket.reconnect.interval.ms", "100"),
    ];
    let raw: BTreeMap<_, _> = base
        .iter()
        .chain(pairs)
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    spawn(TaskOptions {
        connector: "c".to_owned(),
        task: 0,
        config: settings::parse(&raw).config.expect("valid settings"),
        dialer: Arc::new(dialer),
        sink,
        metrics: Arc::new(TaskMetrics::default()),
        paused: false,
        spool: None,
        sink_begins: false,
        timeline: Arc::default(),
    })
}

fn start(url: &str, pairs: &[(&str, &str)]) -> TaskHandle {
    start_with(Dialer::platform(), url, pairs)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

/// The next caller and the request that it has sent.
async fn caller(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.expect("a caller");
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.expect("a request"));
    }
    (stream, String::from_utf8(request).expect("text"))
}

async fn in_phase(task: &TaskHandle, phase: Phase) {
    let mut status = task.status.clone();
    let reached = status.wait_for(|status| status.since.is_some() && status.phase == phase);
    let reached = timeout(PATIENCE, reached).await;
    drop(reached.expect("in time").expect("a living task"));
}

/// Attempts of 7 seconds, of which the first to fail is the last.
const SEVEN_SECONDS: [(&str, &str); 2] = [
    ("websocket.connection.timeout.ms", "7000"),
    ("websocket.reconnect.enabled", "false"),
];

/// From now on all stand still: the attempt, in `phase`, ends by its timeout.
async fn times_out(task: &TaskHandle, phase: Phase) {
    in_phase(task, phase).await;
    tokio::time::pause();
    let begun = Moment::now();
    let failure = task.ended().await.expect("a failure");
    assert!(begun.elapsed() <= Duration::from_secs(7) + TICK);
    assert_eq!(
        failure.trace,
        "org.apache.kafka.connect.errors.ConnectException: SocketTimeoutException: timeout after \
         7000 ms (websocket.connection.timeout.ms); reconnecting is disabled \
         (websocket.reconnect.enabled=false)"
    );
}

#[tokio::test]
async fn the_timeout_covers_a_resolver_that_does_not_answer() {
    let task = start_with(Dialer::without_answers(), "ws://h/", &SEVEN_SECONDS);
    times_out(&task, Phase::Connecting).await;
}

#[tokio::test]
async fn the_timeout_covers_a_host_that_does_not_answer() {
    let (address, _sockets) = hanging();
    let task = start(&format!("ws://{address}/"), &SEVEN_SECONDS);
    times_out(&task, Phase::Connecting).await;
}

fn through(proxy: SocketAddr) -> Dialer {
    Dialer::platform().through(Proxy::Http {
        host: proxy.ip().to_string(),
        port: proxy.port(),
    })
}

#[tokio::test]
async fn the_timeout_covers_a_proxy_whose_answer_does_not_come_to_its_end() {
    for answer in ["", "HTTP/1.1 200 Connection established\r\nVia: "] {
        let (listener, address) = listen().await;
        let task = start_with(through(address), "ws://h.invalid/", &SEVEN_SECONDS);
        let (mut stream, _) = caller(&listener).await;
        let sent = stream.write_all(answer.as_bytes()).await;
        sent.expect("sent");
        times_out(&task, Phase::Connecting).await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_asked_again_whatever_its_status() {
    let (listener, address) = listen().await;
    let _task = start_with(through(address), "ws://h.invalid/", &[]);
    for status in [407, 502, 403, 401, 200] {
        let (mut stream, request) = timeout(PATIENCE, caller(&listener)).await.expect("a call");
        assert!(request.starts_with("CONNECT h.invalid:80 "), "{request}");
        let answer = format!("HTTP/1.1 {status} S\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.expect("sent");
    }
}

#[tokio::test]
async fn the_timeout_covers_a_tls_handshake_that_stalls() {
    let (listener, address) = listen().await;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let dialer = Dialer::with_tls(Arc::new(config));
    let task = start_with(dialer, &format!("wss://{address}/"), &SEVEN_SECONDS);
    let (mut stream, _) = listener.accept().await.expect("a caller");
    // RFC 8446 section 5.1: a handshake record.
    assert_eq!(stream.read_u8().await.expect("a record"), 22);
    times_out(&task, Phase::Connecting).await;
}

#[tokio::test]
async fn the_timeout_covers_an_answer_that_does_not_come_or_not_to_its_end() {
    for answer in ["", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"] {
        let (listener, address) = listen().await;
        let task = start(&format!("ws://{address}/"), &SEVEN_SECONDS);
        let (mut stream, _) = caller(&listener).await;
        let sent = stream.write_all(answer.as_bytes()).await;
        sent.expect("sent");
        times_out(&task, Phase::Handshake).await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn the_timeout_covers_what_a_redirect_leads_to() {
    let (listener, address) = listen().await;
    let (other, target) = listen().await;
    let task = start(&format!("ws://{address}/"), &SEVEN_SECONDS);
    let (mut stream, _) = caller(&listener).await;
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: ws://{target}/\r\n\r\n");
    let sent = stream.write_all(answer.as_bytes()).await;
    sent.expect("sent");
    let (_stream, _) = caller(&other).await;
    times_out(&task, Phase::Handshake).await;
}

/// How long a task stays away after it was refused with `status` and
/// `Retry-After: value`.
async fn stays_away(status: u16, value: &str) -> Duration {
    let (listener, address) = listen().await;
    let task = start(&format!("ws://{address}/"), &[]);
    let (mut stream, _) = caller(&listener).await;
    let head = format!("HTTP/1.1 {status} No\r\nRetry-After: {value}\r\n");
    let answer = format!("{head}Content-Length: 0\r\n\r\n");
    let sent = stream.write_all(answer.as_bytes()).await;
    sent.expect("sent");
    in_phase(&task, Phase::Refused).await;
    tokio::time::pause();
    let begun = Moment::now();
    let told = task.status().next_attempt_at.expect("a time");
    let told = told.duration_since(SystemTime::now()).expect("later");
    in_phase_whenever(&task, Phase::Connecting).await;
    let waited = begun.elapsed();
    assert!(waited.abs_diff(told) < Duration::from_secs(2), "{told:?}");
    tokio::time::resume();
    let (_stream, request) = caller(&listener).await;
    assert!(request.starts_with("GET / HTTP/1.1\r\n"), "{request}");
    waited
}

/// As [`in_phase`], where the clock does not tell of a failure.
async fn in_phase_whenever(task: &TaskHandle, phase: Phase) {
    let mut status = task.status.clone();
    let reached = status.wait_for(|status| status.phase == phase).await;
    drop(reached.expect("a living task"));
}

#[tokio::test]
async fn the_next_attempt_comes_when_the_server_wants_it_in_whatever_shape_it_says_so() {
    const HOUR: Duration = Duration::from_secs(3600);
    // Not before it, and not later than the jitter of the own interval; what
    // has passed of the hour when it is read is not waited for.
    let fits = |waited: Duration| {
        let least = HOUR.checked_sub(Duration::from_secs(30)).expect("less");
        (least..=HOUR + TICK).contains(&waited)
    };
    for status in [418, 429, 503] {
        let then = || SystemTime::now() + HOUR;
        let unix = then().duration_since(SystemTime::UNIX_EPOCH);
        let unix = unix.expect("after 1970");
        let shapes = [
            "3600".to_owned(),
            httpdate::fmt_http_date(then()),
            unix.as_secs().to_string(),
            unix.as_millis().to_string(),
        ];
        for value in shapes {
            let waited = stays_away(status, &value).await;
            assert!(fits(waited), "{status}, {value}: {waited:?}");
        }
    }
    // Another refusal is no promise: the own interval counts.
    let waited = stays_away(403, "3600").await;
    assert!(waited <= Duration::from_millis(125) + TICK, "{waited:?}");
}

/// The periodic lines among `lines`, from their beginning to the counts.
fn periodic(lines: &[String]) -> Vec<&str> {
    let periodic = lines
        .iter()
        .filter(|line| line.starts_with("Metrics - "))
        .filter_map(|line| line.split(", Queue: ").next());
    periodic.collect()
}

/// Half a minute and a little more on the clock that stands still.
async fn half_a_minute() {
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(31)).await;
    tokio::time::resume();
}

#[test]
fn the_periodic_line_comes_while_a_task_connects() {
    let lines = lines_of(async {
        let settings = [("websocket.connection.timeout.ms", "60000")];
        let task = start_with(Dialer::without_answers(), "ws://h/", &settings);
        in_phase(&task, Phase::Connecting).await;
        half_a_minute().await;
    });
    let expected = ["Metrics - Connection: CONNECTING, Received: 0, Produced: 0"];
    assert_eq!(periodic(&lines), expected);
}

#[test]
fn the_periodic_line_comes_while_a_task_waits_to_try_again() {
    let lines = lines_of(async {
        let (listener, address) = listen().await;
        drop(listener);
        let settings = [
            ("websocket.reconnect.interval.ms", "60000"),
            ("websocket.reconnect.backoff.max.ms", "60000"),
        ];
        let task = start(&format!("ws://{address}/"), &settings);
        in_phase(&task, Phase::BackingOff).await;
        half_a_minute().await;
    });
    let expected = ["Metrics - Connection: BACKOFF, Received: 0, Produced: 0"];
    assert_eq!(periodic(&lines), expected);
}

#[test]
fn the_periodic_line_comes_while_a_task_is_connected_and_while_it_delivers_its_rest() {
    let lines = lines_of(async {
        let (listener, address) = listen().await;
        let task = start(&format!("ws://{address}/"), &[]);
        let (stream, _) = listener.accept().await.expect("a caller");
        let socket = tokio_tungstenite::accept_async(stream).await;
        let mut socket = socket.expect("an upgrade");
        socket.send(Message::text("a")).await.expect("sent");
        let queued = async {
            while task.metrics().queue_messages.load(Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, queued).await.expect("in the buffer");
        half_a_minute().await;
        let server = tokio::spawn(async move { while socket.next().await.is_some() {} });
        tokio::time::pause();
        let report = task.stop(Duration::from_secs(60)).await;
        assert_eq!((report.received, report.lost), (1, 1));
        server.await.expect("no panic");
    });
    let expected = [
        "Metrics - Connection: OPEN, Received: 1, Produced: 0",
        "Metrics - Connection: CLOSED, Received: 1, Produced: 0",
        "Metrics - Connection: CLOSED, Received: 1, Produced: 0",
    ];
    let found = periodic(&lines);
    assert_eq!(found[..2], expected[..2], "{lines:?}");
    assert!(found.len() <= expected.len(), "{found:?}");
}

#[test]
fn a_pause_is_told_of_by_what_becomes_of_the_connection() {
    for (mode, expected) in [
        (
            "keep",
            &[
                "Paused: the connection stays open and the buffer fills",
                "Resumed",
            ][..],
        ),
        (
            "disconnect",
            &[
                "Paused: the connection is closed until the connector is resumed",
                "Resumed",
                "Connecting to ws://h/",
            ],
        ),
    ] {
        let lines = lines_of(async {
            let settings = [("websocket.pause.mode", mode)];
            let task = start_with(Dialer::without_answers(), "ws://h/", &settings);
            in_phase(&task, Phase::Connecting).await;
            let mut status = task.status.clone();
            for paused in [true, false] {
                if paused {
                    task.pause();
                } else {
                    task.resume();
                }
                let obeyed = status.wait_for(|status| status.paused == paused);
                let obeyed = timeout(PATIENCE, obeyed).await;
                drop(obeyed.expect("in time").expect("a living task"));
            }
        });
        assert_eq!(lines[..1], ["Connecting to ws://h/"]);
        assert_eq!(lines[1..], *expected, "{mode}");
    }
}

#[path = "ending_tests.rs"]
mod ending;
