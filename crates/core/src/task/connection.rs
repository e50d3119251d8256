//! One live connection: its receive buffer, its decoder and what is to be
//! sent.
//!
//! Invariants: the outbox is bounded, since a server that does not read must
//! not make us buffer its pongs: only the newest pong is kept (RFC 6455
//! section 5.5.3 allows it); undecoded bytes never move while a step's ranges
//! are in use.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::dial::{Dialled, Stream};
use crate::frames::{Decoder, Limits, Opcode, encode_close, encode_frame};
use crate::random;

/// Bytes read from the socket at a time, at the most. Untouched pages cost
/// nothing, so quiet connections stay small.
const RECEIVE_BYTES: usize = 128 * 1024;
/// Frames above this are put together outside of the receive buffer, so that
/// an unfinished frame leaves most of it free for the next read.
const STREAM_ABOVE_BYTES: usize = 32 * 1024;
/// Free space below which undecoded bytes are moved to the front.
const MIN_READ_BYTES: usize = 64 * 1024;
/// Empty fragments in a row that are put up with.
const MAX_EMPTY_FRAGMENTS: u32 = 1024;

/// What a turn of the socket brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Bytes arrived.
    Read,
    /// The text that was queued has gone out.
    Spoken,
    /// The server ended the stream.
    Eof,
}

/// See the module's documentation.
pub(super) struct Connection {
    stream: Stream,
    received: Vec<u8>,
    start: usize,
    end: usize,
    pub(super) decoder: Decoder,
    outbox: Vec<u8>,
    sent: usize,
    pong: Option<Vec<u8>>,
    flushing: bool,
    /// A text is queued that is to be told of when it has gone out.
    speaks: bool,
}

impl Connection {
    /// Takes over a dialled stream and the frame bytes that came with it.
    pub(super) fn new(dialled: Dialled, max_message_bytes: usize) -> Self {
        let end = dialled.leftover.len();
        // Zeroed by the system when it is touched, as growing a vector is not.
        let mut received = vec![0; RECEIVE_BYTES.max(end)];
        received[..end].copy_from_slice(&dialled.leftover);
        Self {
            stream: dialled.stream,
            received,
            start: 0,
            end,
            decoder: Decoder::new(Limits {
                max_message_bytes,
                max_empty_fragments: MAX_EMPTY_FRAGMENTS,
                stream_above_bytes: STREAM_ABOVE_BYTES,
            }),
            outbox: Vec::new(),
            sent: 0,
            pong: None,
            flushing: false,
            speaks: false,
        }
    }

    /// The receive buffer and, in it, the undecoded range.
    pub(super) fn input(&mut self) -> (&[u8], usize, usize, &mut Decoder) {
        (&self.received, self.start, self.end, &mut self.decoder)
    }

    /// Marks everything before `start` as decoded.
    pub(super) fn consume_to(&mut self, start: usize) {
        debug_assert!(start <= self.end);
        self.start = start;
    }

    /// Gives up what is undecoded: nothing after it can be understood, or is
    /// of any use.
    pub(super) fn discard_input(&mut self) {
        self.start = self.end;
    }

    /// Whether undecoded bytes wait.
    pub(super) fn has_input(&self) -> bool {
        self.start < self.end
    }

    /// Queues a text message; a turn tells when it has gone out.
    pub(super) fn send_text(&mut self, text: &str) {
        let before = self.outbox.len();
        self.send(Opcode::Text, text.as_bytes());
        self.speaks = self.outbox.len() > before;
    }

    /// Queues a ping.
    pub(super) fn send_ping(&mut self) {
        self.send(Opcode::Ping, b"");
    }

    /// Queues the answer to a ping, in place of one that has not gone out.
    pub(super) fn send_pong(&mut self, payload: &[u8]) {
        self.pong = Some(payload.to_vec());
    }

    /// Queues a close frame; `NO_STATUS` is answered by an empty one.
    pub(super) fn send_close(&mut self, code: u16, reason: &str) {
        if code == crate::frames::close_code::NO_STATUS {
            self.send(Opcode::Close, b"");
        } else if let Ok(mask) = mask() {
            encode_close(&mut self.outbox, code, reason, mask);
        }
    }

    fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        // Without randomness there is no valid frame; the deadlines of the
        // session see to a connection that cannot speak.
        if let Ok(mask) = mask() {
            encode_frame(&mut self.outbox, opcode, payload, mask);
        }
    }

    /// Sends what is queued and, if `reads`, reads what has come. Pending
    /// while neither brings news.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, reads: bool) -> Poll<io::Result<Turn>> {
        match self.poll_send(cx) {
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) if self.speaks => {
                self.speaks = false;
                return Poll::Ready(Ok(Turn::Spoken));
            }
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        if !reads {
            return Poll::Pending;
        }
        if self.received.len() - self.end < MIN_READ_BYTES || self.start == self.end {
            self.received.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let mut space = ReadBuf::new(&mut self.received[self.end..]);
        match Pin::new(&mut self.stream).poll_read(cx, &mut space) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {
                let count = space.filled().len();
                self.end += count;
                Poll::Ready(Ok(if count == 0 { Turn::Eof } else { Turn::Read }))
            }
        }
    }

    /// Sends what is queued; ready when nothing is left.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.sent == self.outbox.len() {
                self.outbox.clear();
                self.sent = 0;
                if let Some(payload) = self.pong.take() {
                    self.send(Opcode::Pong, &payload);
                }
            }
            if self.outbox.is_empty() {
                return self.poll_flush(cx);
            }
            self.flushing = true;
            let unsent = &self.outbox[self.sent..];
            match Pin::new(&mut self.stream).poll_write(cx, unsent) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                Poll::Ready(Ok(count)) => self.sent += count,
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.flushing {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.flushing = false;
        }
        flushed
    }
}

fn mask() -> Result<[u8; 4], rustls::crypto::GetRandomFailed> {
    let mut mask = [0; 4];
    random::fill(&mut mask)?;
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::StreamExt as _;
    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    const PINGS: u32 = 100_000;

    /// A connection to a server, with little room in between.
    async fn connected() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_send_buffer_size(4096).expect("a small buffer");
        let address = listener.local_addr().expect("its address");
        let client = socket.connect(address).await.expect("a connection");
        let (server, _) = listener.accept().await.expect("the same");
        let dialled = Dialled {
            stream: Stream::Plain(client),
            leftover: Vec::new(),
        };
        (Connection::new(dialled, 1024), server)
    }

    async fn send_now(connection: &mut Connection) -> Poll<io::Result<()>> {
        poll_fn(|cx| Poll::Ready(connection.poll_send(cx))).await
    }

    #[tokio::test]
    async fn a_server_that_pings_and_does_not_read_gets_the_newest_pong_and_costs_one() {
        let (mut connection, server) = connected().await;
        let mut held_up = false;
        for ping in 0..PINGS {
            connection.send_pong(format!("{ping:0125}").as_bytes());
            held_up |= send_now(&mut connection).await.is_pending();
            // One frame that is partly sent, and one payload.
            assert!(connection.outbox.len() <= 131, "after {ping}");
        }
        assert!(held_up, "the sockets took everything");
        let mut server = WebSocketStream::from_raw_socket(server, Role::Server, None).await;
        let reading = tokio::spawn(async move {
            let mut pongs: Vec<u32> = Vec::new();
            while let Some(Ok(Message::Pong(payload))) = server.next().await {
                let text = std::str::from_utf8(&payload).expect("digits");
                pongs.push(text.parse().expect("a number"));
            }
            pongs
        });
        let sent = poll_fn(|cx| connection.poll_send(cx)).await;
        sent.expect("everything is sent");
        drop(connection);
        let pongs = reading.await.expect("no panic");
        assert!(pongs.is_sorted_by(|a, b| a < b), "{pongs:?}");
        assert_eq!(pongs.last(), Some(&(PINGS - 1)));
        assert!(pongs.len() < PINGS as usize, "none was superseded");
    }

    #[tokio::test]
    async fn a_text_is_told_of_once_when_all_of_it_has_gone_out() {
        let (mut connection, server) = connected().await;
        // More than the sockets take of what nobody reads.
        let text = "x".repeat(1024 * 1024);
        connection.send_text(&text);
        let turn = poll_fn(|cx| Poll::Ready(connection.poll(cx, true))).await;
        assert!(turn.is_pending(), "the sockets took everything");
        let mut server = WebSocketStream::from_raw_socket(server, Role::Server, None).await;
        let reading = tokio::spawn(async move {
            let read = server.next().await.expect("a message").expect("no error");
            (read.into_data().len(), server)
        });
        let turn = poll_fn(|cx| connection.poll(cx, true)).await;
        assert_eq!(turn.expect("no error"), Turn::Spoken);
        let (read, server) = reading.await.expect("no panic");
        assert_eq!(read, text.len());
        let turn = poll_fn(|cx| Poll::Ready(connection.poll(cx, true))).await;
        assert!(turn.is_pending(), "nothing else has happened");
        drop(server);
    }
}
