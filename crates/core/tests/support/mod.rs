//! What the task's tests share: a sink that remembers, and a server made of
//! tokio-tungstenite.

// A test that cannot go on has to panic, here as in the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use websocket_source::buffer::Batch;
use websocket_source::dial::Dialer;
use websocket_source::metrics::{Histogram, TaskMetrics};
use websocket_source::settings;
use websocket_source::sink::{Delivery, Sink, SinkError};
use websocket_source::task::{Phase, TaskHandle, TaskOptions, spawn};

/// The bound of every wait in these tests; reached only by a failing one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A sink with room for a settable number of records, which acknowledges
/// what it takes at once.
pub(crate) struct Memory {
    records: Arc<Mutex<Vec<Vec<u8>>>>,
    room: Arc<Mutex<usize>>,
    delivery: Arc<Delivery>,
    /// Says that it has room when it has none, as one may whose room is shared.
    boasts: bool,
    /// Bytes of the largest record it can ever take.
    largest: usize,
}

impl Memory {
    /// The number of records before the first that is too large.
    fn sendable(&self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let limit = self.largest;
        match batch.values().position(|value| value.len() > limit) {
            Some(0) => Err(SinkError::TooLarge {
                bytes: batch.value(0).len(),
                limit,
            }),
            Some(count) => Ok(count),
            None => Ok(batch.len()),
        }
    }
}

impl Sink for Memory {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let sendable = self.sendable(batch)?;
        let mut records = self.records.lock().unwrap();
        let mut room = self.room.lock().unwrap();
        let taken = sendable.min(*room);
        *room -= taken;
        let first = records.len() as u64;
        records.extend(batch.values().take(taken).map(<[u8]>::to_vec));
        self.delivery
            .taken(first + taken as u64, batch.received().at);
        if taken > 0 {
            self.delivery.acknowledge(first, taken as u64);
        }
        Ok(taken)
    }

    fn has_room(&self, records: usize, _bytes: usize) -> bool {
        self.boasts || *self.room.lock().unwrap() >= records
    }

    fn skip(&mut self, _: u64) -> bool {
        true
    }

    fn flush(&mut self, _within: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }
}

/// A running task and what its sink has got.
pub(crate) struct Running {
    pub(crate) task: TaskHandle,
    records: Arc<Mutex<Vec<Vec<u8>>>>,
    room: Arc<Mutex<usize>>,
    delivery: Arc<Delivery>,
}

/// What a sink can do.
struct Abilities {
    room: usize,
    boasts: bool,
    largest: usize,
}

/// Starts a task for `url` with further settings.
pub(crate) fn start(url: &str, pairs: &[(&str, &str)]) -> Running {
    start_with_room(url, pairs, usize::MAX)
}

/// The same with a sink that takes only `room` records.
pub(crate) fn start_with_room(url: &str, pairs: &[(&str, &str)], room: usize) -> Running {
    let abilities = Abilities {
        room,
        boasts: false,
        largest: usize::MAX,
    };
    start_with_sink(url, pairs, &abilities)
}

/// The same with a sink that always says it has room.
pub(crate) fn start_boasting(url: &str, pairs: &[(&str, &str)], room: usize) -> Running {
    let abilities = Abilities {
        room,
        boasts: true,
        largest: usize::MAX,
    };
    start_with_sink(url, pairs, &abilities)
}

/// The same with a sink that can never take a record above `largest` bytes.
pub(crate) fn start_with_limit(url: &str, pairs: &[(&str, &str)], largest: usize) -> Running {
    let abilities = Abilities {
        room: usize::MAX,
        boasts: false,
        largest,
    };
    start_with_sink(url, pairs, &abilities)
}

fn start_with_sink(url: &str, pairs: &[(&str, &str)], abilities: &Abilities) -> Running {
    let mut raw = BTreeMap::from([
        ("websocket.url".to_owned(), url.to_owned()),
        ("kafka.topic".to_owned(), "t".to_owned()),
        ("websocket.reconnect.interval.ms".to_owned(), "0".to_owned()),
        (
            "websocket.reconnect.backoff.max.ms".to_owned(),
            "100".to_owned(),
        ),
    ]);
    raw.extend(
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
    );
    let records = Arc::new(Mutex::new(Vec::new()));
    let room = Arc::new(Mutex::new(abilities.room));
    let delivery = Arc::new(Delivery::new(Arc::new(Histogram::default())));
    let sink = Memory {
        records: Arc::clone(&records),
        room: Arc::clone(&room),
        delivery: Arc::clone(&delivery),
        boasts: abilities.boasts,
        largest: abilities.largest,
    };
    let task = spawn(TaskOptions {
        connector: "c".to_owned(),
        task: 0,
        config: settings::parse(&raw).config.expect("valid settings"),
        dialer: Arc::new(Dialer::platform()),
        sink: Box::new(sink),
        metrics: Arc::new(TaskMetrics::default()),
        paused: false,
        spool: None,
        sink_begins: false,
        timeline: Arc::default(),
    });
    Running {
        task,
        records,
        room,
        delivery,
    }
}

impl Running {
    /// The records taken so far, as text.
    pub(crate) fn records(&self) -> Vec<String> {
        let records = self.bytes();
        records
            .iter()
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// The records taken so far.
    pub(crate) fn bytes(&self) -> Vec<Vec<u8>> {
        self.records.lock().unwrap().clone()
    }

    /// Waits until the sink has `count` records.
    pub(crate) async fn wait_records(&self, count: usize) -> Vec<String> {
        self.wait(|running| running.records.lock().unwrap().len() >= count)
            .await;
        self.records()
    }

    /// Waits until the session is in `phase`.
    pub(crate) async fn wait_phase(&self, phase: Phase) {
        self.wait(|running| running.task.status().phase == phase)
            .await;
    }

    /// Waits until so many messages with so many bytes are in the buffer.
    pub(crate) async fn wait_queue(&self, messages: u64, bytes: u64) {
        self.wait(|running| {
            let metrics = running.task.metrics();
            (
                metrics.queue_messages.load(Relaxed),
                metrics.queue_bytes.load(Relaxed),
            ) == (messages, bytes)
        })
        .await;
    }

    /// Gives the sink room for all.
    pub(crate) fn open(&self) {
        *self.room.lock().unwrap() = usize::MAX;
        self.delivery.notify();
    }

    /// Waits until `holds`.
    pub(crate) async fn wait(&self, holds: impl Fn(&Self) -> bool) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        let held = waited.await.is_ok();
        assert!(held, "waited in vain; status {:?}", self.task.status());
    }
}

/// A listener and its URL.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// A listener on the IPv6 loopback. A machine without one fails the test,
/// unless `CONNECT_WEBSOCKET_WITHOUT_IPV6` is set: then it is `None`.
pub(crate) async fn listen_v6() -> Option<TcpListener> {
    let bound = TcpListener::bind("[::1]:0").await;
    if bound.is_err() && std::env::var_os("CONNECT_WEBSOCKET_WITHOUT_IPV6").is_some() {
        return None;
    }
    Some(bound.expect("an IPv6 loopback, or CONNECT_WEBSOCKET_WITHOUT_IPV6"))
}

/// The next connection, upgraded by tokio-tungstenite.
pub(crate) async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    tokio_tungstenite::accept_async(stream).await.unwrap()
}

/// The next connection, answered with `answer` once the request is there;
/// returns the request.
pub(crate) async fn answer(listener: &TcpListener, answer: &str) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        request.push(byte[0]);
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    (stream, String::from_utf8(request).unwrap())
}

/// Sends each text as a message.
pub(crate) async fn send(socket: &mut WebSocketStream<TcpStream>, texts: &[&str]) {
    for text in texts {
        socket.feed(Message::text(*text)).await.unwrap();
    }
    socket.flush().await.unwrap();
}

/// The next message of the client, within the tests' patience.
pub(crate) async fn next(socket: &mut WebSocketStream<TcpStream>) -> Option<Message> {
    let next = tokio::time::timeout(PATIENCE, socket.next()).await;
    next.expect("a message in time")
        .map(|message| message.expect("a message"))
}
