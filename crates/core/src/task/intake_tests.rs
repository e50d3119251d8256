//! What goes to the sink at once, what waits in the socket and what in the
//! buffer, on a clock that moves when it is told to.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::advance;

use super::*;
use crate::dial::{Dialled, Stream};
use crate::metrics::Histogram;
use crate::settings;
use crate::sink::Delivery;

/// A sink with room for so many records, and what it has taken.
#[derive(Clone)]
struct Counted {
    told: Arc<Mutex<Told>>,
    delivery: Arc<Delivery>,
}

#[derive(Default)]
struct Told {
    room: usize,
    taken: Vec<u8>,
    /// What it has taken and not given back.
    kept: Vec<u8>,
    /// Numbers given, those that were skipped among them.
    numbers: u64,
    skipped: u64,
    aborted: Option<u64>,
    begins_at: Option<u64>,
}

impl Counted {
    fn without_room() -> Self {
        Self {
            told: Arc::default(),
            delivery: Arc::new(Delivery::new(Arc::new(Histogram::default()))),
        }
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().expect("no panic before")
    }

    fn give_room(&self, records: usize) {
        self.told().room += records;
    }

    fn taken(&self) -> String {
        String::from_utf8_lossy(&self.told().taken).into_owned()
    }

    fn kept(&self) -> String {
        String::from_utf8_lossy(&self.told().kept).into_owned()
    }

    fn skipped(&self) -> u64 {
        self.told().skipped
    }

    fn numbers(&self) -> u64 {
        self.told().numbers
    }

    /// Knows where its numbers begin from now on.
    fn begin_at(&self, stored: u64) {
        self.told().begins_at = Some(stored);
    }

    /// Gives back everything from the number `from` on.
    fn abort(&self, from: u64) {
        let mut told = self.told();
        told.aborted = Some(from);
        told.numbers = from;
        let kept = usize::try_from(from).expect("few");
        told.kept.truncate(kept);
        self.delivery.rewind();
    }
}

impl Sink for Counted {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let mut told = self.told();
        let count = batch.len().min(told.room);
        if told.aborted.is_some() || count == 0 {
            return Ok(0);
        }
        told.room -= count;
        let values: Vec<u8> = batch.values().take(count).flatten().copied().collect();
        told.taken.extend(&values);
        told.kept.extend(values);
        told.numbers += count as u64;
        self.delivery.taken(told.numbers, batch.received().at);
        Ok(count)
    }

    fn has_room(&self, records: usize, _: usize) -> bool {
        self.told().room >= records
    }

    fn flush(&mut self, _: Duration) {}

    fn rewound(&mut self) -> Option<u64> {
        self.told().aborted.take()
    }

    fn begins_at(&mut self) -> Option<u64> {
        self.told().begins_at
    }

    fn skip(&mut self, count: u64) -> bool {
        let mut told = self.told();
        let first = told.numbers;
        told.numbers += count;
        told.skipped += count;
        self.delivery.taken(told.numbers, Instant::now());
        self.delivery
            .leave_out(first, count, crate::sink::LeftOut::Skipped);
        true
    }

    fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }
}

fn intake(sink: &Counted, queue_size: &str) -> Intake {
    let raw: BTreeMap<_, _> = [
        ("websocket.url", "ws://localhost/"),
        ("kafka.topic", "t"),
        ("websocket.message.queue.size", queue_size),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let config = settings::parse(&raw).config.expect("valid settings");
    let metrics = Arc::new(TaskMetrics::default());
    Intake::new(&config, Box::new(sink.clone()), None, metrics, false)
}

/// A connection that has read a message for each letter.
async fn read(letters: &str) -> Connection {
    let frames = letters.bytes().flat_map(|letter| [0x81, 1, letter]);
    read_frames(frames.collect()).await
}

/// A connection that has read these bytes.
async fn read_frames(leftover: Vec<u8>) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let dialled = Dialled {
        stream: Stream::Plain(stream),
        leftover,
    };
    Connection::new(dialled, 1024)
}

#[tokio::test(start_paused = true)]
async fn once_a_sink_goes_on_the_buffer_is_sent_before_more_is_read() {
    let sink = Counted::without_room();
    let mut intake = intake(&sink, "3");
    let mut connection = read("0123456789").await;
    assert_eq!(intake.decode(&mut connection).messages, 0, "sat out");
    advance(Duration::from_millis(51)).await;
    let found = intake.decode(&mut connection);
    assert_eq!((found.messages, found.overflow.messages), (10, 7));

    sink.give_room(1);
    intake.drain().expect("no refusal");
    let mut connection = read("abcdefgh").await;
    for room in [1, 1] {
        advance(Duration::from_millis(40)).await;
        assert_eq!(intake.decode(&mut connection).messages, 0);
        assert!(!intake.reads(&mut connection));
        sink.give_room(room);
        intake.drain().expect("no refusal");
    }
    assert!(intake.backlog.is_empty());
    sink.give_room(8);
    let found = intake.decode(&mut connection);
    assert_eq!((found.messages, found.overflow.messages), (8, 0));
    assert_eq!(sink.taken(), "789abcdefgh");
}

#[path = "spooled_tests.rs"]
mod spooled;
