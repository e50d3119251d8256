//! One client's connection, from its first byte to its last.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
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
const GOING_AWAY: [u8; 2] = 1001_u16.to_be_bytes();
const PROTOCOL_ERROR: [u8; 2] = 1002_u16.to_be_bytes();

/// What the exchange wants of its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) paused: bool,
    pub(crate) ended: bool,
}

/// What a connection shares with its exchange.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) flow: Flow,
    pub(crate) counters: Arc<Counters>,
    pub(crate) control: watch::Receiver<Control>,
}

/// Serves a client; an error is the client's or the network's.
pub(crate) async fn serve<S>(mut stream: S, shared: Shared) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let read = timeout(HANDSHAKE_TIMEOUT, handshake::read(&mut stream)).await??;
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
        ending: false,
    };
    conversation.hear();
    conversation.run(stream, shared).await
}

struct Conversation {
    script: Script,
    pace: Pace,
    inbox: Vec<u8>,
    outbox: Outbox,
    /// A close frame is on its way; nothing follows it.
    ending: bool,
}

impl Conversation {
    async fn run<S>(&mut self, stream: S, mut shared: Shared) -> std::io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut was_idle = true;
        loop {
            let Control { paused, ended } = *shared.control.borrow_and_update();
            if ended && !self.ending {
                self.end(GOING_AWAY);
            }
            let live = !paused && !self.ending && self.script.is_live();
            let now = Instant::now();
            if live && was_idle {
                self.pace.restart(now);
            }
            was_idle = !live;
            if live && self.outbox.pending().is_empty() {
                let due = self.pace.due(now);
                let sent = self.script.produce(due, &mut self.outbox);
                self.pace.sent(sent);
            }
            self.outbox.count(&shared.counters);
            if self.ending {
                let farewell = async {
                    writer.write_all(self.outbox.pending()).await?;
                    writer.shutdown().await
                };
                return timeout(FAREWELL, farewell).await?;
            }
            let has_output = !self.outbox.pending().is_empty();
            tokio::select! {
                read = reader.read_buf(&mut self.inbox) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    self.hear();
                }
                written = writer.write(self.outbox.pending()), if has_output => {
                    self.outbox.advance(written?);
                    if self.outbox.pending().is_empty() {
                        writer.flush().await?;
                    }
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

    /// Answers all complete frames that have come in.
    fn hear(&mut self) {
        while !self.ending {
            match frame::decode(&self.inbox) {
                Ok(None) => return,
                Err(frame::Violation) => self.end(PROTOCOL_ERROR),
                Ok(Some((opcode, payload, consumed))) => {
                    self.inbox.drain(..consumed);
                    match opcode {
                        Opcode::Text => self.script.hear(&payload, &mut self.outbox),
                        Opcode::Ping => self.outbox.control(Opcode::Pong, &payload),
                        Opcode::Close => {
                            let code = [payload.first(), payload.get(1)];
                            let code = [code[0].copied(), code[1].copied()];
                            match code {
                                [Some(a), Some(b)] => self.end([a, b]),
                                _ => self.end(1000_u16.to_be_bytes()),
                            }
                        }
                        Opcode::Binary | Opcode::Pong => {}
                    }
                }
            }
        }
    }

    fn end(&mut self, code: [u8; 2]) {
        self.outbox.control(Opcode::Close, &code);
        self.ending = true;
    }
}
