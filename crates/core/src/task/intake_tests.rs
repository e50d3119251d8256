//! What goes to the sink at once, what waits in the socket and what in the
//! buffer, on a clock that moves when it is told to.

use std::collections::BTreeMap;
use std::sync::Mutex;

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
    room: Arc<Mutex<usize>>,
    taken: Arc<Mutex<Vec<u8>>>,
    delivery: Arc<Delivery>,
}

impl Counted {
    fn without_room() -> Self {
        Self {
            room: Arc::default(),
            taken: Arc::default(),
            delivery: Arc::new(Delivery::new(Arc::new(Histogram::default()))),
        }
    }

    fn give_room(&self, records: usize) {
        *self.room.lock().expect("no panic before") += records;
    }

    fn taken(&self) -> String {
        let taken = self.taken.lock().expect("no panic before");
        String::from_utf8_lossy(&taken).into_owned()
    }
}

impl Sink for Counted {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let mut room = self.room.lock().expect("no panic before");
        let count = batch.len().min(*room);
        *room -= count;
        let mut taken = self.taken.lock().expect("no panic before");
        taken.extend(batch.values().take(count).flatten());
        Ok(count)
    }

    fn has_room(&self, records: usize, _: usize) -> bool {
        *self.room.lock().expect("no panic before") >= records
    }

    fn flush(&mut self, _: Duration) {}

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
    Intake::new(&config, Box::new(sink.clone()), metrics, false)
}

/// A connection that has read a message for each letter.
async fn read(letters: &str) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let frames = letters.bytes().flat_map(|letter| [0x81, 1, letter]);
    let dialled = Dialled {
        stream: Stream::Plain(stream),
        leftover: frames.collect(),
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
    assert!(intake.buffer.is_empty());
    sink.give_room(8);
    let found = intake.decode(&mut connection);
    assert_eq!((found.messages, found.overflow.messages), (8, 0));
    assert_eq!(sink.taken(), "789abcdefgh");
}
