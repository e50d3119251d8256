//! One client's connection, from its first byte to its last.
//!
//! Invariants: messages are made and counted while the control is borrowed, so
//! that none is counted once [`Exchange::pause`](crate::Exchange::pause) has
//! returned; a client that does not read its answers is not listened to; no
//! client can put off the end for longer than [`FAREWELL`].

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::Flow;
use crate::frame::{self, Opcode};
use crate::handshake;
use crate::outbox::{Counters, Outbox};
use crate::pace::Pace;
use crate::script::Script;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last bytes may take to get out.
const FAREWELL: Duration = Duration::from_secs(2);
/// Answers that wait to be written at most, bytes; a single one may go beyond.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();
const GOING_AWAY: [u8; 2] = 1001_u16.to_be_bytes();
const PROTOCOL_ERROR: [u8; 2] = 1002_u16.to_be_bytes();

/// What the exchange wants of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) paused: bool,
    pub(crate) ended: bool,
    /// Payload bytes at which all feeds are held.
    pub(crate) most_bytes: u64,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            paused: false,
            ended: false,
            most_bytes: u64::MAX,
        }
    }
}

/// What a connection shares with its exchange.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) flow: Flow,
    pub(crate) counters: Arc<Counters>,
    pub(crate) control: watch::Receiver<Control>,
}

/// What `opening` comes to; an error if it takes too long or the exchange ends,
/// since nobody is to wait for a silent client.
pub(crate) async fn open<T>(
    shared: &Shared,
    opening: impl Future<Output = std::io::Result<T>>,
) -> std::io::Result<T> {
    let mut control = shared.control.clone();
    tokio::select! {
        opened = timeout(HANDSHAKE_TIMEOUT, opening) => opened?,
        _ = control.wait_for(|control| control.ended) => {
            Err(std::io::ErrorKind::ConnectionAborted.into())
        }
    }
}

/// Serves a client; an error is the client's or the network's.
pub(crate) async fn serve<S>(mut stream: S, shared: Shared) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let read = open(&shared, handshake::read(&mut stream)).await?;
    let Some(upgrade) = read else {
        return handshake::refuse(&mut stream, "400 Bad Request").await;
    };
    let Some((script, flow)) = Script::find(&upgrade.target, &shared.flow) else {
        return handshake::refuse(&mut stream, "404 Not Found").await;
    };
    handshake::accept_upgrade(&mut stream, &upgrade).await?;
    shared.counters.connections.fetch_add(1, Relaxed);
    let mut conversation = Conversation {
        script,
        pace: Pace::new(flow.rate, Instant::now()),
        inbox: upgrade.leftover,
        outbox: Outbox::default(),
        answer_bytes: 0,
        was_idle: true,
        ending: false,
    };
    conversation.run(stream, shared).await
}

struct Conversation {
    script: Script,
    pace: Pace,
    inbox: Vec<u8>,
    outbox: Outbox,
    /// Answers put into the outbox since it was empty.
    answer_bytes: usize,
    was_idle: bool,
    /// A close frame is on its way; nothing follows it.
    ending: bool,
}

impl Conversation {
    async fn run<S>(&mut self, stream: S, mut shared: Shared) -> std::io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut unflushed = false;
        loop {
            let now = Instant::now();
            let live = self.turn(now, &mut shared);
            if self.ending {
                let farewell = part(&mut reader, &mut writer, self.outbox.pending());
                return timeout(FAREWELL, farewell).await?;
            }
            let has_output = !self.outbox.is_empty();
            tokio::select! {
                read = reader.read_buf(&mut self.inbox), if self.listens() => {
                    if read? == 0 {
                        return Ok(());
                    }
                }
                written = push(&mut writer, self.outbox.pending()), if has_output || unflushed => {
                    self.outbox.advance(written?);
                    unflushed = has_output;
                }
                () = sleep_until(self.pace.next(now)), if live && !has_output => {}
                changed = shared.control.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Answers what has come in, makes what is due and counts both; returns
    /// whether more is to come.
    fn turn(&mut self, now: Instant, shared: &mut Shared) -> bool {
        let control = shared.control.borrow_and_update();
        self.hear();
        if control.ended && !self.ending {
            self.end(GOING_AWAY);
        }
        let held = control.paused || shared.counters.sent_bytes.load(Relaxed) >= control.most_bytes;
        let live = !held && !self.ending && self.script.is_live();
        if live && self.was_idle {
            self.pace.restart(now);
        }
        self.was_idle = !live;
        if live && self.outbox.is_empty() {
            let due = self.pace.due(now);
            let sent = self.script.produce(due, &mut self.outbox);
            self.pace.sent(sent);
        }
        self.outbox.count(&shared.counters);
        live
    }

    /// Whether there is room for more answers.
    fn listens(&self) -> bool {
        self.answer_bytes < MAX_ANSWER_BYTES
    }

    /// Answers the complete frames that have come in, as far as there is room.
    fn hear(&mut self) {
        if self.outbox.is_empty() {
            self.answer_bytes = 0;
        }
        let mut heard = 0;
        while !self.ending && self.listens() {
            let before = self.outbox.pending().len();
            match frame::decode(&self.inbox[heard..]) {
                Ok(None) => break,
                Err(frame::Violation) => self.end(PROTOCOL_ERROR),
                Ok(Some((opcode, payload, consumed))) => {
                    heard += consumed;
                    self.answer(opcode, &payload);
                }
            }
            self.answer_bytes += self.outbox.pending().len() - before;
        }
        self.inbox.drain(..heard);
    }

    fn answer(&mut self, opcode: Opcode, payload: &[u8]) {
        match opcode {
            Opcode::Text => self.script.hear(payload, &mut self.outbox),
            Opcode::Ping => self.outbox.control(Opcode::Pong, payload),
            Opcode::Close => {
                let code = payload.first_chunk().copied();
                self.end(code.unwrap_or(NORMAL));
            }
            Opcode::Binary | Opcode::Pong => {}
        }
    }

    fn end(&mut self, code: [u8; 2]) {
        self.outbox.control(Opcode::Close, &code);
        self.ending = true;
    }
}

/// Writes some of `bytes`, or flushes if there are none: a flush of its own
/// could wait for the client while nobody listens to the exchange.
async fn push<S: AsyncWrite>(writer: &mut WriteHalf<S>, bytes: &[u8]) -> std::io::Result<usize> {
    if bytes.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    writer.write(bytes).await
}

/// Writes the last bytes and lets the client leave first: closing a socket
/// with unread input would reset it and take what the client has yet to read.
async fn part<S: AsyncRead + AsyncWrite>(
    reader: &mut ReadHalf<S>,
    writer: &mut WriteHalf<S>,
    last: &[u8],
) -> std::io::Result<()> {
    let mut ignored = [0; 4096];
    let written = async {
        writer.write_all(last).await?;
        writer.shutdown().await
    };
    let left = async {
        while reader.read(&mut ignored).await? > 0 {}
        Ok(())
    };
    tokio::try_join!(written, left).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

    #[test]
    fn who_does_not_read_the_answers_is_not_listened_to() {
        let (script, _) = Script::find("/", &Flow::default()).expect("a script");
        let pings = 3 * MAX_ANSWER_BYTES;
        let mut conversation = Conversation {
            script,
            pace: Pace::new(1, Instant::now()),
            inbox: PING.repeat(pings),
            outbox: Outbox::default(),
            answer_bytes: 0,
            was_idle: true,
            ending: false,
        };
        let mut answered = 0;
        while !conversation.inbox.is_empty() {
            conversation.hear();
            conversation.hear();
            let pending = conversation.outbox.pending().len();
            assert_eq!(conversation.listens(), pending < MAX_ANSWER_BYTES);
            assert!(pending <= MAX_ANSWER_BYTES);
            answered += pending / 2;
            conversation.outbox.advance(pending);
        }
        assert_eq!(answered, pings);
    }
}
